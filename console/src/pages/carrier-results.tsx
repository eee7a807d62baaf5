import { Anchor, Text, TextInput } from '@mantine/core';
import { Link } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Instant, Yen } from '../parts/figures.tsx';
import { forOperators } from '../parts/for-operators.tsx';
import { type Column, ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SearchForm, useFilters } from '../parts/search-form.tsx';
import { SiblingPages } from '../parts/sibling-pages.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('carrier-results', {
  ja: {
    title: 'キャリア決済 受信した結果',
    text: 'ゼウスから受け取った結果です。決済ごとに最新の版を並べます。オーダーNoで検索すると、その決済のすべての版が並びます。',
    search: '受信した結果の検索',
    order: 'オーダーNo',
    orderExact: 'オーダーNo(完全一致)',
    received: '受信',
    ip: 'IPコード',
    version: '版',
    old: '第 {{n}} 版(古い)',
    newest: '第 {{n}} 版',
    result: '結果',
    carrier: 'キャリア',
    yen: '金額',
    phone: '電話番号',
    email: 'メール',
    calls: '届いた回数',
    times: '{{n}} 回',
    none: '受信した結果はありません。ゼウスに送信先(この API の受信URL)を登録すると、ここに並びます。',
    notFound: 'このオーダーNoの結果は届いていません。ゼウスの画面で送信状況を確かめてください。',
  },
  en: {
    title: 'Carrier payments: results',
    text: 'Results as ZEUS sent them, the latest version of each payment; a search by order shows all versions.',
    search: 'Search results',
    order: 'Order',
    orderExact: 'Order (exactly)',
    received: 'Received',
    ip: 'IP code',
    version: 'Version',
    old: 'Version {{n}} (old)',
    newest: 'Version {{n}}',
    result: 'Result',
    carrier: 'Carrier',
    yen: 'Amount',
    phone: 'Phone',
    email: 'Mail',
    calls: 'Came',
    times: '{{n}} times',
    none: 'No result yet: register the address that receives them at ZEUS.',
    notFound: 'No result of this order has come. See at ZEUS whether it was sent.',
  },
});

type Result = NonNullable<Read<'listCarrierResults'>['data']>['results'][number];

/** What carriers said of payments, as ZEUS handed it over. */
function CarrierResultsPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const { filter } = useFilters();
  const { after, limit } = usePlace();
  const orderNumber = filter('orderNumber');
  const columns = useColumns();
  const read = useRead(
    'listCarrierResults',
    { params: { merchant }, query: { orderNumber, before: after, limit } },
    { everyMs: 15_000 },
  );
  return (
    <Page title={words('title')}>
      <SiblingPages family="of-carriers" />
      <Text size="sm">{words('text')}</Text>
      <SearchForm label={words('search')} names={['orderNumber']}>
        {({ field }) => <TextInput label={words('orderExact')} {...field('orderNumber')} />}
      </SearchForm>
      <Loaded read={read}>
        {({ results, nextBefore }) => (
          <>
            <ListTable
              label={words('title')}
              rows={results}
              keyOf={({ id }) => id}
              none={words(orderNumber === undefined ? 'none' : 'notFound')}
              columns={columns}
            />
            <Pager nextAfter={nextBefore} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function useColumns(): readonly Column<Result>[] {
  const words = useWords();
  const { place } = useMerchant();
  return [
    { title: words('received'), cell: ({ receivedAt }) => <Instant at={receivedAt} /> },
    {
      title: words('order'),
      cell: ({ id, orderNumber }) => (
        <Anchor component={Link} to={place('carrier-results', id)} size="sm">
          {orderNumber}
        </Anchor>
      ),
    },
    { title: words('ip'), cell: ({ ipCode }) => ipCode },
    {
      title: words('version'),
      cell: ({ version, latest }) => (
        <span className="figure">{words(latest ? 'newest' : 'old', { n: version })}</span>
      ),
    },
    { title: words('result'), cell: ({ result }) => result },
    { title: words('carrier'), cell: ({ carrier }) => carrier ?? '—' },
    {
      title: words('yen'),
      numeric: true,
      cell: ({ amountYen }) => (amountYen === null ? '—' : <Yen amount={amountYen} />),
    },
    { title: words('phone'), cell: ({ phone }) => phone ?? '—' },
    { title: words('email'), cell: ({ email }) => email ?? '—' },
    { title: words('calls'), numeric: true, cell: ({ calls }) => words('times', { n: calls }) },
  ];
}

export const route = { Component: forOperators(CarrierResultsPage) };
