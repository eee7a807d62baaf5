import { Checkbox, Group, Select, TextInput } from '@mantine/core';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { CustomerLink } from '../parts/customer-link.tsx';
import { Yen } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { SearchForm, useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';
import { useRefreshStatusWords } from '../words/card-words.ts';

const useWords = defineWords('subscriptions', {
  ja: {
    refreshes: '洗替',
    title: '定期受注の検索',
    search: '定期受注の検索条件',
    refreshStatus: '洗替ステータス',
    status: '定期受注の状態',
    all: 'すべて',
    active: '継続中',
    paused: '休止中',
    ended: '終了',
    customerNumber: '顧客番号',
    number: '定期受注番号',
    amount: '金額',
    nextMonth: '次の請求月',
    judged: '判定の月',
    locked: '請求',
    lockedYes: '除外中(カード利用停止)',
    csv: 'CSVで取り出す',
    none: '該当する定期受注はありません。条件を減らしてください。',
  },
  en: {
    refreshes: 'Card refresh',
    title: 'Search subscriptions',
    search: 'Search conditions',
    refreshStatus: 'Refresh status',
    status: 'State',
    all: 'All',
    active: 'Active',
    paused: 'Paused',
    ended: 'Ended',
    customerNumber: 'Customer number',
    number: 'Subscription',
    amount: 'Amount',
    nextMonth: 'Next month',
    judged: 'Judged in',
    locked: 'Billing',
    lockedYes: 'Kept out (card locked)',
    csv: 'Download CSV',
    none: 'No such subscription: take conditions off.',
  },
});

type Subscription = NonNullable<Read<'searchSubscriptions'>['data']>['subscriptions'][number];
const refreshStatuses = ['ok', 'ng', 'mismatch', 'input_error', 'not_judged'] as const;
const states = ['active', 'paused', 'ended'] as const;

function SubscriptionsPage() {
  const words = useWords();
  const names = useRefreshStatusWords();
  const { merchant, place } = useMerchant();
  const { after, limit } = usePlace();
  const { filter, change } = useFilters();
  const asked = (filter('refreshStatus') ?? '').split(',');
  const chosen = refreshStatuses.filter((one) => asked.includes(one));
  const status = states.find((one) => one === filter('status'));
  const customerNumber = filter('customerNumber');
  const narrowed = {
    // The API takes several with commas between them; the type is that of what it makes of it.
    ...(chosen.length === 0 ? {} : { refreshStatus: chosen.join(',') as unknown as typeof chosen }),
    ...(status === undefined ? {} : { status }),
    ...(customerNumber === undefined ? {} : { customerNumber }),
  };
  const params = { merchant };
  const query = { ...narrowed, after: after ?? '', limit };
  const read = useRead('searchSubscriptions', { params, query });
  return (
    <Page
      title={words('title')}
      above={[{ to: place('card-refreshes'), title: words('refreshes') }]}
      actions={
        <SaveButton
          route="downloadSubscriptions"
          input={{ params, query: narrowed }}
          label={words('csv')}
        />
      }
    >
      <Checkbox.Group
        label={words('refreshStatus')}
        value={chosen}
        onChange={(values) => change({ refreshStatus: values.join(',') })}
      >
        <Group mt={4}>
          {refreshStatuses.map((value) => (
            <Checkbox key={value} value={value} label={names(value)} />
          ))}
        </Group>
      </Checkbox.Group>
      <SubscriptionSearch />
      <Loaded read={read}>
        {({ subscriptions, nextAfter }) => (
          <>
            <SubscriptionTable subscriptions={subscriptions} />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function SubscriptionSearch() {
  const words = useWords();
  return (
    <SearchForm label={words('search')} names={['status', 'customerNumber']}>
      {({ field, choice }) => (
        <>
          <Select
            label={words('status')}
            data={[
              { value: '', label: words('all') },
              ...states.map((value) => ({ value, label: words(value) })),
            ]}
            {...choice('status')}
          />
          <TextInput label={words('customerNumber')} {...field('customerNumber')} />
        </>
      )}
    </SearchForm>
  );
}

function SubscriptionTable({ subscriptions }: { readonly subscriptions: readonly Subscription[] }) {
  const words = useWords();
  const names = useRefreshStatusWords();
  return (
    <ListTable
      label={words('title')}
      rows={subscriptions}
      keyOf={({ subscriptionNumber }) => subscriptionNumber}
      none={words('none')}
      columns={[
        { title: words('number'), cell: (of) => of.subscriptionNumber },
        {
          title: words('customerNumber'),
          cell: ({ customerNumber, customerId }) => (
            <CustomerLink customerNumber={customerNumber} customerId={customerId} />
          ),
        },
        { title: words('status'), cell: (of) => words(of.status) },
        {
          title: words('amount'),
          numeric: true,
          cell: ({ amountYen }) => <Yen amount={amountYen} />,
        },
        { title: words('nextMonth'), cell: ({ nextMonth }) => nextMonth ?? '—' },
        { title: words('refreshStatus'), cell: (of) => names(of.refreshStatus) },
        { title: words('judged'), cell: ({ judgedMonth }) => judgedMonth ?? '—' },
        {
          title: words('locked'),
          cell: ({ locked }) => (locked ? words('lockedYes') : '—'),
        },
      ]}
    />
  );
}

export const route = { Component: SubscriptionsPage };
