import { Anchor, Select } from '@mantine/core';
import { Link } from 'react-router';
import { JOB_KINDS } from '../../../billing/job.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Count, Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('jobs', {
  ja: {
    title: 'ジョブ管理',
    kind: 'ジョブ',
    all: 'すべて',
    key: '月・番号',
    state: '状態',
    running: '実行中',
    attention: '対応が必要',
    done: '完了',
    failed: '失敗',
    cancelled: '取り消し',
    startedAt: '開始',
    finishedAt: '終了',
    by: '開始した人',
    rows: '件数',
    problems: '要確認',
    csv: 'CSV',
    none: 'ジョブはまだありません。取り込みや洗替を始めると、ここに並びます。',
    card_refresh: 'GMO 洗替結果取得',
    import_customers: '顧客データ取り込み',
    import_cards: 'クレジットカードデータ取り込み',
  },
  en: {
    title: 'Jobs',
    kind: 'Job',
    all: 'All',
    key: 'Month or number',
    state: 'State',
    running: 'Running',
    attention: 'Needs a person',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
    startedAt: 'Started',
    finishedAt: 'Finished',
    by: 'Started by',
    rows: 'Rows',
    problems: 'To look at',
    csv: 'CSV',
    none: 'No job yet: imports and card refreshes stand here.',
    card_refresh: 'GMO card refresh results',
    import_customers: 'Import of customers',
    import_cards: 'Import of cards',
  },
});

type Job = NonNullable<Read<'listJobs'>['data']>['jobs'][number];

function JobsPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const { after, limit } = usePlace();
  const { filter, change } = useFilters();
  const kind = JOB_KINDS.find((one) => one === filter('kind'));
  const read = useRead(
    'listJobs',
    {
      params: { merchant },
      query: {
        limit,
        ...(kind === undefined ? {} : { kind }),
        ...(after === undefined ? {} : { before: after }),
      },
    },
    { everyMs: 5000 },
  );
  const placeOf = (job: Job) =>
    place(job.kind === 'card_refresh' ? 'card-refreshes' : 'imports', job.key);
  return (
    <Page title={words('title')}>
      <Select
        label={words('kind')}
        w={280}
        value={kind ?? ''}
        allowDeselect={false}
        data={[
          { value: '', label: words('all') },
          ...JOB_KINDS.map((value) => ({ value, label: words(value) })),
        ]}
        onChange={(value) => change({ kind: value ?? '' })}
      />
      <Loaded read={read}>
        {({ jobs, nextBefore }) => (
          <>
            <ListTable
              label={words('title')}
              rows={jobs}
              keyOf={(job) => `${job.kind} ${job.key}`}
              none={words('none')}
              columns={[
                {
                  title: words('kind'),
                  cell: (job) => (
                    <Anchor component={Link} to={placeOf(job)}>
                      {words(job.kind)}
                    </Anchor>
                  ),
                },
                { title: words('key'), cell: ({ key }) => key },
                { title: words('state'), cell: ({ state }) => words(state) },
                { title: words('startedAt'), cell: (job) => <Instant at={job.startedAt} /> },
                { title: words('finishedAt'), cell: (job) => <Instant at={job.finishedAt} /> },
                { title: words('by'), cell: ({ startedBy }) => startedBy },
                { title: words('rows'), numeric: true, cell: ({ rows }) => <Count count={rows} /> },
                {
                  title: words('problems'),
                  numeric: true,
                  cell: ({ problems }) => <Count count={problems} />,
                },
                {
                  title: words('csv'),
                  cell: ({ csv, key }) =>
                    csv === null ? (
                      '—'
                    ) : (
                      <SaveButton
                        size="xs"
                        route="downloadRefreshResults"
                        input={{ params: { merchant, month: key }, query: {} }}
                        label={words('csv')}
                      />
                    ),
                },
              ]}
            />
            <Pager nextAfter={nextBefore} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: JobsPage };
