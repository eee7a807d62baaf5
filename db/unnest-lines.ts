import { type RawBuilder, sql } from 'kysely';
import type { FileLine } from './queries/file-lines.ts';

/**
 * Lines as rows (charge_id, n, k, yen, order_number) of a query: each column one text, because an array
 * is written and read a value at a time.
 */
export function unnestLines(lines: readonly FileLine[]): RawBuilder<unknown> {
  const column = (of: (line: FileLine) => string | number | null) =>
    lines.map((line) => of(line) ?? '').join('\t');
  const split = (text: string) => sql`string_to_array(${text}, E'\\t', '')`;
  return sql`unnest(${split(column(({ chargeId }) => chargeId))}::bigint[],
                    ${split(column(({ n }) => n))}::int[],
                    ${split(column(({ k }) => k))}::int[],
                    ${split(column(({ yen }) => yen))}::int[],
                    ${split(column(({ orderNumber }) => orderNumber))})`;
}
