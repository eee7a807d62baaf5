import { type RawBuilder, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { FileLine } from './queries/file-lines.ts';

/** Lines on their way into the record: as they were listed, or staged by `stageLines`. */
export type LinesToClaim = readonly FileLine[] | StagedLines;

export interface StagedLines {
  readonly table: 'claimed_lines';
}

/**
 * Puts the lines of a file into a temporary table of the transaction that claims them: 200,000 of them
 * travel once, not for every statement.
 */
export async function stageLines(trx: Trx, lines: readonly FileLine[]): Promise<StagedLines> {
  await sql`create temp table claimed_lines on commit drop as
            select u.* from ${linesAsU(lines)}`.execute(trx);
  return { table: 'claimed_lines' };
}

/** Lines as rows u (charge_id, n, k, yen, order_number, i) of a query, in their order by i from 1. */
export function linesAsU(lines: LinesToClaim): RawBuilder<unknown> {
  if ('table' in lines) return sql`pg_temp.claimed_lines u`;
  // Each column is one text, because an array is written and read a value at a time.
  const column = (of: (line: FileLine) => string | number | null) =>
    lines.map((line) => of(line) ?? '').join('\t');
  const split = (text: string) => sql`string_to_array(${text}, E'\\t', '')`;
  return sql`unnest(${split(column(({ chargeId }) => chargeId))}::bigint[],
                    ${split(column(({ n }) => n))}::int[],
                    ${split(column(({ k }) => k))}::int[],
                    ${split(column(({ yen }) => yen))}::int[],
                    ${split(column(({ orderNumber }) => orderNumber))})
             with ordinality as u (charge_id, n, k, yen, order_number, i)`;
}
