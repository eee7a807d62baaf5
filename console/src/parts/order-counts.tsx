import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { EXCLUSIONS, useExclusionWords } from '../words/billing-words.ts';
import { formatCount } from './figures.tsx';

const useWords = defineWords('order-counts', {
  ja: {
    orders: '注文 {{n}} 件',
    selected: '請求対象 {{n}} 件',
    excluded: '対象外 {{n}} 件',
    quarantined: '読めない行 {{n}} 件',
    reason: '{{reason}} {{n}} 件',
    why: '対象外の理由: ',
  },
  en: {
    orders: '{{n}} orders',
    selected: '{{n}} to bill',
    excluded: '{{n}} left out',
    quarantined: '{{n}} unreadable',
    reason: '{{reason}} {{n}}',
    why: 'Left out as: ',
  },
});

/** What became of a month's orders, each count leading to the orders that it counts. */
export function OrderCounts({
  month,
  of,
}: {
  readonly month: string;
  readonly of: {
    /** Null: not told, and not what is counted here. */
    readonly orders: number | null;
    readonly selected: number;
    readonly excluded: Readonly<Record<string, number>>;
    readonly quarantined: number;
  };
}) {
  const words = useWords();
  const reasons = useExclusionWords();
  const { orders, selected, excluded, quarantined } = of;
  const found = EXCLUSIONS.filter((reason) => (excluded[reason] ?? 0) > 0);
  const count = (key: 'orders' | 'selected' | 'excluded' | 'quarantined', n: number) =>
    words(key, { n: formatCount(n) });
  const all = Object.values(excluded).reduce((sum, rows) => sum + rows, 0);
  return (
    <>
      <Group gap="md">
        {orders !== null && (
          <ToOrders month={month} search={{}}>
            {count('orders', orders)}
          </ToOrders>
        )}
        <ToOrders month={month} search={{ verdict: 'selected' }}>
          {count('selected', selected)}
        </ToOrders>
        <ToOrders month={month} search={{ verdict: 'excluded' }}>
          {count('excluded', all)}
        </ToOrders>
        <ToOrders month={month} search={{ verdict: 'quarantined' }}>
          {count('quarantined', quarantined)}
        </ToOrders>
      </Group>
      {found.length > 0 && (
        <Group gap="md">
          <Text size="sm" c="dimmed">
            {words('why')}
          </Text>
          {found.map((reason) => (
            <ToOrders key={reason} month={month} search={{ verdict: 'excluded', reason }}>
              {words('reason', { reason: reasons(reason), n: formatCount(excluded[reason] ?? 0) })}
            </ToOrders>
          ))}
        </Group>
      )}
    </>
  );
}

function ToOrders({
  month,
  search,
  children,
}: {
  readonly month: string;
  readonly search: Readonly<Record<string, string>>;
  readonly children: string;
}) {
  const { place } = useMerchant();
  return (
    <Anchor
      component={Link}
      fz="sm"
      to={`${place('orders')}?${new URLSearchParams({ month, ...search })}`}
    >
      {children}
    </Anchor>
  );
}
