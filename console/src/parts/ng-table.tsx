import { Anchor, Badge, Checkbox, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import { defineWords } from '../language.ts';
import type { NgCase } from '../pages/ng-cases.tsx';
import { useMerchant } from '../places.ts';
import { useDeclineWords, useNgOutcomeWords, useNgStepWords } from '../words/ng-words.ts';
import { CustomerLink } from './customer-link.tsx';
import { Instant, Yen } from './figures.tsx';
import { useIsFormer } from './loaded.tsx';

const useWords = defineWords('ng-table', {
  ja: {
    all: 'このページをすべて選ぶ',
    choose: '{{order}} を選ぶ',
    order: '注文番号',
    customer: '顧客番号',
    class: '分類',
    next: '次の対応',
    due: '期日',
    yen: '金額',
    age: '経過',
    days: '{{n}} 日',
    person: '担当者を待っています',
  },
  en: {
    all: 'Choose all of this page',
    choose: 'Choose {{order}}',
    order: 'Order',
    customer: 'Customer',
    class: 'Class',
    next: 'Next step',
    due: 'Due',
    yen: 'Amount',
    age: 'Age',
    days: '{{n}} days',
    person: 'Waits for a person',
  },
});

const keyOf = ({ month, orderNumber, openedAt }: NgCase) => `${month}/${orderNumber}/${openedAt}`;

export function NgTable({
  cases,
  chosen,
  onChoose,
}: {
  readonly cases: readonly NgCase[];
  readonly chosen: readonly NgCase[];
  readonly onChoose: (cases: readonly NgCase[]) => void;
}) {
  const words = useWords();
  const former = useIsFormer();
  const open = cases.filter(({ closedAt }) => closedAt === null);
  const isChosen = (row: NgCase) => chosen.some((one) => keyOf(one) === keyOf(row));
  const without = (rows: readonly NgCase[]) =>
    chosen.filter((one) => !rows.some((row) => keyOf(row) === keyOf(one)));
  const all = open.length > 0 && open.every(isChosen);
  return (
    <Table.ScrollContainer minWidth={960}>
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
                indeterminate={!all && open.some(isChosen)}
                onChange={() => onChoose(all ? without(open) : [...without(open), ...open])}
              />
            </Table.Th>
            {(['order', 'customer', 'class', 'next', 'due', 'yen', 'age'] as const).map(
              (column) => (
                <Table.Th
                  key={column}
                  scope="col"
                  className={column === 'yen' || column === 'age' ? 'figure' : ''}
                >
                  {words(column)}
                </Table.Th>
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {cases.map((row) => (
            <NgRow
              key={keyOf(row)}
              row={row}
              chosen={isChosen(row)}
              onChoose={() => onChoose(isChosen(row) ? without([row]) : [...chosen, row])}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function NgRow({
  row,
  chosen,
  onChoose,
}: {
  readonly row: NgCase;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}) {
  const words = useWords();
  const former = useIsFormer();
  const classes = useDeclineWords();
  const outcomes = useNgOutcomeWords();
  const { place } = useMerchant();
  return (
    <Table.Tr>
      <Table.Td>
        <Checkbox
          aria-label={words('choose', { order: row.orderNumber })}
          disabled={former || row.closedAt !== null}
          checked={chosen}
          onChange={onChoose}
        />
      </Table.Td>
      <Table.Td>
        <Anchor
          component={Link}
          className="figure"
          to={place('ng-cases', row.month, row.orderNumber)}
        >
          {row.orderNumber}
        </Anchor>
        <Text size="xs" c="dimmed">
          {row.month}
        </Text>
      </Table.Td>
      <Table.Td>
        <Text span inherit className="figure">
          <CustomerLink customerNumber={row.customerNumber} />
        </Text>
      </Table.Td>
      <Table.Td>
        {classes(row.class)}{' '}
        {row.code !== null && (
          <Text span size="xs" c="dimmed">
            {row.code}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <NgStepBadge one={row} /> {row.outcome !== null && outcomes(row.outcome)}
        <Text size="xs" c="dimmed">
          {row.why}
        </Text>
      </Table.Td>
      <Table.Td>
        <Instant at={row.dueAt} />
      </Table.Td>
      <Table.Td className="figure">
        <Yen amount={row.amountYen} />
      </Table.Td>
      <Table.Td className="figure">{words('days', { n: row.ageDays })}</Table.Td>
    </Table.Tr>
  );
}

/** The next step in words, with a mark where a person must act. */
export function NgStepBadge({ one }: { readonly one: Pick<NgCase, 'nextStep'> }) {
  const steps = useNgStepWords();
  const person = one.nextStep === 'decide' || one.nextStep === 'fix_data';
  return (
    <Badge color={one.nextStep === 'none' ? 'gray' : person ? 'red' : 'indigo'}>
      {person && '● '}
      {steps(one.nextStep)}
    </Badge>
  );
}
