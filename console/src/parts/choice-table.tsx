import { Checkbox } from '@mantine/core';
import type { ReactNode } from 'react';
import { defineWords } from '../language.ts';
import { type Column, ListTable } from './list-table.tsx';
import { useIsFormer } from './loaded.tsx';

const useWords = defineWords('choice-table', {
  ja: {
    choose: '選ぶ',
    all: 'このページをすべて選ぶ',
    one: '{{name}} を選ぶ',
  },
  en: {
    choose: 'Choose',
    all: 'Choose all of this page',
    one: 'Choose {{name}}',
  },
});

/** A page of a list of which some are chosen, on this page and on those before. */
export function ChoiceTable<Row>({
  label,
  columns,
  rows,
  nameOf,
  chosen,
  onChoose,
  none,
}: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Unique in the list, and what a person calls the row. */
  readonly nameOf: (row: Row) => string;
  readonly chosen: readonly Row[];
  readonly onChoose: (rows: readonly Row[]) => void;
  readonly none: ReactNode;
}) {
  const words = useWords();
  const former = useIsFormer();
  const names = new Set(chosen.map(nameOf));
  const isChosen = (row: Row) => names.has(nameOf(row));
  const without = (left: readonly Row[]) => {
    const gone = new Set(left.map(nameOf));
    return chosen.filter((row) => !gone.has(nameOf(row)));
  };
  const all = rows.length > 0 && rows.every(isChosen);
  return (
    <ListTable
      label={label}
      rows={rows}
      keyOf={nameOf}
      none={none}
      columns={[
        {
          title: words('choose'),
          head: (
            <Checkbox
              aria-label={words('all')}
              disabled={former}
              checked={all}
              indeterminate={!all && rows.some(isChosen)}
              onChange={() => onChoose(all ? without(rows) : [...without(rows), ...rows])}
            />
          ),
          cell: (row) => (
            <Checkbox
              aria-label={words('one', { name: nameOf(row) })}
              disabled={former}
              checked={isChosen(row)}
              onChange={() => onChoose(isChosen(row) ? without([row]) : [...chosen, row])}
            />
          ),
        },
        ...columns,
      ]}
    />
  );
}

/** Count and yen of what is chosen: what a person confirms. */
export function sumOf(rows: readonly { readonly amountYen: number }[]) {
  return {
    rows: rows.length,
    yen: rows.reduce((yen, { amountYen }) => yen + amountYen, 0),
  };
}
