import { OutsideError } from '../outside/outside-error.ts';
import { maxResultHeadBytes } from '../psp/paygent/telegram-result.ts';

/** The answer to telegram 201 while it arrives: its header record is there, the rest may not be. */
export interface ResultBody {
  /** The first line without its line break; null when none ends within the first bytes. */
  readonly head: Uint8Array | null;
  /** Whether anything follows the header record. */
  readonly hasRecords: boolean;
  /** The whole answer, header record and all. Throws OutsideError when it breaks off. */
  readonly content: AsyncGenerator<Uint8Array, void, undefined>;
  /** Ends it unread. */
  drop(): Promise<void>;
}

const lineFeed = 0x0a;

/**
 * Reads an answer up to the first byte behind its header record.
 * @param framed false when nothing says where it ends: then its last record must be the trailer
 */
export async function readResultBody(
  source: AsyncGenerator<Uint8Array, void, undefined>,
  framed: boolean,
): Promise<ResultBody> {
  let start = Buffer.alloc(0);
  let ended = false;
  while (!ended && !isEnough(start)) {
    const next = await source.next();
    if (next.done) ended = true;
    else start = Buffer.concat([start, next.value]);
  }
  const end = start.indexOf(lineFeed);
  // A header record alone may be all there is, without a line break.
  const alone = ended && end < 0 && start.length > 0 && start.length <= maxResultHeadBytes;
  const content = wholeBody(start, source, framed);
  // A generator that was never begun would not close what it reads from.
  await content.next();
  return {
    head: end >= 0 ? start.subarray(0, end) : alone ? start : null,
    hasRecords: end >= 0 && start.length > end + 1,
    content,
    async drop() {
      await content.return();
    },
  };
}

function isEnough(start: Buffer): boolean {
  const end = start.indexOf(lineFeed);
  return end < 0 ? start.length > maxResultHeadBytes : start.length > end + 1;
}

/** Longer than any trailer record with the line break before it. */
const tailBytes = 64;
const nothing = new Uint8Array(0);

async function* wholeBody(
  start: Buffer,
  source: AsyncGenerator<Uint8Array, void, undefined>,
  framed: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  let tail = start.subarray(-tailBytes);
  try {
    yield nothing;
    yield start;
    for await (const piece of source) {
      tail = Buffer.concat([tail, piece]).subarray(-tailBytes);
      yield piece;
    }
  } finally {
    await source.return();
  }
  if (framed || /\n4,[^\n]*\n$/.test(tail.toString('latin1'))) return;
  throw new OutsideError('cut', 'The result file ends without its trailer record.', {
    ja: '結果ファイルが途中で切れています（トレーラレコードがありません）。取り込んでいません。時間をおいて再度取得します。',
    mayHaveReached: true,
  });
}
