import type { BusinessDate } from './business-date.ts';

/**
 * Why an issuer declines. The codes are public on the pages of several Japanese PSPs [seen]; putting
 * them into classes is ours (spec 1.8), and what is in no class is unknown: it is never guessed.
 */
export const DECLINE_CLASSES = [
  'card_expired',
  'card_cancelled',
  'limit_exceeded',
  'insufficient_funds',
  'held',
  'system',
  'bad_request',
  'authentication',
  'unknown',
] as const;
export type DeclineClass = (typeof DECLINE_CLASSES)[number];

/** What operators read. */
export const declineLabels: Readonly<Record<DeclineClass, string>> = {
  card_expired: 'カードの有効期限切れ・誤り',
  card_cancelled: 'カードが無効・利用不可',
  limit_exceeded: '利用限度額の超過',
  insufficient_funds: '残高不足',
  held: 'カード会社の判断保留',
  system: 'カード会社・回線の障害',
  bad_request: '送信データの誤り',
  authentication: '暗証番号・セキュリティコードの誤り',
  unknown: '不明',
};

/** Codes of one class, from a day on. A later entry of the same code takes its place from its day. */
export interface DeclineRule {
  readonly class: Exclude<DeclineClass, 'unknown'>;
  /** G00 to G99, by number. */
  readonly codes: readonly number[];
  /** First day, in Japan, on which it holds. */
  readonly from: BusinessDate;
  /** Where the meaning of the codes comes from; the split into classes is ours. */
  readonly source: 'manual' | 'seen' | 'ours';
}

const codesFrom = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Dated data: a code whose meaning changes gets a further entry, none is rewritten. */
export const DECLINE_RULES: readonly DeclineRule[] = [
  { class: 'card_expired', codes: [83], from: '2000-01-01', source: 'seen' },
  {
    class: 'card_cancelled',
    codes: [12, 22, 56, 60, 61, 65, 96],
    from: '2000-01-01',
    source: 'seen',
  },
  { class: 'limit_exceeded', codes: [3, 5, 7, 54, 55], from: '2000-01-01', source: 'seen' },
  { class: 'insufficient_funds', codes: [2, 4, 6], from: '2000-01-01', source: 'seen' },
  { class: 'held', codes: [30, 92], from: '2000-01-01', source: 'seen' },
  { class: 'system', codes: [95, 97, 98, 99], from: '2000-01-01', source: 'seen' },
  {
    class: 'bad_request',
    codes: [...codesFrom(67, 81), 84, 94],
    from: '2000-01-01',
    source: 'seen',
  },
  { class: 'authentication', codes: [42, 44, 45], from: '2000-01-01', source: 'seen' },
];

/** Where a code stands in what PSPs write: Paygent `1G83`, GMO `42G830000`, or bare [seen]. */
const spellings = [/^1?(G\d\d)$/, /^42(G\d\d)0000$/] as const;

/** Classes by code that a merchant has set otherwise (setting declines.overrides). */
export type DeclineOverrides = Readonly<Record<string, DeclineClass>>;

export interface Decline {
  /** G83; as it came where it is not written in that way, null where nothing came. */
  readonly code: string | null;
  readonly class: DeclineClass;
}

/**
 * Reads what a PSP gave with a decline. Paygent writes an issuer's code as `1G83` into
 * レスポンス詳細 [seen].
 *
 * @param how `on`: the day of the decline in Japan, today's rules without it; `overrides`: the
 *   merchant's own classes, which come first
 */
export function readDecline(
  responseDetail: string | null,
  responseCode: string | null,
  how: { readonly on?: BusinessDate; readonly overrides?: DeclineOverrides } = {},
): Decline {
  const text = responseDetail?.trim() || responseCode?.trim() || null;
  const code = readCode(text) ?? text;
  return { code, class: classOf(code ?? '', how) };
}

function readCode(text: string | null): string | null {
  for (const spelling of spellings) {
    const found = spelling.exec(text ?? '')?.[1];
    if (found !== undefined) return found;
  }
  return null;
}

function classOf(
  code: string,
  { on = '9999-12-31', overrides = {} }: { on?: BusinessDate; overrides?: DeclineOverrides },
): DeclineClass {
  if (Object.hasOwn(overrides, code)) return overrides[code] ?? 'unknown';
  const number = /^G(\d\d)$/.exec(code)?.[1];
  if (number === undefined) return 'unknown';
  let found: DeclineRule | null = null;
  for (const rule of DECLINE_RULES) {
    if (!rule.codes.includes(Number(number)) || rule.from > on) continue;
    if (found === null || rule.from >= found.from) found = rule;
  }
  return found?.class ?? 'unknown';
}
