import { Card, Group, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { defineWords } from '../language.ts';
import type { CustomerDetail } from '../pages/customer.tsx';
import { useMay } from '../session.tsx';
import { Yen } from './figures.tsx';
import { SubscriptionForm } from './subscription-form.tsx';

const useWords = defineWords('customer-lists', {
  ja: {
    cards: 'カード',
    noCards: '登録されたカードはありません。',
    service: '決済代行会社',
    brand: 'ブランド',
    digits: '下3桁',
    holder: '名義人',
    sequence: '連番',
    sendId: 'SEND ID',
    expiry: '有効期限',
    key: '認証キー',
    kept: '保管しています(表示できません)',
    subscriptions: '定期受注',
    noSubscriptions: '定期受注はありません。',
    number: '定期受注番号',
    amount: '金額',
    status: '状態',
    active: '継続中',
    paused: '休止中',
    ended: '終了',
    nextMonth: '次回の月',
    acts: '操作',
  },
  en: {
    cards: 'Cards',
    noCards: 'No card is stored.',
    service: 'Service',
    brand: 'Brand',
    digits: 'Last digits',
    holder: 'Holder',
    sequence: 'Sequence',
    sendId: 'SEND ID',
    expiry: 'Expires',
    key: 'Authentication key',
    kept: 'Kept, never shown',
    subscriptions: 'Subscriptions',
    noSubscriptions: 'No subscription.',
    number: 'Number',
    amount: 'Amount',
    status: 'State',
    active: 'Active',
    paused: 'Paused',
    ended: 'Ended',
    nextMonth: 'Next month',
    acts: 'Acts',
  },
});

export function CustomerCards({ cards }: { readonly cards: CustomerDetail['storedCards'] }) {
  const words = useWords();
  return (
    <Listing
      title={words('cards')}
      none={words('noCards')}
      columns={(
        ['service', 'brand', 'digits', 'expiry', 'sequence', 'sendId', 'holder', 'key'] as const
      ).map((column) => words(column))}
      rows={cards.map((card) => ({
        key: `${card.service} ${card.identity}`,
        cells: [
          card.service,
          card.brand,
          card.lastDigits,
          card.expiry,
          card.sequence,
          card.sendId,
          card.holder,
          card.hasAuthKey ? words('kept') : null,
        ],
      }))}
    />
  );
}

export function CustomerSubscriptions({ customer }: { readonly customer: CustomerDetail }) {
  const words = useWords();
  const may = useMay('operator');
  const columns = (['number', 'amount', 'status', 'nextMonth'] as const).map((name) => words(name));
  return (
    <Listing
      title={words('subscriptions')}
      none={words('noSubscriptions')}
      action={may && <SubscriptionForm customer={customer} subscription={null} />}
      columns={may ? [...columns, words('acts')] : columns}
      rows={customer.subscriptions.map((one) => ({
        key: one.subscriptionNumber,
        cells: [
          one.subscriptionNumber,
          <Yen key="yen" amount={one.amountYen} />,
          words(one.status),
          one.nextMonth,
          ...(may ? [<SubscriptionForm key="act" customer={customer} subscription={one} />] : []),
        ],
      }))}
    />
  );
}

function Listing({
  title,
  none,
  action = null,
  columns,
  rows,
}: {
  readonly title: string;
  readonly none: string;
  readonly action?: ReactNode;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
}) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {title}
        </Title>
        {action}
      </Group>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={600}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                {columns.map((column) => (
                  <Table.Th key={column} scope="col">
                    {column}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ key, cells }) => (
                <Table.Tr key={key}>
                  {cells.map((cell, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move.
                    <Table.Td key={index}>{cell ?? '—'}</Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Card>
  );
}
