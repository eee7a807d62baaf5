import { Table } from '@mantine/core';

/** The heads of a table's columns; those of figures stand over their last digit. */
export function ColumnHeads<Column extends string>({
  columns,
  figures = [],
  words,
}: {
  readonly columns: readonly Column[];
  readonly figures?: readonly Column[];
  readonly words: (column: Column) => string;
}) {
  return columns.map((column) => (
    <Table.Th key={column} scope="col" className={figures.includes(column) ? 'figure' : ''}>
      {words(column)}
    </Table.Th>
  ));
}
