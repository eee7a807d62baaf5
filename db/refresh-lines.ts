import type { Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** A line of a refresh request as it was chosen (db/queries/card-refresh-targets.ts). */
export interface RefreshLine {
  /** From 1. */
  readonly line: number;
  readonly memberId: string;
  readonly sequence: string;
}

const tab = '\t';

/**
 * Streams the lines of a request by COPY, in their order, on a connection of its own: a million of them
 * are never in memory. Asked again, they are the same.
 */
export async function* readRefreshLines(
  pool: Pool,
  merchantId: number,
  refreshId: number,
): AsyncGenerator<RefreshLine[]> {
  // COPY takes no parameters.
  if (!Number.isSafeInteger(merchantId) || !Number.isSafeInteger(refreshId)) {
    throw new Error('keys of the database are whole numbers');
  }
  const client = await pool.connect();
  let ended = false;
  const stream = client.query(
    copyTo(`
      copy (select line, member_id, card_sequence from refresh_targets
             where merchant_id = ${merchantId} and refresh_id = ${refreshId} order by line)
      to stdout`),
  );
  try {
    let rest = '';
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      // What a request can carry is ASCII (refreshKeyPattern).
      const text = rest + chunk.toString('latin1');
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      if (end > 0) yield readLines(text.slice(0, end - 1));
    }
    ended = true;
  } finally {
    // A connection in the middle of a COPY is not given to the next.
    client.release(ended ? undefined : new Error('the lines were not read to their end'));
  }
}

function readLines(text: string): RefreshLine[] {
  return text.split('\n').map((row) => {
    const [line = '', memberId = '', sequence = ''] = row.split(tab);
    return { line: Number(line), memberId: unescaped(memberId), sequence: unescaped(sequence) };
  });
}

/** Of printable ASCII COPY escapes the backslash alone. */
function unescaped(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\\\', '\\') : text;
}
