import { UnusableFileError } from './row-reason.ts';

/** CP932 is Shift_JIS as Windows writes it. A BOM before UTF-8 is accepted and dropped. */
export type TextEncoding = 'cp932' | 'utf-8';

/** Decodes the bytes of one record; null when they are not valid in the encoding. */
export type StrictDecoder = (bytes: Uint8Array) => string | null;

const labels = { cp932: 'shift_jis', 'utf-8': 'utf-8' } as const;

// Enough lines to outvote a few broken ones, few enough to decide within the first megabytes.
const decisiveLines = 200;
// Bytes without a line break that are looked at as they are.
const longestLine = 65_536;

const lf = 0x0a;
const cr = 0x0d;

/**
 * A decoder that refuses bytes it does not know instead of replacing them. NUL is one of them: it is
 * no text in any encoding, and Postgres cannot keep it.
 */
export function createStrictDecoder(encoding: TextEncoding): StrictDecoder {
  const decoder = new TextDecoder(labels[encoding], { fatal: true, ignoreBOM: true });
  return (bytes) => {
    try {
      const text = decoder.decode(bytes);
      return text.includes('\0') ? null : text;
    } catch {
      return null;
    }
  };
}

/**
 * The same for a text that comes in pieces, wherever they are cut; null, the end of it, must not cut a
 * character. After a piece that is not valid nothing more can be read.
 */
export function createStreamDecoder(
  encoding: TextEncoding,
): (piece: Uint8Array | null) => string | null {
  const decoder = new TextDecoder(labels[encoding], { fatal: true, ignoreBOM: true });
  return (piece) => {
    try {
      const text = piece === null ? decoder.decode() : decoder.decode(piece, { stream: true });
      return text.includes('\0') ? null : text;
    } catch {
      return null;
    }
  };
}

/** Length of the UTF-8 byte order mark at the start of the bytes: 3 or 0. */
export function bomLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/**
 * Finds the encoding of a text by its lines that are not plain ASCII: the encoding in which fewer of
 * them are broken wins, so a few damaged rows do not turn a file into the other encoding. Reads no
 * further than it must; a text of ASCII alone is read to its end and is UTF-8.
 * Throws UnusableFileError for UTF-16 and for bytes that are no text.
 */
export async function detectEncoding(source: AsyncIterable<Uint8Array>): Promise<TextEncoding> {
  const votes = createEncodingVotes();
  let rest: Uint8Array = new Uint8Array(0);
  let atStart = true;
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (atStart && bytes.length < 3) {
      rest = bytes;
      continue;
    }
    if (atStart && bomLength(bytes) > 0) return 'utf-8';
    if (atStart) refuseBinary(bytes);
    atStart = false;
    const lastBreak = Math.max(bytes.lastIndexOf(lf), bytes.lastIndexOf(cr));
    const end = lastBreak < 0 && bytes.length > longestLine ? bytes.length : lastBreak + 1;
    votes.count(bytes.subarray(0, end));
    if (votes.decided()) return votes.winner();
    rest = bytes.subarray(end);
  }
  votes.count(rest);
  return votes.winner();
}

/**
 * Refuses what is no text at all by its first bytes: a workbook, UTF-16, anything with NUL.
 * @throws UnusableFileError
 */
export function refuseBinary(bytes: Uint8Array): void {
  const [first, second] = bytes;
  // An Excel workbook is a ZIP archive: its first bytes do not tell which it is.
  if (first === 0x50 && second === 0x4b && bytes[2] === 0x03) {
    throw new UnusableFileError(
      'not_csv',
      'the file is an Excel workbook or a ZIP archive: save it as CSV, or unpack it',
      'Excel ブックまたは ZIP ファイルです。CSV として保存し直すか、展開してください',
    );
  }
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (!hasMark && !bytes.subarray(0, 1024).includes(0)) return;
  throw new UnusableFileError(
    'wrong_encoding',
    'the file is neither CP932 (Shift_JIS) nor UTF-8: save it as CSV in one of them',
    'ファイルの文字コードが CP932 (Shift_JIS) でも UTF-8 でもありません。CSV として保存し直してください',
  );
}

/** Node's own is not there in a browser. */
function isAscii(bytes: Uint8Array): boolean {
  let bits = 0;
  for (let at = 0; at < bytes.length; at += 1) bits |= bytes[at]!;
  return bits < 0x80;
}

function createEncodingVotes() {
  const decodeUtf8 = createStrictDecoder('utf-8');
  const decodeCp932 = createStrictDecoder('cp932');
  let lines = 0;
  let brokenAsUtf8 = 0;
  let brokenAsCp932 = 0;
  return {
    count(bytes: Uint8Array): void {
      if (isAscii(bytes)) return;
      let start = 0;
      while (start < bytes.length && lines < decisiveLines) {
        let end = start;
        let bits = 0;
        for (; end < bytes.length; end += 1) {
          const byte = bytes[end]!;
          if (byte === lf || byte === cr) break;
          bits |= byte;
        }
        const begin = start;
        start = end + 1;
        if (bits < 0x80) continue;
        const line = bytes.subarray(begin, end);
        lines += 1;
        if (decodeUtf8(line) === null) brokenAsUtf8 += 1;
        if (decodeCp932(line) === null) brokenAsCp932 += 1;
      }
    },
    decided: () => lines >= decisiveLines,
    // Japanese CP932 is almost never valid UTF-8, the reverse happens: a tie is UTF-8.
    winner: (): TextEncoding => (brokenAsUtf8 <= brokenAsCp932 ? 'utf-8' : 'cp932'),
  };
}
