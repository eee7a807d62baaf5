import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cleanPhone,
  initialSendErrorFilter,
  isWithinSendErrorMonths,
  oldestSendErrorDate,
  planSendErrorSearch,
  type SendErrorFilter,
  selectableSendErrorMonths,
} from '../../billing/send-error-search.ts';

/** 2026-11-22 12:00 in Japan. */
const now = '2026-11-22T03:00:00.000Z';
const one = ['2012000001'];
const several = ['2012000001', '2012000002'];

const filterOf = (filter: Partial<SendErrorFilter>): SendErrorFilter => ({
  ...initialSendErrorFilter([]),
  ...filter,
});
const plan = (filter: Partial<SendErrorFilter>, ipCodes: readonly string[] = one, at = now) =>
  planSendErrorSearch(filterOf(filter), ipCodes, at);
const refused = (...messages: string[]) => ({
  kind: 'refused',
  findings: messages.map((message) => expect.objectContaining({ message })),
});

const nothingGiven = '期間または検索キーワードいずれか1つ以上の指定が必要です。';
const keywordNeeded =
  '複数のIPコードを選択し「期間」で年月指定をした場合は、「検索キーワード」の指定が必須です。';
const tooOld = '再送信できるデータは過去8ヶ月です。';

describe(nothingGiven, () => {
  test('without period and keyword', () => {
    expect(plan({})).toEqual(refused(nothingGiven));
  });
  test('blank keywords are none', () => {
    const keywords = { orderNumber: ' ', email: '', phone: '--', sendId: '\u3000' };
    expect(plan({ keywords })).toEqual(refused(nothingGiven));
  });
  test.each(['orderNumber', 'email', 'phone', 'sendId'])('%s alone will do', (kind) => {
    expect(plan({ keywords: { [kind]: '0901' } }).kind).toBe('search');
  });
  test('a period alone will do', () => {
    expect(plan({ period: { kind: 'today' } }).kind).toBe('search');
  });
});

describe(keywordNeeded, () => {
  const month = { kind: 'month', month: '2026-10' } as const;
  test('several chosen', () => {
    expect(plan({ ipCodes: several, period: month }, several)).toEqual(refused(keywordNeeded));
  });
  test('none chosen of several means all of them', () => {
    expect(plan({ period: month }, several)).toEqual(refused(keywordNeeded));
  });
  test('with a keyword', () => {
    const keywords = { sendId: 'u1' };
    expect(plan({ ipCodes: several, period: month, keywords }, several).kind).toBe('search');
  });
  test('one of several chosen, or the same twice', () => {
    const [code = ''] = several;
    expect(plan({ ipCodes: [code], period: month }, several).kind).toBe('search');
    expect(plan({ ipCodes: [code, code], period: month }, several).kind).toBe('search');
  });
  test.each([
    { kind: 'date', date: '2026-10-01' },
    { kind: 'today' },
    { kind: 'yesterday' },
  ] as const)('no month: $kind', (period) => {
    expect(plan({ ipCodes: several, period }, several).kind).toBe('search');
  });
});

describe(tooOld, () => {
  test('the oldest day is the first that may be asked for', () => {
    expect(oldestSendErrorDate(now)).toBe('2026-03-22');
    expect(plan({ period: { kind: 'date', date: '2026-03-22' } }).kind).toBe('search');
    expect(plan({ period: { kind: 'date', date: '2026-03-21' } })).toEqual(refused(tooOld));
  });
  test('a month that has begun before it is cut', () => {
    expect(plan({ period: { kind: 'month', month: '2026-03' } })).toMatchObject({
      search: { from: '2026-03-21T15:00:00.000Z', before: '2026-03-31T15:00:00.000Z' },
    });
    expect(plan({ period: { kind: 'month', month: '2026-02' } })).toEqual(refused(tooOld));
  });
  test('nothing lies ahead', () => {
    expect(plan({ period: { kind: 'date', date: '2026-11-23' } })).toEqual(refused(tooOld));
    expect(plan({ period: { kind: 'month', month: '2026-12' } })).toEqual(refused(tooOld));
  });
  test('the day changes at midnight in Japan', () => {
    const date = { kind: 'date', date: '2026-03-22' } as const;
    expect(plan({ period: date }, one, '2026-11-22T14:59:59.999Z').kind).toBe('search');
    expect(plan({ period: date }, one, '2026-11-22T15:00:00.000Z')).toEqual(refused(tooOld));
  });
  test('a month without that day ends before it', () => {
    expect(oldestSendErrorDate('2026-10-30T15:00:00.000Z')).toBe('2026-02-28');
    expect(oldestSendErrorDate('2028-10-30T15:00:00.000Z')).toBe('2028-02-29');
  });
  test('at sending', () => {
    expect(isWithinSendErrorMonths('2026-03-21T15:00:00.000Z', now)).toBe(true);
    expect(isWithinSendErrorMonths('2026-03-21T14:59:59.999Z', now)).toBe(false);
  });
  test('every month that is offered may be asked for', () => {
    const months = selectableSendErrorMonths(now);
    expect(months).toHaveLength(9);
    expect([months[0], months[8]]).toEqual(['2026-11', '2026-03']);
    for (const month of months) {
      expect(plan({ period: { kind: 'month', month } }).kind, month).toBe('search');
    }
  });
});

test('every fault is said at once', () => {
  const filter = { ipCodes: several, period: { kind: 'month', month: '2025-01' } } as const;
  expect(plan(filter, several)).toEqual(refused(keywordNeeded, tooOld));
});

test('an IPコード of someone else is refused', () => {
  expect(plan({ ipCodes: ['9'], period: { kind: 'today' } })).toMatchObject({
    kind: 'refused',
    findings: [{ field: 'ipCodes' }],
  });
});

test('without IPコード in the settings none is looked at', () => {
  expect(plan({ period: { kind: 'today' } }, [])).toMatchObject({ search: { ipCodes: null } });
});

test('today and yesterday are days in Japan', () => {
  expect(plan({ period: { kind: 'today' } })).toMatchObject({
    search: { from: '2026-11-21T15:00:00.000Z', before: '2026-11-22T15:00:00.000Z' },
  });
  expect(plan({ period: { kind: 'yesterday' } })).toMatchObject({
    search: { from: '2026-11-20T15:00:00.000Z', before: '2026-11-21T15:00:00.000Z' },
  });
});

test('a keyword alone looks through the eight months', () => {
  expect(plan({ keywords: { email: ' a@example.jp ' } })).toEqual({
    kind: 'search',
    search: {
      ipCodes: one,
      condition: 'open',
      keywords: { email: 'a@example.jp' },
      from: '2026-03-21T15:00:00.000Z',
      before: '2026-11-22T15:00:00.000Z',
    },
  });
});

test('hyphens are taken out of a 電話番号, whatever the keyboard gave', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...'0123456789'), { minLength: 1 }),
      fc.constantFrom('-', '‐', '−', '－', 'ー', 'ｰ', '–', ' '),
      (digits, hyphen) => {
        expect(cleanPhone(digits.join(hyphen))).toBe(digits.join(''));
      },
    ),
  );
  expect(cleanPhone('０９０−０００')).toBe('090000');
  expect(plan({ keywords: { phone: '03-0000' } })).toMatchObject({
    search: { keywords: { phone: '030000' } },
  });
});

test('the initial values choose a single IPコード, and nothing else', () => {
  expect(initialSendErrorFilter(several)).toEqual({
    ipCodes: [],
    condition: 'open',
    keywords: {},
    period: null,
    mode: 'individual',
  });
  expect(initialSendErrorFilter(one).ipCodes).toEqual(one);
});
