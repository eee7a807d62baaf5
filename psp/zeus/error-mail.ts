import { parseJstInstant } from '../../billing/business-date.ts';

/**
 * ZEUS's mail about a carrier result that it could not hand over (manual 003: the mail comes when a
 * time-out or server error kept the merchant's system from taking it). Its wording is not public, so
 * what we look for stands here as data [assumed]; a mail that cannot be read by it is shown to people
 * among the mails that nobody understood.
 */

/** A mail as decoded text. */
export interface PlainMail {
  readonly subject: string;
  readonly text: string;
}

/** One result that has to be sent again at ZEUS. */
export interface ZeusSendError {
  /** null where the mail does not say. */
  readonly ipCode: string | null;
  /** オーダーNo. */
  readonly orderNumber: string;
  /** ISO instant of the failed call; null where the mail does not say. */
  readonly failedAt: string | null;
}

/** What makes a mail one of these, and the names under which it says things. */
export interface ErrorMailWording {
  /** Each of these stands in subject or text. */
  readonly marks: readonly string[];
  readonly ipCode: readonly string[];
  readonly orderNumber: readonly string[];
  readonly failedAt: readonly string[];
}

/** IPコード and オーダーNo are the screen's own words [manual]; all else is [assumed]. */
export const errorMailWording: ErrorMailWording = {
  marks: ['キャリア', 'CGI', 'エラー'],
  ipCode: ['IPコード', 'IP コード'],
  orderNumber: ['オーダーNo.', 'オーダーNo', 'オーダー番号'],
  failedAt: ['発生日時', '送信日時', 'エラー日時'],
};

/**
 * Reads an error mail, which may name several results one after the other; null when it is none, or
 * names no オーダーNo: then a person must read it.
 */
export function readErrorMail(
  mail: PlainMail,
  wording: ErrorMailWording = errorMailWording,
): readonly ZeusSendError[] | null {
  // Full-width letters, digits and colons have exactly one half-width reading.
  const subject = mail.subject.normalize('NFKC');
  const text = mail.text.normalize('NFKC');
  if (!wording.marks.every((mark) => subject.includes(mark) || text.includes(mark))) return null;
  const errors = readBlocks(text, wording);
  return errors.length === 0 ? null : errors;
}

type Block = { ipCode: string | null; orderNumber: string | null; failedAt: string | null };

/** A label that its block has already begins the next block. */
function readBlocks(text: string, wording: ErrorMailWording): ZeusSendError[] {
  const blocks: Block[] = [];
  let block: Block = { ipCode: null, orderNumber: null, failedAt: null };
  for (const line of text.split(/\r?\n/)) {
    for (const field of ['ipCode', 'orderNumber', 'failedAt'] as const) {
      const value = readLabelled(line, wording[field]);
      if (value === null) continue;
      if (block[field] !== null) {
        blocks.push(block);
        block = { ipCode: null, orderNumber: null, failedAt: null };
      }
      block[field] = value;
    }
  }
  return [...blocks, block].flatMap(({ ipCode, orderNumber, failedAt }) =>
    orderNumber === null || !/^[\x21-\x7e]{1,64}$/.test(orderNumber)
      ? []
      : [
          {
            ipCode: ipCode !== null && /^[0-9A-Za-z]{1,20}$/.test(ipCode) ? ipCode : null,
            orderNumber,
            failedAt: failedAt === null ? null : parseJstInstant(failedAt),
          },
        ],
  );
}

/** What follows a label at the start of a line; decorations before and after it are passed over. */
function readLabelled(line: string, labels: readonly string[]): string | null {
  const names = labels.map((label) => label.replaceAll('.', '\\.')).join('|');
  const pattern = new RegExp(`^[\\s■□●○◆◇・*\\-\\[【(]*(?:${names})[\\]】)]?\\s*:\\s*(\\S.*)$`);
  return pattern.exec(line)?.[1]?.trim() ?? null;
}
