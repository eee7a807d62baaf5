import { Anchor, Button } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { businessDateOf } from '../../../billing/business-date.ts';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton } from '../parts/act-button.tsx';
import { ConnectionTest } from '../parts/connection-test.tsx';
import { Count, Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { isMonth, MonthField } from '../parts/month-field.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useRefreshStageWords } from '../words/card-words.ts';

const useWords = defineWords('card-refreshes', {
  ja: {
    title: '洗替',
    month: '月',
    stage: '段階',
    state: '現在の状態',
    targets: '対象カード',
    refused: '使用不可',
    missing: '結果なし',
    requestAt: '依頼',
    dueAt: '結果の予定',
    none: '洗替はまだありません。設定と接続テストを済ませると、毎月自動で始まります。',
    settings: '設定',
    locks: 'カード利用停止',
    expiries: '期限が切れるカード',
    subscriptions: '定期受注を探す',
    start: '月を始める',
    startText:
      'この月の洗替を始めます。1つの月に洗替は1回だけです。依頼は設定した日時に送られます。',
  },
  en: {
    title: 'Card refresh',
    month: 'Month',
    stage: 'Stage',
    state: 'Where it stands',
    targets: 'Cards',
    refused: 'Refused',
    missing: 'No result',
    requestAt: 'Request',
    dueAt: 'Result due',
    none: 'No refresh yet. Once the settings are tested, one starts every month.',
    settings: 'Settings',
    locks: 'Locked cards',
    expiries: 'Expiring cards',
    subscriptions: 'Search subscriptions',
    start: 'Start a month',
    startText:
      "This month's refresh is started; there is one per month. The request leaves at the set time.",
  },
});

/** One month each: two years at first, as many as the API gives at once at most. */
const pageSizes = [24, 50, 100];

type Refresh = NonNullable<Read<'listCardRefreshes'>['data']>['refreshes'][number];

function CardRefreshesPage() {
  const words = useWords();
  const stages = useRefreshStageWords();
  const { merchant, place } = useMerchant();
  const may = useMay('operator');
  const { after, limit } = usePlace(pageSizes);
  const list = useRead(
    'listCardRefreshes',
    { params: { merchant }, query: { before: after, limit } },
    { everyMs: 10_000 },
  );
  const refused = ({ counts }: Refresh) =>
    counts === null ? 0 : counts.invalid + counts.mismatched + counts.inputErrors;
  return (
    <Page
      title={words('title')}
      actions={
        <>
          {(
            [
              ['card-locks', 'locks'],
              ['card-expiries', 'expiries'],
              ['subscriptions', 'subscriptions'],
              ['card-refresh-settings', 'settings'],
            ] as const
          ).map(([to, word]) => (
            <Button key={to} variant="default" component={Link} to={place(to)}>
              {words(word)}
            </Button>
          ))}
          {may && <StartRefresh />}
        </>
      }
    >
      {may && <ConnectionTest />}
      <Loaded read={list}>
        {({ refreshes, nextBefore }) => (
          <>
            <ListTable
              label={words('title')}
              rows={refreshes}
              keyOf={({ month }) => month}
              none={words('none')}
              columns={[
                {
                  title: words('month'),
                  cell: ({ month }) => (
                    <Anchor component={Link} to={place('card-refreshes', month)}>
                      {month}
                    </Anchor>
                  ),
                },
                {
                  title: words('stage'),
                  cell: ({ stage, attention }) => `${attention ? '● ' : ''}${stages(stage)}`,
                },
                { title: words('state'), cell: ({ waitsFor }) => waitsFor },
                {
                  title: words('targets'),
                  numeric: true,
                  cell: ({ targets }) => <Count count={targets} />,
                },
                {
                  title: words('refused'),
                  numeric: true,
                  cell: (one) => <Count count={refused(one)} />,
                },
                {
                  title: words('missing'),
                  numeric: true,
                  cell: ({ counts }) => (counts === null ? '—' : <Count count={counts.missing} />),
                },
                { title: words('requestAt'), cell: ({ requestAt }) => <Instant at={requestAt} /> },
                { title: words('dueAt'), cell: ({ resultDueAt }) => <Instant at={resultDueAt} /> },
              ]}
            />
            <Pager nextAfter={nextBefore} sizes={pageSizes} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function StartRefresh() {
  const words = useWords();
  const navigate = useNavigate();
  const { merchant, place } = useMerchant();
  const { data: shop } = useRead('readMerchant', { params: { merchant } });
  const [typed, setTyped] = useState<string | null>(null);
  const month = typed ?? (shop ? businessDateOf(shop.businessNow).slice(0, 7) : '');
  const start = useAct('startCardRefresh');
  return (
    <ActButton
      label={words('start')}
      text={words('startText')}
      reason="none"
      incomplete={!isMonth(month)}
      act={start}
      onConfirm={async () => {
        const done = await start.act({ params: { merchant }, body: { month } });
        if (done !== null) await navigate(place('card-refreshes', month));
        return done;
      }}
    >
      <MonthField label={words('month')} value={month} onChange={setTyped} />
    </ActButton>
  );
}

export const route = { Component: CardRefreshesPage };
