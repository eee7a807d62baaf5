import { Group, SegmentedControl, Text } from '@mantine/core';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useRefreshReasonLabels } from '../words/api-labels.ts';
import { CustomerLink } from './customer-link.tsx';
import { Count } from './figures.tsx';
import { ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import { Pager, usePlace } from './pager.tsx';
import { SaveButton } from './save-button.tsx';
import { useFilters } from './search-form.tsx';
import { FactsTable } from './section.tsx';

const useWords = defineWords('refresh-targets', {
  ja: {
    title: '洗替の対象と理由',
    hint: 'いまのカードで選んだ場合の対象です。見るだけでは何も決まりません。',
    counts: '理由ごとのカード',
    filter: '対象で絞り込む',
    all: 'すべて',
    in: '対象',
    out: '対象外',
    customer: '顧客番号',
    member: '会員ID',
    card: 'カード',
    included: '対象',
    why: '理由',
    csv: 'CSVで取り出す',
    none: 'GMO のカードがありません。',
  },
  en: {
    title: 'Targets, and why',
    hint: 'As the cards are now; nothing is chosen by looking.',
    counts: 'Cards by reason',
    filter: 'Targets',
    all: 'All',
    in: 'Included',
    out: 'Left out',
    customer: 'Customer',
    member: 'Member ID',
    card: 'Card',
    included: 'Included',
    why: 'Why',
    csv: 'Download CSV',
    none: 'There is no card at GMO.',
  },
});

type Target = NonNullable<Read<'previewCardRefresh'>['data']>['cards'][number];

/** Which cards are asked for, which are not, and why each. */
export function RefreshTargets({ month }: { readonly month: string }) {
  const whys = useRefreshReasonLabels();
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const { after, limit } = usePlace();
  const { filter, change } = useFilters();
  const shown = filter('included');
  const narrowed = shown === undefined ? {} : { included: shown === 'true' };
  const params = { merchant, month };
  const read = useRead('previewCardRefresh', {
    params,
    query: { ...narrowed, after: Number(after ?? 0), limit },
  });
  return (
    <>
      <Group justify="space-between" mb="sm">
        <SegmentedControl
          aria-label={words('filter')}
          value={shown ?? ''}
          data={[
            { value: '', label: words('all') },
            { value: 'true', label: words('in') },
            { value: 'false', label: words('out') },
          ]}
          onChange={(value) => change({ included: value })}
        />
        {may && (
          <SaveButton
            route="downloadRefreshPreview"
            input={{ params, query: narrowed }}
            label={words('csv')}
          />
        )}
      </Group>
      <Text size="sm" mb="sm">
        {words('hint')}
      </Text>
      <Loaded read={read}>
        {({ counts, cards, nextAfter }) => (
          <>
            {counts.length > 0 && (
              <FactsTable
                label={words('counts')}
                facts={counts.map(({ why, whyJa, included, cards: n }) => [
                  `${words(included ? 'in' : 'out')}: ${whys(why, whyJa)}`,
                  <Count key={why} count={n} />,
                ])}
              />
            )}
            <TargetTable cards={cards} />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </>
  );
}

function TargetTable({ cards }: { readonly cards: readonly Target[] }) {
  const whys = useRefreshReasonLabels();
  const words = useWords();
  return (
    <ListTable
      label={words('title')}
      rows={cards}
      keyOf={(card) => `${card.customerId} ${card.memberId} ${card.sequence}`}
      none={words('none')}
      columns={[
        {
          title: words('customer'),
          cell: (of) => <CustomerLink {...of} />,
        },
        { title: words('member'), cell: ({ memberId }) => memberId },
        { title: words('card'), cell: (of) => `…${of.lastDigits} ${of.expiry}` },
        {
          title: words('included'),
          cell: ({ included }) => words(included ? 'in' : 'out'),
        },
        { title: words('why'), cell: ({ why, whyJa }) => whys(why, whyJa) },
      ]}
    />
  );
}
