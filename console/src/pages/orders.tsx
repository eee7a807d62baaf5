import { Select, Stack, Tabs, Text } from '@mantine/core';
import { CHARGE_STATES } from '../../../billing/charge.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useChosen } from '../parts/chosen.tsx';
import { CountAndYen } from '../parts/figures.tsx';
import { Holds } from '../parts/holds.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { OrderActs } from '../parts/order-acts.tsx';
import { ORDER_VERDICTS, OrderSearch, readYenCondition } from '../parts/order-search.tsx';
import { OrderTable } from '../parts/order-table.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useFilters, useKept } from '../parts/search-form.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { cycleWorkflow } from '../workflow-names.ts';

const useWords = defineWords('orders', {
  ja: {
    title: '受注',
    month: '請求月',
    noMonth:
      '請求サイクルがまだありません。「請求サイクル」で月を始め、注文CSVを取り込んでください。',
    orders: '注文',
    holds: '保留中',
    csv: 'CSVで取り出す',
    selected: '請求対象',
    excluded: '対象外',
    quarantined: '読めない行',
    found: '該当: ',
    none: '該当する注文はありません。条件を消すか、「請求サイクル」で注文CSVを取り込んでください。',
  },
  en: {
    title: 'Orders',
    month: 'Month',
    noMonth: 'There is no billing cycle yet. Start a month and bring its order export.',
    orders: 'Orders',
    holds: 'On hold',
    csv: 'Download CSV',
    selected: 'To bill',
    excluded: 'Left out',
    quarantined: 'Unreadable',
    found: 'Found: ',
    none: 'No such order. Clear the search, or bring an order export.',
  },
});

export type OrderRow = NonNullable<Read<'searchOrders'>['data']>['orders'][number];

function OrdersPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const { filter, change } = useFilters();
  const cycles = useRead('listCycles', { params: { merchant }, query: { limit: 36 } });
  return (
    <Page title={words('title')}>
      <Loaded read={cycles}>
        {({ cycles: found }) => {
          const months = found.map(({ month }) => month);
          const month = months.find((one) => one === filter('month')) ?? months[0];
          if (month === undefined) return <Empty>{words('noMonth')}</Empty>;
          return (
            <Stack>
              <Stack gap={4}>
                <Select
                  label={words('month')}
                  w={140}
                  allowDeselect={false}
                  value={month}
                  data={months}
                  onChange={(value) => change({ month: value ?? month })}
                />
                <WorkflowLink workflowId={cycleWorkflow(merchant, month)} />
              </Stack>
              <Tabs
                keepMounted={false}
                value={filter('show') === 'holds' ? 'holds' : 'orders'}
                onChange={(value) => change({ show: value === 'holds' ? 'holds' : '' })}
              >
                <Tabs.List>
                  <Tabs.Tab value="orders">{words('orders')}</Tabs.Tab>
                  <Tabs.Tab value="holds">{words('holds')}</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="orders" pt="md">
                  <OrderList key={month} month={month} />
                </Tabs.Panel>
                <Tabs.Panel value="holds" pt="md">
                  <Holds key={month} month={month} />
                </Tabs.Panel>
              </Tabs>
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}

/** What is asked for: by the address, and by the names of persons that stand in none. */
function useOrderQuery(kept: (name: string) => string | undefined) {
  const { filter } = useFilters();
  const yen = (name: string) => readYenCondition(filter(name) ?? '') ?? undefined;
  const methods = filter('paymentMethod')?.split('\n');
  return {
    orderNumberFrom: filter('orderNumberFrom'),
    orderNumberTo: filter('orderNumberTo'),
    customerName: kept('customerName'),
    email: kept('email'),
    phone: kept('phone'),
    orderedFrom: filter('orderedFrom'),
    orderedTo: filter('orderedTo'),
    status: filter('status'),
    reason: filter('reason'),
    amountFromYen: yen('amountFromYen'),
    amountToYen: yen('amountToYen'),
    ...(methods === undefined ? {} : { paymentMethod: methods }),
    verdict: ORDER_VERDICTS.find((one) => one === filter('verdict')),
    chargeState: CHARGE_STATES.find((one) => one === filter('chargeState')),
    gone: filter('gone') === undefined ? undefined : filter('gone') === 'true',
  };
}

function OrderList({ month }: { readonly month: string }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const mayExport = useMay('operator', 'exportPersonalData');
  const { after, limit } = usePlace();
  const { kept, ...personal } = useKept();
  const query = useOrderQuery(kept);
  const narrowed = JSON.stringify(query);
  const [chosen, setChosen] = useChosen<OrderRow>(narrowed);
  const params = { merchant, month };
  // The list at once, its sums when they are there: over a million orders they take seconds.
  const orders = useRead('searchOrders', {
    params,
    body: { ...query, after, limit, totals: false },
  });
  return (
    <Stack>
      <OrderSearch personal={may} kept={personal} />
      {mayExport && (
        <SaveButton
          route="downloadOrders"
          input={{ params, body: query }}
          label={words('csv')}
          size="xs"
        />
      )}
      <Loaded read={orders}>
        {({ orders: found, nextAfter }) => (
          <Stack>
            <OrderTotals month={month} query={query} />
            {may && (
              <OrderActs
                key={narrowed}
                month={month}
                chosen={chosen}
                onDone={() => setChosen([])}
              />
            )}
            {found.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <OrderTable orders={found} chosen={chosen} onChoose={setChosen} />
            )}
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}

function OrderTotals({
  month,
  query,
}: {
  readonly month: string;
  readonly query: ReturnType<typeof useOrderQuery>;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const read = useRead(
    'searchOrders',
    { params: { merchant, month }, body: { ...query, limit: 1 } },
    { keep: false },
  );
  return (
    <Loaded read={read} lines={1}>
      {({ totals }) =>
        totals !== null && (
          <Text>
            {words('found')}
            <CountAndYen of={totals} fw={700} />{' '}
            {ORDER_VERDICTS.map((verdict) => (
              <Text key={verdict} span size="sm" c="dimmed" mr="md">
                {words(verdict)} <CountAndYen of={totals.byVerdict[verdict]} />
              </Text>
            ))}
          </Text>
        )
      }
    </Loaded>
  );
}

export const route = { Component: OrdersPage };
