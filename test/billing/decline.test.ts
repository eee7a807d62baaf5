import { describe, expect, it } from 'vitest';
import {
  DECLINE_CLASSES,
  DECLINE_RULES,
  declineLabels,
  readDecline,
} from '../../billing/decline.ts';

describe('a decline', () => {
  it.each([
    ['1G83', 'G83', 'card_expired'],
    ['G83', 'G83', 'card_expired'],
    ['1G03', 'G03', 'limit_exceeded'],
    ['1G02', 'G02', 'insufficient_funds'],
    ['1G12', 'G12', 'card_cancelled'],
    ['1G81', 'G81', 'bad_request'],
    ['1G67', 'G67', 'bad_request'],
    ['1G82', 'G82', 'unknown'],
    ['1G66', 'G66', 'unknown'],
    ['2G83', '2G83', 'unknown'],
    ['1G3', '1G3', 'unknown'],
    ['42G030000', 'G03', 'limit_exceeded'],
    ['42G030001', '42G030001', 'unknown'],
  ])('%s is %s, %s', (detail, code, name) => {
    expect(readDecline(detail, null)).toEqual({ code, class: name });
  });

  it('is read from レスポンスコード where there is no detail, and unknown without both', () => {
    expect(readDecline(null, '1G97')).toEqual({ code: 'G97', class: 'system' });
    expect(readDecline(' ', '')).toEqual({ code: null, class: 'unknown' });
  });

  it('is what the merchant takes it for, where its settings say so', () => {
    const overrides = { G12: 'held', G83: 'unknown' } as const;
    expect(readDecline('1G12', null, { overrides })).toEqual({ code: 'G12', class: 'held' });
    expect(readDecline('1G83', null, { overrides }).class).toBe('unknown');
    expect(readDecline('1G22', null, { overrides }).class).toBe('card_cancelled');
  });

  it('is known by rules of its own day, each with its source', () => {
    expect(readDecline('1G83', null, { on: '1999-12-31' }).class).toBe('unknown');
    for (const { codes, source } of DECLINE_RULES) {
      expect(codes.length).toBeGreaterThan(0);
      expect(['manual', 'seen', 'ours']).toContain(source);
    }
    const all = DECLINE_RULES.flatMap(({ codes }) => codes);
    expect(new Set(all).size).toBe(all.length);
  });

  it('has a Japanese meaning in every class, 不明 where nobody knows', () => {
    for (const name of DECLINE_CLASSES) expect(declineLabels[name]).not.toBe('');
    expect(declineLabels.unknown).toBe('不明');
  });
});
