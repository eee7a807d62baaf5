import { describe, expect, test } from 'vitest';
import {
  type CardFace,
  explainUselessResult,
  isOlderExpiry,
  type JudgedResult,
  judgeRefreshResult,
} from '../../billing/card-refresh-judgement.ts';

const expiring: CardFace = { lastDigits: '234', expiry: '2026-12' };
const lasting: CardFace = { lastDigits: '234', expiry: '2028-05' };
const said = (rest: Partial<JudgedResult>): JudgedResult => ({
  ...{ verdict: 0, lastDigits: null, expiry: null },
  ...rest,
});
/** The first file of a refresh, and a card that nobody has touched. */
const judge = (result: Partial<JudgedResult>, asked: CardFace, card: CardFace | null = asked) =>
  judgeRefreshResult(said(result), { asked, kept: asked, card, month: '2026-11' });

describe('what a result does to its card', () => {
  test.each<[string, Partial<JudgedResult>, CardFace, string, CardFace | null]>([
    ['new expiry', { expiry: '2031-12' }, expiring, 'renewed', { ...expiring, expiry: '2031-12' }],
    [
      'new number and expiry',
      { lastDigits: '9876', expiry: '2031-12' },
      expiring,
      'renewed',
      { lastDigits: '9876', expiry: '2031-12' },
    ],
    ['nothing new, not expiring', {}, lasting, 'valid', null],
    ['the same again', { lastDigits: '1234', expiry: '2028-05' }, lasting, 'valid', null],
    ['nothing new for an expiring card is no renewal', {}, expiring, 'no_newer_data', null],
    [
      'a new number that expires as soon is no renewal either',
      { lastDigits: '9876' },
      expiring,
      'no_newer_data',
      { lastDigits: '9876', expiry: '2026-12' },
    ],
    ['有効性NG', { verdict: 1 }, lasting, 'refused', null],
    ['照合エラー', { verdict: 2 }, expiring, 'refused', null],
    ['入力データエラー', { verdict: 3, expiry: '2031-12' }, expiring, 'refused', null],
  ])('%s', (_, result, asked, outcome, after) => {
    expect(judge(result, asked)).toEqual({ outcome, after });
  });

  test.each([0, 1] as const)(
    'verdict %i of a card that is another one now changes nothing',
    (verdict) => {
      const result = { verdict, expiry: '2031-12' };
      expect(judge(result, expiring, lasting)).toEqual({ outcome: 'card_changed', after: null });
      expect(judge(result, expiring, null)).toEqual({ outcome: 'card_gone', after: null });
    },
  );

  test('data that is the same or older, come in between, is no other card', () => {
    const older = { ...expiring, expiry: '2026-02' };
    expect(judge({ verdict: 1 }, expiring, older)).toEqual({ outcome: 'refused', after: null });
    expect(judge({}, expiring, older)).toEqual({ outcome: 'no_newer_data', after: null });
    const longer = { ...lasting, lastDigits: '1234' };
    expect(judge({ expiry: '2031-12' }, lasting, longer)).toEqual({
      outcome: 'renewed',
      after: { lastDigits: '1234', expiry: '2031-12' },
    });
  });

  test('a corrected file ends as if it had been right at once', () => {
    const kept = { ...expiring, expiry: '2031-12' };
    const of = { asked: expiring, kept, card: kept, month: '2026-11' };
    const again = (result: Partial<JudgedResult>) => judgeRefreshResult(said(result), of);
    expect(again({ expiry: '2031-12' })).toEqual({ outcome: 'renewed', after: null });
    expect(again({ expiry: '2030-12' }).after).toEqual({ ...expiring, expiry: '2030-12' });
    expect(again({})).toEqual({ outcome: 'no_newer_data', after: expiring });
    expect(again({ verdict: 1 })).toEqual({ outcome: 'refused', after: expiring });
  });

  test('an expiry before the one on record is not believed', () => {
    expect(isOlderExpiry(said({ expiry: '2026-11' }), expiring)).toBe(true);
    expect(isOlderExpiry(said({ expiry: '2026-12' }), expiring)).toBe(false);
    expect(isOlderExpiry(said({}), expiring)).toBe(false);
  });
});

describe('a file of which nothing is taken', () => {
  const of = { lines: 10, merged: 0, quarantined: {}, isCut: false };
  test.each([
    [{ ...of, lines: 0 }, '空です'],
    [{ ...of, merged: 9, isCut: true }, '途中で終わっています'],
    [{ ...of, quarantined: { other_month: 10 } }, '別の月'],
    [{ ...of, quarantined: { bad_columns: 9, unmatched: 1 } }, '列数'],
    [{ ...of, quarantined: { unmatched: 10 } }, '一致する行がありません'],
    [{ ...of, quarantined: { bad_verdict: 10 } }, '読み取れる行がありません'],
  ])('%j', (facts, words) => {
    expect(explainUselessResult(facts)).toContain(words);
    expect(explainUselessResult(facts)).toContain('何も取り込んでいません。');
  });

  test('one row that is this month is enough to take the rest as it is', () => {
    expect(explainUselessResult({ ...of, merged: 1, quarantined: { other_month: 9 } })).toBeNull();
  });
});
