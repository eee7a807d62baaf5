/** What a file begins with when it is something else than a CSV, and what people call that. */
const beginnings: readonly { readonly bytes: readonly number[]; readonly ja: string }[] = [
  { bytes: [0x50, 0x4b, 0x03, 0x04], ja: 'Excelブック（xlsx）またはZIPファイル' },
  { bytes: [0xd0, 0xcf, 0x11, 0xe0], ja: 'Excelブック（xls）' },
  { bytes: [0x25, 0x50, 0x44, 0x46], ja: 'PDFファイル' },
  { bytes: [0x1f, 0x8b], ja: 'gzip圧縮ファイル' },
];

/** Bytes that must be there before `whyNotCsv` can say anything. */
export const CSV_LOOK_BYTES = 512;

/**
 * What a file is when its first bytes show that it is no CSV, in Japanese; null when it may be one.
 * A page of a web server that wanted a login is the usual case. Its contents are judged elsewhere.
 */
export function whyNotCsv(head: Uint8Array): string | null {
  if (head.byteLength === 0) return '空のファイル';
  const known = beginnings.find(({ bytes }) => bytes.every((byte, at) => head[at] === byte));
  if (known !== undefined) return known.ja;
  if (head.includes(0)) return 'バイナリーまたはUTF-16のファイル';
  const text = new TextDecoder('latin1').decode(head).replace(/^ï»¿/, '').trimStart();
  if (/^<(?:!doctype|html|\?xml|head|body)/i.test(text)) return 'ウェブページ（HTML／XML）';
  return null;
}
