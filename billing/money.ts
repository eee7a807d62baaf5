import type { RowReason } from './row-reason.ts';

/** Largest amount of one order, in yen (spec 1.1). */
export const maxOrderAmountYen = 9_999_999;

export type ParsedYen =
  | { readonly ok: true; readonly amountYen: number }
  | { readonly ok: false; readonly reason: RowReason };

// In CP932 the yen sign is byte 0x5C, which every decoder shows as a backslash: both are a yen sign.
const spelling = /^[¥\\]?\s*(0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)\s*円?$/;

/** Full-width digits, comma, yen sign and minus have exactly one half-width reading. */
export function narrowDigits(text: string): string {
  return text.replace(/[０-９，￥－]/g, (char) => {
    if (char === '，') return ',';
    if (char === '￥') return '¥';
    if (char === '－') return '-';
    return String.fromCharCode(char.charCodeAt(0) - 0xfee0);
  });
}

/**
 * Reads an amount of integer yen: `7988`, `7,988`, `7,988 円`, `¥7,988`, also in full width.
 * Anything else (decimal, negative, empty, over 9,999,999) is a reason, never a guess.
 */
export function parseYen(text: string): ParsedYen {
  const trimmed = text.trim();
  if (trimmed === '') {
    return refuse('amount_empty', '金額が空です', 'the amount is empty');
  }
  const match = spelling.exec(narrowDigits(trimmed));
  if (!match?.[1]) {
    return refuse(
      'amount_unreadable',
      '金額は0以上の整数の円で記載します',
      'the amount is not a whole number of yen',
    );
  }
  const amountYen = Number(match[1].replaceAll(',', ''));
  if (amountYen > maxOrderAmountYen) {
    return refuse(
      'amount_too_large',
      `金額が上限 ${formatYen(maxOrderAmountYen)} を超えています`,
      `the amount is over ${maxOrderAmountYen} yen`,
    );
  }
  return { ok: true, amountYen };
}

function refuse(code: string, ja: string, en: string): ParsedYen {
  return { ok: false, reason: { code, ja, en } };
}

/** Integer yen as an operator reads it: `7,988 円`. */
export function formatYen(amountYen: number): string {
  return `${amountYen.toLocaleString('en-US', { maximumFractionDigits: 0 })} 円`;
}
