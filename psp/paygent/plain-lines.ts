import { maxRecordBytes } from '../../billing/csv-records.ts';
import { createStreamDecoder, type TextEncoding } from '../../billing/text-encoding.ts';
import type { OpenSource } from './result-answers.ts';

/** The same number of lines of two files: line i of one stands where line i of the other does. */
export interface LinePairs {
  readonly count: number;
  readonly sent: readonly string[];
  readonly answers: readonly string[];
}

// A record is a few hundred bytes. What may be too long to be one is looked at with more care, wherever the
// pieces of its file are cut; no encoding takes more than 3 bytes for a unit of text.
const longestLine = Math.floor(maxRecordBytes / 3);

/**
 * Reads a request and its result side by side, as far as both are plain: no quotes, every line ended by
 * CRLF and short enough for a record, all bytes valid. Null once one of them is not, or has fewer lines
 * than the other.
 */
export async function* readPairs(
  files: { readonly request: OpenSource; readonly result: OpenSource },
  encoding: TextEncoding,
): AsyncGenerator<LinePairs | null> {
  const sources = [
    readLines(files.request(), 'utf-8'),
    readLines(files.result(), encoding),
  ] as const;
  try {
    let sent = await take(sources[0]);
    let answers = await take(sources[1]);
    for (;;) {
      if (sent === null || answers === null) return yield null;
      if (sent.length === 0 || answers.length === 0) {
        if (sent.length + answers.length > 0) yield null;
        return;
      }
      const count = Math.min(sent.length, answers.length);
      yield { count, sent, answers };
      sent = count === sent.length ? await take(sources[0]) : sent.slice(count);
      answers = count === answers.length ? await take(sources[1]) : answers.slice(count);
    }
  } finally {
    for (const source of sources) await source.return(undefined);
  }
}

type Lines = readonly string[] | null;

/** No lines at the end. */
async function take(source: AsyncGenerator<Lines>): Promise<Lines> {
  const next = await source.next();
  return next.done === true ? [] : next.value;
}

async function* readLines(
  source: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
): AsyncGenerator<Lines> {
  const decode = createStreamDecoder(encoding);
  let rest = '';
  for await (const chunk of source) {
    const more = decode(chunk);
    if (more === null) return yield null;
    const text = rest + more;
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    if (rest.length > longestLine) return yield null;
    if (end === 0) continue;
    const lines = toLines(text.slice(0, end));
    yield lines;
    if (lines === null) return;
  }
  if (rest !== '' || decode(null) === null) yield null;
}

function toLines(text: string): Lines {
  if (text.includes('"') || !text.endsWith('\r\n')) return null;
  if (hasLongLine(text)) return null;
  const lines = text.slice(0, -2).split('\r\n');
  return /\r(?!\n)|(?<!\r)\n/.test(text) ? null : lines;
}

/** Goes from one line break to the last one within the length of a line: a few looks at a piece. */
function hasLongLine(text: string): boolean {
  let at = 0;
  while (text.length - at > longestLine) {
    const next = text.lastIndexOf('\n', at + longestLine) + 1;
    if (next <= at) return true;
    at = next;
  }
  return false;
}
