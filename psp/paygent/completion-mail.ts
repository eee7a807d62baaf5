/**
 * 処理完了メール: Paygent says that it has processed a file (manual 002, 3-4: the mail comes, with the
 * 受付番号). Its wording is not public, so what we look for stands here as data [assumed]; a mail that
 * cannot be read by it is shown to people, who record the completion by hand.
 */

/** A mail as decoded text. */
export interface PlainMail {
  readonly subject: string;
  readonly text: string;
}

export interface CompletionMail {
  readonly acceptanceNumber: string;
  /** As written; null where the mail does not say. */
  readonly transactionKind: string | null;
  readonly records: number | null;
  readonly ngCount: number | null;
}

/** What makes a mail one of these, and the names under which it may say things. */
export interface CompletionMailWording {
  /** One of these stands in subject or text. */
  readonly marks: readonly string[];
  readonly acceptanceNumber: readonly string[];
  readonly transactionKind: readonly string[];
  readonly records: readonly string[];
  readonly ngCount: readonly string[];
}

/** All [assumed] but 受付番号, 取引種別 and NG件数, which the portal's own list says [manual]. */
export const completionMailWording: CompletionMailWording = {
  marks: ['処理完了', '完了処理済', '処理が完了', '処理が終わりました', '処理が終了'],
  acceptanceNumber: ['受付番号'],
  transactionKind: ['取引種別'],
  records: ['件数', '処理件数', '取引件数', '総件数'],
  ngCount: ['NG件数', 'エラー件数'],
};

/**
 * Reads a completion mail; null when it is none, or when it names no 受付番号 or several: which file
 * is meant is never guessed.
 */
export function readCompletionMail(
  mail: PlainMail,
  wording: CompletionMailWording = completionMailWording,
): CompletionMail | null {
  // Full-width digits, colons and letters have exactly one half-width reading.
  const subject = mail.subject.normalize('NFKC');
  const text = mail.text.normalize('NFKC');
  if (!wording.marks.some((mark) => subject.includes(mark) || text.includes(mark))) return null;
  const numbers = new Set([
    ...findNumbers(subject, wording.acceptanceNumber),
    ...findNumbers(text, wording.acceptanceNumber),
  ]);
  const [acceptanceNumber] = numbers;
  if (acceptanceNumber === undefined || numbers.size > 1) return null;
  return {
    acceptanceNumber,
    transactionKind: findLine(text, wording.transactionKind)?.slice(0, 50) ?? null,
    records: readCount(findLine(text, wording.records)),
    ngCount: readCount(findLine(text, wording.ngCount)),
  };
}

/** Values after a label anywhere: `受付番号 1234`, `受付番号: 1234`, `(受付番号 1234)`. */
function findNumbers(text: string, labels: readonly string[]): string[] {
  const pattern = new RegExp(
    `(?:${labels.join('|')})[\\]】]?\\s{0,5}[:はが]?\\s{0,5}([0-9A-Za-z-]{1,32})`,
    'g',
  );
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** The rest of the first line that begins with a label; decorations before it are passed over. */
function findLine(text: string, labels: readonly string[]): string | undefined {
  const pattern = new RegExp(
    `^[ \\t■□●○◆◇・*\\-\\[【(]{0,10}(?:${labels.join('|')})[\\]】)]?[ \\t]{0,10}:(.+)$`,
    'm',
  );
  return pattern.exec(text)?.[1]?.trim();
}

function readCount(value: string | undefined): number | null {
  const match = /^(\d{1,3}(?:,\d{3})+|\d{1,7})\s*件?$/.exec(value ?? '');
  return match?.[1] === undefined ? null : Number(match[1].replaceAll(',', ''));
}
