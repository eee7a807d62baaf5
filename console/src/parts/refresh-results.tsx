import { Group, SegmentedControl } from '@mantine/core';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useRefreshOutcomeLabels, useRefreshReasonLabels } from '../words/api-labels.ts';
import { useRefreshStatusWords, useRefreshVerdictWords } from '../words/card-words.ts';
import { CustomerLink } from './customer-link.tsx';
import { ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import { Pager, usePlace } from './pager.tsx';
import { SaveButton } from './save-button.tsx';
import { useFilters } from './search-form.tsx';

const useWords = defineWords('refresh-results', {
  ja: {
    title: '洗替結果',
    filter: '洗替判定結果で絞り込む',
    all: 'すべて',
    line: '行',
    customer: '顧客番号',
    card: 'カード',
    why: '対象の理由',
    verdict: '洗替判定結果',
    outcome: '処理',
    after: '更新後',
    csv: 'GMO 洗替結果取得 CSV',
    none: '該当するカードはありません。結果は27日以降に届きます。',
  },
  en: {
    title: 'Refresh results',
    filter: 'Verdict',
    all: 'All',
    line: 'Line',
    customer: 'Customer',
    card: 'Card',
    why: 'Asked because',
    verdict: 'Verdict',
    outcome: 'What was done',
    after: 'After',
    csv: 'Results CSV',
    none: 'No such card. Results come from the 27th on.',
  },
});

const verdicts = [
  ['0', 'ok'],
  ['1', 'ng'],
  ['2', 'mismatch'],
  ['3', 'input_error'],
  ['none', 'not_judged'],
] as const;

export function RefreshResults({ month }: { readonly month: string }) {
  const words = useWords();
  const names = useRefreshStatusWords();
  const { merchant } = useMerchant();
  const { after, limit } = usePlace();
  const { filter, change } = useFilters();
  const verdict = verdicts.find(([one]) => one === filter('verdict'))?.[0];
  const narrowed = verdict === undefined ? {} : { verdict };
  const params = { merchant, month };
  const read = useRead('listRefreshResults', {
    params,
    query: { ...narrowed, after: Number(after ?? 0), limit },
  });
  return (
    <>
      <Group justify="space-between" mb="sm">
        <SegmentedControl
          aria-label={words('filter')}
          value={verdict ?? ''}
          data={[
            { value: '', label: words('all') },
            ...verdicts.map(([value, name]) => ({ value, label: names(name) })),
          ]}
          onChange={(value) => change({ verdict: value })}
        />
        <SaveButton
          route="downloadRefreshResults"
          input={{ params, query: narrowed }}
          label={words('csv')}
        />
      </Group>
      <Loaded read={read}>
        {({ results, nextAfter }) => (
          <>
            <ResultTable results={results} />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </>
  );
}

type Result = NonNullable<Read<'listRefreshResults'>['data']>['results'][number];

function ResultTable({ results }: { readonly results: readonly Result[] }) {
  const words = useWords();
  const judged = useRefreshVerdictWords();
  const whys = useRefreshReasonLabels();
  const outcomes = useRefreshOutcomeLabels();
  return (
    <ListTable
      label={words('title')}
      rows={results}
      keyOf={({ line }) => line}
      none={words('none')}
      columns={[
        { title: words('line'), numeric: true, cell: ({ line }) => line },
        {
          title: words('customer'),
          cell: (of) => <CustomerLink {...of} />,
        },
        { title: words('card'), cell: (of) => `…${of.lastDigits} ${of.expiry}` },
        { title: words('why'), cell: ({ why, whyJa }) => whys(why, whyJa) },
        {
          title: words('verdict'),
          cell: ({ verdict: said }) => judged(said),
        },
        {
          title: words('outcome'),
          cell: ({ outcome, outcomeLabel }) =>
            outcome === null ? '—' : outcomes(outcome, outcomeLabel ?? ''),
        },
        {
          title: words('after'),
          cell: (of) =>
            of.lastDigitsAfter === null && of.expiryAfter === null
              ? '—'
              : `…${of.lastDigitsAfter ?? of.lastDigits} ${of.expiryAfter ?? of.expiry}`,
        },
      ]}
    />
  );
}
