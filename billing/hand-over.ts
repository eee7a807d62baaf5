import type { ExchangeKind } from './exchange.ts';

/** What an operator needs beside the file to hand it over at Paygent Online (manual 002, 3-2). */
export interface HandOverGuide {
  readonly paymentKind: string;
  /** The one 取引種別 to choose. */
  readonly transactionKind: 'オーソリ' | '売上';
  readonly caution: string;
  /** The first cause of format errors, by the manual. */
  readonly formatErrorHint: string;
}

const transactionKinds: Partial<
  Record<ExchangeKind, { readonly nameJa: 'オーソリ' | '売上'; readonly code: string }>
> = {
  auth: { nameJa: 'オーソリ', code: '020' },
  retry: { nameJa: 'オーソリ', code: '020' },
  capture: { nameJa: '売上', code: '021' },
};

/** Null for a file that is not uploaded at the portal. */
export function guideHandOver(kind: ExchangeKind): HandOverGuide | null {
  const chosen = transactionKinds[kind];
  if (chosen === undefined) return null;
  const { nameJa, code } = chosen;
  return {
    paymentKind: 'クレジットカード決済',
    transactionKind: nameJa,
    caution: `取引種別は「${nameJa}」を選択してください。オーソリ・売上・取消以外の取引種別は選択しないでください。`,
    formatErrorHint: `CSVを表計算ソフトで開いて保存すると、ヘッダの取引種別 ${code} の先頭の 0 が消えるなどして書式エラーになります。ダウンロードし直したファイルを、開かずにそのままアップロードしてください。`,
  };
}

/** Where a file that was sent first differs from the one that was handed out. */
export interface SentFileDifference {
  /** Physical line, from 1. */
  readonly line: number;
  /** Column as spreadsheets and the manual name it; null when the line differs as a whole. */
  readonly column: string | null;
  readonly part: 'header' | 'data' | 'trailer' | null;
  /** Null where the file has no such line or column. */
  readonly expected: string | null;
  readonly sent: string | null;
  readonly ja: string;
}

/** Longest piece of a differing value that is shown. */
const SHOWN_CHARACTERS = 100;

/**
 * The first line and column in which a sent file differs from the one that was handed out; null when
 * they are the same, byte for byte.
 */
export function findSentFileDifference(
  expected: Uint8Array,
  sent: Uint8Array,
): SentFileDifference | null {
  if (Buffer.from(expected).equals(sent)) return null;
  const ours = linesOf(expected);
  const theirs = linesOf(sent);
  const index = ours.findIndex((line, at) => line !== theirs[at]);
  const at = index === -1 ? ours.length : index;
  return describeDifference(at + 1, ours[at] ?? null, theirs[at] ?? null);
}

const linesOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8').split('\n');

function describeDifference(
  line: number,
  ours: string | null,
  theirs: string | null,
): SentFileDifference {
  const part = partOf(ours ?? theirs ?? '');
  const whole = { line, column: null, part, expected: shorten(ours), sent: shorten(theirs) };
  // What follows the last line break is no line: a file ends there.
  if (theirs === null || (theirs === '' && ours !== null)) {
    return { ...whole, ja: `${line} 行目がありません` };
  }
  if (ours === null || ours === '') return { ...whole, ja: `${line} 行目は余分な行です` };
  if (ours.replace(/\r$/, '') === theirs.replace(/\r$/, '')) {
    return { ...whole, ja: `${line} 行目の改行コードが違います。ファイルが開いて保存されています` };
  }
  const [our, their] = [fieldsOf(ours), fieldsOf(theirs)];
  const column = our.findIndex((value, at) => value !== their[at]);
  const at = column === -1 ? our.length : column;
  const name = columnName(at);
  const [value, found] = [our[at] ?? null, their[at] ?? null];
  return {
    line,
    column: name,
    part,
    expected: shorten(value),
    sent: shorten(found),
    ja: `${line} 行目 ${name} 列が違います${describeLostZero(value, found)}`,
  };
}

const fieldsOf = (line: string) => line.replace(/\r$/, '').split(',');

function describeLostZero(expected: string | null, found: string | null): string {
  const lost =
    expected !== null && found !== null && found !== '' && /^0+\d/.test(expected)
      ? expected.replace(/^0+/, '') === found
      : false;
  return lost ? '。先頭の 0 が消えています(表計算ソフトで保存すると起こります)' : '';
}

function partOf(line: string): SentFileDifference['part'] {
  if (line.startsWith('1,')) return 'header';
  if (line.startsWith('3,')) return 'data';
  return line.startsWith('4,') ? 'trailer' : null;
}

/** 0 → A, 25 → Z, 26 → AA. */
function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${columnName(Math.floor(index / 26) - 1)}${letter}`;
}

const shorten = (value: string | null) => value?.slice(0, SHOWN_CHARACTERS) ?? null;

/** What an operator reads of a capture file that was not uploaded before a window of it closed. */
export const describeMissedWindow =
  '売上処理の期限を過ぎたオーソリを含むため、このファイルはアップロードできません。まだアップロードしていなければ、ファイルを取り下げて作り直してください。期限内の請求だけが新しいファイルに入ります。期限前にアップロード済みなら、受付番号を記録してください。';
