import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  findHindrance,
  readConfirmation,
  type SendErrorChoice,
  type SendErrorFacts,
  writeConfirmation,
} from '../../billing/send-error-confirmation.ts';

/** 2026-11-22 12:00 in Japan. */
const now = '2026-11-22T03:00:00.000Z';
const choice: SendErrorChoice = { sendError: 'a', act: 'resend', parameters: null };
const facts: SendErrorFacts = {
  sendError: 'a',
  endpoint: 'shop',
  endpointRetired: false,
  endpointVersion: 1,
  encoding: 'cp932',
  parameters: [
    ['ordd', 'A1'],
    ['name', '髙﨑'],
  ],
  failedAt: now,
  done: false,
  superseded: false,
  version: 1,
  newestVersion: 1,
  arrival: 'possible',
  arrivedAt: null,
};

const codeOf = (
  chosen: Partial<SendErrorChoice>,
  seen: Partial<SendErrorFacts> = {},
  at: string = now,
) => findHindrance({ ...choice, ...chosen }, { ...facts, ...seen }, at)?.code ?? null;

describe('what stands in the way', () => {
  test('nothing', () => {
    expect(codeOf({})).toBeNull();
    expect(codeOf({ act: 'settle' })).toBeNull();
  });
  test('it is done, or a newer error counts, for both acts', () => {
    for (const act of ['resend', 'settle'] as const) {
      expect(codeOf({ act }, { done: true })).toBe('done');
      expect(codeOf({ act }, { superseded: true })).toBe('superseded');
    }
  });
  test('eight months, send data kept no longer and a retired endpoint, for 再送信 only', () => {
    const old = { failedAt: '2026-03-21T14:59:59.999Z' };
    expect(codeOf({}, old)).toBe('too_old');
    expect(codeOf({}, { failedAt: '2026-03-21T15:00:00.000Z' })).toBeNull();
    expect(codeOf({ act: 'settle' }, old)).toBeNull();
    expect(codeOf({}, { parameters: [] })).toBe('blanked');
    expect(codeOf({ act: 'settle' }, { parameters: [] })).toBeNull();
    expect(codeOf({}, { endpointRetired: true })).toBe('endpoint_retired');
    expect(codeOf({ act: 'settle' }, { endpointRetired: true })).toBeNull();
  });
  test('corrections keep names, number and order, and can be written in the encoding', () => {
    const edit = (...parameters: (readonly [string, string])[]) => codeOf({ parameters });
    expect(edit(['ordd', 'A2'], ['name', '能登 ①'])).toBeNull();
    expect(edit(['ordd', 'A2'])).toBe('parameters');
    expect(edit(['name', '髙﨑'], ['ordd', 'A1'])).toBe('parameters');
    expect(edit(['ordd', 'A1'], ['other', '髙﨑'])).toBe('parameters');
    expect(edit(['ordd', 'A1'], ['name', '🍣'])).toBe('parameters');
    expect(edit(['ordd', 'A1'], ['name', 'a\0'])).toBe('parameters');
    const parameters = [['ordd', 'A1'] as const, ['name', '🍣'] as const];
    expect(codeOf({ parameters }, { encoding: 'utf-8' })).toBeNull();
  });
});

describe('the page as text', () => {
  const page = (seen: Partial<SendErrorFacts> = {}, chosen: Partial<SendErrorChoice> = {}) =>
    writeConfirmation({
      mode: 'individual',
      rows: [{ choice: { ...choice, ...chosen }, seen: { ...facts, ...seen } }],
    });

  test('is another one as soon as anything is different', () => {
    const changes: Partial<SendErrorFacts>[] = [
      { endpoint: 'other' },
      { endpointRetired: true },
      { endpointVersion: 2 },
      { encoding: 'utf-8' },
      { parameters: [['ordd', 'A2']] },
      { failedAt: '2026-11-22T03:00:00.001Z' },
      { done: true },
      { superseded: true },
      { version: 2 },
      { newestVersion: 2 },
      { arrival: 'seen' },
      { arrivedAt: now },
    ];
    // Every fact but the ID, which is the choice's.
    expect(changes).toHaveLength(Object.keys(facts).length - 1);
    const texts = [page(), ...changes.map((change) => page(change))];
    texts.push(page({}, { act: 'settle' }), page({}, { parameters: [['ordd', 'A1']] }));
    expect(new Set(texts).size).toBe(texts.length);
    expect(page()).toBe(page());
  });

  test('gives its choices back', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    const parameters = fc.option(fc.array(fc.tuple(text, text), { maxLength: 4 }));
    const choices = fc.array(
      fc.record({ sendError: fc.uuid(), act: fc.constantFrom('resend', 'settle'), parameters }),
      { maxLength: 4 },
    ) as fc.Arbitrary<SendErrorChoice[]>;
    fc.assert(
      fc.property(choices, fc.constantFrom('individual' as const, 'bulk' as const), (all, mode) => {
        const rows = all.map((one) => ({ choice: one, seen: facts }));
        expect(readConfirmation(writeConfirmation({ mode, rows }))).toEqual({
          mode,
          choices: all.map((one) => ({ ...one, endpoint: 'shop' })),
        });
      }),
    );
  });

  test('another file is none', () => {
    expect(() => readConfirmation('{"format":"other","rows":[]}')).toThrow('not a confirmation');
    expect(() => readConfirmation('a,b')).toThrow();
  });
});
