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

const codesOf: Readonly<Record<Exclude<DeclineClass, 'unknown'>, readonly number[]>> = {
  card_expired: [83],
  card_cancelled: [12, 22, 56, 60, 61, 65, 96],
  limit_exceeded: [3, 5, 7, 54, 55],
  insufficient_funds: [2, 4, 6],
  held: [30, 92],
  system: [95, 97, 98, 99],
  bad_request: [...Array.from({ length: 15 }, (_, index) => 67 + index), 84, 94],
  authentication: [42, 44, 45],
};

const classes: ReadonlyMap<string, DeclineClass> = new Map(
  Object.entries(codesOf).flatMap(([name, codes]) =>
    codes.map((code) => [`G${String(code).padStart(2, '0')}`, name as DeclineClass] as const),
  ),
);

export interface Decline {
  /** G83; as it came where it is not written in that way, null where nothing came. */
  readonly code: string | null;
  readonly class: DeclineClass;
}

/**
 * Reads what a PSP gave with a decline. Paygent writes an issuer's code as `1G83` into
 * レスポンス詳細 [seen].
 */
export function readDecline(responseDetail: string | null, responseCode: string | null): Decline {
  const text = responseDetail?.trim() || responseCode?.trim() || null;
  const code = /^1?(G\d\d)$/.exec(text ?? '')?.[1] ?? text;
  return { code, class: classes.get(code ?? '') ?? 'unknown' };
}
