import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outcomePatterns } from '../../sandbox/paygent/outcome-patterns.ts';
import {
  issuerCodes,
  judgeAuthorization,
  type OutcomeRules,
} from '../../sandbox/paygent/outcome-rules.ts';

const rules = (overrides: Partial<OutcomeRules> = {}): OutcomeRules => ({
  seed: 'test',
  declineShare: 0.05,
  rules: [],
  ...overrides,
});

const request = (orderNumber: string, attempt = 1) => ({
  orderNumber,
  customerNumber: '20000',
  amountYen: 1980,
  attempt,
});

/** Spec 1.8's table, written out on its own. */
const tableCodes = [
  'G83 G12 G22 G56 G60 G61 G65 G96 G03 G05 G07 G54 G55 G02 G04 G06 G30 G92 G95 G97 G98 G99',
  'G67 G68 G69 G70 G71 G72 G73 G74 G75 G76 G77 G78 G79 G80 G81 G84 G94 G42 G44 G45',
].flatMap((line) => line.split(' '));

describe('the seeded draw', () => {
  test('gives the same answer to the same question, in any order', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 9 }), (seed, order, n) => {
        const share = rules({ seed, declineShare: 0.5 });
        const first = judgeAuthorization(share, request(order, n));
        judgeAuthorization(share, request(`${order}x`, n));
        expect(judgeAuthorization(share, request(order, n))).toEqual(first);
      }),
    );
  });

  test('declines about the share that was asked for', () => {
    const declined = Array.from({ length: 20_000 }, (_, index) =>
      judgeAuthorization(rules(), request(String(index))),
    ).filter(({ kind }) => kind === 'declined');
    expect(declined.length).toBeGreaterThan(800);
    expect(declined.length).toBeLessThan(1200);
  });

  test('reaches every code of the table and no other', () => {
    expect(issuerCodes.map(({ code }) => code).sort()).toEqual([...tableCodes].sort());
    const codes = new Set<string>();
    for (let index = 0; index < 20_000; index += 1) {
      const outcome = judgeAuthorization(rules({ declineShare: 1 }), request(String(index)));
      if (outcome.kind === 'declined') codes.add(outcome.code);
    }
    expect([...codes].sort()).toEqual([...tableCodes].sort());
  });

  test('keeps an expired card expired, and lets money come back', () => {
    const half = rules({ declineShare: 0.5 });
    const outcomesOf = (code: string): string[] =>
      Array.from({ length: 2000 }, (_, index) => String(index)).flatMap((order) => {
        const first = judgeAuthorization(half, request(order, 1));
        const second = judgeAuthorization(half, request(order, 2));
        return first.kind === 'declined' && first.code === code ? [second.kind] : [];
      });
    expect(new Set(outcomesOf('G83'))).toEqual(new Set(['declined']));
    expect(new Set(outcomesOf('G02'))).toEqual(new Set(['declined', 'ok']));
  });
});

describe('explicit rules', () => {
  test('the first that matches wins over the draw', () => {
    const explicit = rules({
      declineShare: 1,
      rules: [
        { match: { orderNumber: '^77$', attempt: 1 }, outcome: 'G03' },
        { match: { orderNumber: '^77$' }, outcome: 'ok' },
        { match: { amountYen: 777 }, outcome: 'unknown' },
      ],
    });
    expect(judgeAuthorization(explicit, request('77', 1))).toEqual({
      kind: 'declined',
      code: 'G03',
    });
    expect(judgeAuthorization(explicit, request('77', 2))).toEqual({ kind: 'ok' });
    const byAmount = { ...request('1'), amountYen: 777 };
    expect(judgeAuthorization(explicit, byAmount)).toEqual({ kind: 'unknown' });
    expect(judgeAuthorization(explicit, request('1')).kind).toBe('declined');
  });
});

describe('order numbers and amounts that ask for an outcome', () => {
  const judge = (orderNumber: string, attempt = 1, amountYen = 1980, changes = {}) => {
    const declining = rules({ declineShare: 1, ...changes });
    const outcome = judgeAuthorization(declining, { ...request(orderNumber, attempt), amountYen });
    return outcome.kind === 'declined' ? outcome.code : outcome.kind;
  };

  test('reach every code of the table, by number and by amount', () => {
    for (const code of tableCodes) {
      expect(judge(`338-${code}`)).toBe(code);
      expect(judge('338', 1, 9_000_000 + Number(code.slice(1)))).toBe(code);
    }
  });

  test('decline some attempts and then let go', () => {
    expect([1, 2, 3].map((attempt) => judge('338-G03x2', attempt))).toEqual(['G03', 'G03', 'ok']);
    expect([1, 2].map((attempt) => judge('338-G83', attempt))).toEqual(['G83', 'G83']);
  });

  test('ask for OK and for a result that nobody knows', () => {
    expect(judge('338-OK')).toBe('ok');
    expect(judge('338-UNKNOWN')).toBe('unknown');
  });

  test('bring about what the pages say of their examples', () => {
    const lenient = rules({ declineShare: 0 });
    for (const { field, example, pattern } of outcomePatterns) {
      expect(example).toMatch(pattern);
      const asked = field === 'orderNumber' ? request(example) : request('338');
      const amountYen = field === 'amountYen' ? Number(example) : asked.amountYen;
      const strict = judgeAuthorization(rules({ declineShare: 1 }), { ...asked, amountYen });
      // The same whether everybody or nobody is declined: it is not drawn.
      expect(judgeAuthorization(lenient, { ...asked, amountYen })).toEqual(strict);
    }
  });

  test('stand in docs/sandbox.md', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/sandbox.md'), 'utf8');
    for (const { field, example, meaning } of outcomePatterns) {
      expect(page).toContain(`| \`${field}\` | \`${example}\` | ${meaning} |`);
    }
  });

  test('give way to explicit rules, and hold their tongue when switched off', () => {
    const explicit = { rules: [{ match: { orderNumber: '-G83$' }, outcome: 'ok' }] };
    expect(judge('338-G83', 1, 1980, explicit)).toBe('ok');
    const off = judgeAuthorization(rules({ declineShare: 0, testPatterns: false }), {
      ...request('338-G83'),
    });
    expect(off).toEqual({ kind: 'ok' });
  });

  test('a rule may name amounts by a pattern', () => {
    const byAmount = { rules: [{ match: { amountPattern: '98$' }, outcome: 'G54' }] };
    expect(judge('338', 1, 1998, byAmount)).toBe('G54');
    expect(judge('338', 1, 1980, { ...byAmount, declineShare: 0 })).toBe('ok');
  });
});
