/** What every answer to a telegram says; empty text where it says nothing. */
export interface TelegramVerdict {
  /** 処理結果 */
  readonly result: string;
  /** レスポンスコード */
  readonly code: string;
  /** レスポンス詳細 */
  readonly detail: string;
}

/** 処理結果 of a telegram [seen]. */
export const telegramResults = { ok: '0', failed: '1' } as const;

/** PSPs explain themselves in a sentence; more than this is something else. */
const shownCharacters = 200;

/** A verdict in its own words, for people to look up. */
export function describeVerdict({ result, code, detail }: TelegramVerdict): string {
  return [
    `処理結果「${showDetail(result)}」`,
    `レスポンスコード「${showDetail(code)}」`,
    ...(detail === '' ? [] : [`レスポンス詳細「${showDetail(detail)}」`]),
  ].join('、');
}

/** A long run of digits is nothing that a sentence needs, and could be a number that nobody may see. */
export function showDetail(text: string): string {
  return text.slice(0, shownCharacters).replace(/\d{12,}/g, '…');
}

/** 受付番号 as the API takes it from people; null for anything else. */
export function readAcceptanceNumber(text: string): string | null {
  return /^[0-9A-Za-z-]{1,32}$/.test(text) ? text : null;
}
