import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { Empty } from './loaded.tsx';
import { ReadTable } from './read-table.tsx';

export interface Column<Row> {
  readonly title: string;
  /** What stands at the head in place of the title. */
  readonly head?: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Counts and yen stand at the right, under each other. */
  readonly numeric?: boolean;
}

/** One page of a list, or what to do when nothing is there. */
export function ListTable<Row>({
  label,
  columns,
  rows,
  keyOf,
  none,
  minWidth = 720,
}: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly none: ReactNode;
  readonly minWidth?: number;
}) {
  if (rows.length === 0) return <Empty>{none}</Empty>;
  return (
    <Table.ScrollContainer minWidth={minWidth}>
      <ReadTable highlightOnHover aria-label={label} verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ title, head = title, numeric }) => (
              <Table.Th
                key={title}
                scope="col"
                style={{ whiteSpace: 'nowrap' }}
                {...(numeric ? { ta: 'right' as const } : {})}
              >
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)}>
              {columns.map(({ title, cell, numeric }) => (
                <Table.Td key={title} {...(numeric ? { ta: 'right' as const } : {})}>
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ReadTable>
    </Table.ScrollContainer>
  );
}
