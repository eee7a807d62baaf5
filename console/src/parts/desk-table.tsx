import { Anchor, Badge, Checkbox, Table } from '@mantine/core';
import { defineWords } from '../language.ts';
import type { DeskItemRow } from '../pages/reconciliation-desk.tsx';
import { ColumnHeads } from './column-heads.tsx';
import { Yen } from './figures.tsx';
import { useIsFormer } from './loaded.tsx';

const useWords = defineWords('desk-table', {
  ja: {
    all: 'このページをすべて選ぶ',
    choose: '{{item}} を選ぶ',
    kind: '種別',
    month: '月',
    order: '注文番号',
    yen: '金額',
    difference: '相違',
    inquiry: '照会中',
    none: '(注文番号なし)',
  },
  en: {
    all: 'Choose all of this page',
    choose: 'Choose {{item}}',
    kind: 'Kind',
    month: 'Month',
    order: 'Order',
    yen: 'Amount',
    difference: 'What differs',
    inquiry: 'Asked the PSP',
    none: '(no order number)',
  },
});

export function DeskTable({
  items,
  chosen,
  onChoose,
  onOpen,
}: {
  readonly items: readonly DeskItemRow[];
  readonly chosen: readonly DeskItemRow[];
  readonly onChoose: (items: readonly DeskItemRow[]) => void;
  readonly onOpen: (item: string) => void;
}) {
  const words = useWords();
  const former = useIsFormer();
  const isChosen = (row: DeskItemRow) => chosen.some(({ item }) => item === row.item);
  const all = items.every(isChosen);
  return (
    <Table.ScrollContainer minWidth={760}>
      <Table highlightOnHover aria-busy={former} className={former ? 'former' : ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" w={40}>
              <Checkbox
                aria-label={words('all')}
                disabled={former}
                checked={all}
                indeterminate={!all && items.some(isChosen)}
                onChange={() => onChoose(all ? [] : items)}
              />
            </Table.Th>
            <ColumnHeads
              columns={['order', 'kind', 'difference', 'yen', 'month']}
              figures={['yen']}
              words={words}
            />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((row) => (
            <Table.Tr key={row.item}>
              <Table.Td>
                <Checkbox
                  aria-label={words('choose', { item: row.orderNumber ?? row.item })}
                  disabled={former}
                  checked={isChosen(row)}
                  onChange={() =>
                    onChoose(
                      isChosen(row)
                        ? chosen.filter(({ item }) => item !== row.item)
                        : [...chosen, row],
                    )
                  }
                />
              </Table.Td>
              <Table.Td>
                <Anchor component="button" onClick={() => onOpen(row.item)}>
                  {row.orderNumber ?? words('none')}
                </Anchor>
              </Table.Td>
              <Table.Td>
                {row.kindName}
                {row.inquiry !== null && (
                  <Badge color="gray" variant="outline" ml="xs">
                    {words('inquiry')}
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>{row.difference}</Table.Td>
              <Table.Td className="figure">
                {row.amountYen === null ? '—' : <Yen amount={row.amountYen} />}
              </Table.Td>
              <Table.Td>{row.month}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
