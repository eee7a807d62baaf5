import { Anchor, Badge, Checkbox, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import { labelOfReason } from '../../../billing/order-reasons.ts';
import { defineWords, useLanguage } from '../language.ts';
import type { OrderRow } from '../pages/orders.tsx';
import { useMerchant } from '../places.ts';
import { EXCLUSIONS, useChargeStateWords, useExclusionWords } from '../words/billing-words.ts';
import { CustomerLink } from './customer-link.tsx';
import { Instant, Yen } from './figures.tsx';
import { useIsFormer } from './loaded.tsx';

const useWords = defineWords('order-table', {
  ja: {
    all: 'このページをすべて選ぶ',
    choose: '{{order}} を選ぶ',
    order: '注文番号',
    orderedAt: '受注日',
    customer: '顧客名',
    paymentMethod: '支払方法',
    yen: '購入金額',
    shipped: '全商品発送日',
    status: '対応状況',
    billing: '請求',
    selected: '請求対象',
    excluded: '対象外',
    quarantined: '読めない行',
    unshipped: '未発送',
    gone: '最新の注文CSVにない',
    line: '{{line}} 行目',
    where: '{{column}}「{{value}}」',
  },
  en: {
    all: 'Choose all of this page',
    choose: 'Choose {{order}}',
    order: 'Order',
    orderedAt: 'Ordered',
    customer: 'Customer',
    paymentMethod: 'Payment',
    yen: 'Amount',
    shipped: 'Shipped',
    status: 'Status',
    billing: 'Billing',
    selected: 'To bill',
    excluded: 'Left out',
    quarantined: 'Unreadable',
    unshipped: 'Not shipped',
    gone: 'Not in the latest export',
    line: 'Line {{line}}',
    where: '{{column}} "{{value}}"',
  },
});

const columns = [
  'order',
  'orderedAt',
  'customer',
  'paymentMethod',
  'yen',
  'shipped',
  'status',
  'billing',
] as const;
const keyOf = (row: OrderRow) => `${row.collection} ${row.record}`;

export function OrderTable({
  orders,
  chosen,
  onChoose,
}: {
  readonly orders: readonly OrderRow[];
  readonly chosen: readonly OrderRow[];
  readonly onChoose: (orders: readonly OrderRow[]) => void;
}) {
  const words = useWords();
  const former = useIsFormer();
  const named = orders.filter(({ orderNumber }) => orderNumber !== null);
  const isChosen = (row: OrderRow) => chosen.some((one) => keyOf(one) === keyOf(row));
  const without = (rows: readonly OrderRow[]) =>
    chosen.filter((one) => !rows.some((row) => keyOf(row) === keyOf(one)));
  const all = named.length > 0 && named.every(isChosen);
  return (
    <Table.ScrollContainer minWidth={1000}>
      <Table
        highlightOnHover
        verticalSpacing="xs"
        aria-busy={former}
        className={former ? 'former' : ''}
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" w={40}>
              <Checkbox
                aria-label={words('all')}
                disabled={former}
                checked={all}
                indeterminate={!all && named.some(isChosen)}
                onChange={() => onChoose(all ? without(named) : [...without(named), ...named])}
              />
            </Table.Th>
            {columns.map((column) => (
              <Table.Th key={column} scope="col" className={column === 'yen' ? 'figure' : ''}>
                {words(column)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {orders.map((row) => (
            <Table.Tr key={keyOf(row)}>
              <Table.Td>
                <Checkbox
                  aria-label={words('choose', {
                    order: row.orderNumber ?? words('line', { line: row.line }),
                  })}
                  disabled={former || row.orderNumber === null}
                  checked={isChosen(row)}
                  onChange={() => onChoose(isChosen(row) ? without([row]) : [...chosen, row])}
                />
              </Table.Td>
              <OrderCells row={row} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function OrderCells({ row }: { readonly row: OrderRow }) {
  const words = useWords();
  return (
    <>
      <Table.Td>
        {row.orderNumber ?? words('line', { line: row.line })}
        {row.gone && (
          <Badge ml="xs" color="red" variant="outline">
            ● {words('gone')}
          </Badge>
        )}
      </Table.Td>
      <Table.Td>
        <Instant at={row.orderedAt} />
      </Table.Td>
      <Table.Td>
        {row.customerName}
        {row.customerNumber !== null && (
          <Text size="xs">
            <CustomerLink customerNumber={row.customerNumber} />
          </Text>
        )}
      </Table.Td>
      <Table.Td>{row.paymentMethod}</Table.Td>
      <Table.Td className="figure">
        {row.amountYen === null ? '—' : <Yen amount={row.amountYen} />}
      </Table.Td>
      <Table.Td className="figure">
        {row.shippedOn ?? (row.shipment === 'unshipped' ? words('unshipped') : '—')}
      </Table.Td>
      <Table.Td>{row.status}</Table.Td>
      <Table.Td>
        <Billing row={row} />
      </Table.Td>
    </>
  );
}

/** Whether it is billed, why not, and by which charge it was. */
function Billing({ row }: { readonly row: OrderRow }) {
  const words = useWords();
  const states = useChargeStateWords();
  const reasons = useExclusionWords();
  const { language } = useLanguage();
  const { place } = useMerchant();
  const said = language === 'ja' ? row.reasonJa : row.reasonEn;
  const exclusion = EXCLUSIONS.find((one) => one === row.reason);
  const declined = row.billedState === 'declined';
  return (
    <>
      <Badge
        color={row.verdict === 'selected' ? 'indigo' : row.verdict === 'excluded' ? 'gray' : 'red'}
        variant="outline"
      >
        {row.verdict === 'quarantined' && '● '}
        {words(row.verdict)}
      </Badge>
      {row.verdict !== 'selected' && (
        <Text size="xs">
          {row.verdict === 'quarantined' && `${words('line', { line: row.line })}: `}
          {said ?? (exclusion === undefined ? labelOfReason(row.reason) : reasons(exclusion))}{' '}
          {row.column !== null && words('where', { column: row.column, value: row.value ?? '…' })}
        </Text>
      )}
      {row.billedState !== null && row.billedIn !== null && row.orderNumber !== null && (
        <Text size="xs">
          <Anchor
            component={Link}
            to={
              declined
                ? place('ng-cases', row.billedIn, row.orderNumber)
                : place('cycles', row.billedIn)
            }
          >
            {row.billedIn} {states(row.billedState)}
          </Anchor>
        </Text>
      )}
    </>
  );
}
