import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { Count, CountAndYen, Instant } from './figures.tsx';
import { ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';

const useWords = defineWords('run-list', {
  ja: {
    title: '請求の実行',
    n: '回',
    scope: '対象',
    all: '全件',
    chosen: '指定した {{n}} 件',
    openedAt: '開始',
    openedBy: '開始した人',
    itself: '自動',
    charges: '請求',
    state: '状態',
    notPlanned: '請求を作る前です',
    withdrawn: '承認されず取り下げ',
    planned: '請求を作成済み',
    unbilled: 'まだ請求していない請求対象: ',
    choose: '注文を選んで請求する',
    none: 'まだ実行していません。注文CSVを取り込むと始まります。',
  },
  en: {
    title: 'Runs',
    n: 'No.',
    scope: 'Of',
    all: 'All orders',
    chosen: '{{n}} chosen orders',
    openedAt: 'Opened',
    openedBy: 'By',
    itself: 'By itself',
    charges: 'Charges',
    state: 'State',
    notPlanned: 'Not planned yet',
    withdrawn: 'Withdrawn: not approved',
    planned: 'Planned',
    unbilled: 'Orders to bill that no run has billed: ',
    choose: 'Choose orders to bill',
    none: 'No run yet. It begins once an order export is there.',
  },
});

/** Each run bills all orders of the month, or those that somebody chose. */
export function RunList({ month }: { readonly month: string }) {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const read = useRead('listRuns', { params: { merchant, month } }, { everyMs: 10_000 });
  return (
    <Loaded read={read} lines={2}>
      {({ runs, unbilled }) => (
        <>
          {unbilled.rows > 0 && (
            <Text size="sm" mb="xs">
              {words('unbilled')}
              <CountAndYen of={unbilled} />{' '}
              <Anchor component={Link} to={`${place('orders')}?month=${month}&verdict=selected`}>
                {words('choose')}
              </Anchor>
            </Text>
          )}
          <ListTable
            label={words('title')}
            rows={runs}
            keyOf={({ n }) => n}
            none={words('none')}
            columns={[
              { title: words('n'), cell: ({ n }) => n },
              {
                title: words('scope'),
                cell: ({ scope, orders }) =>
                  scope === 'all' ? words('all') : words('chosen', { n: orders ?? 0 }),
              },
              { title: words('openedAt'), cell: ({ openedAt }) => <Instant at={openedAt} /> },
              {
                title: words('openedBy'),
                cell: ({ openedBy }) => openedBy ?? words('itself'),
              },
              {
                title: words('charges'),
                numeric: true,
                cell: ({ charges }) => (charges === null ? '—' : <Count count={charges} />),
              },
              {
                title: words('state'),
                cell: ({ charges, withdrawn }) =>
                  words(withdrawn ? 'withdrawn' : charges === null ? 'notPlanned' : 'planned'),
              },
            ]}
          />
        </>
      )}
    </Loaded>
  );
}
