import { Anchor, Group, Select, Text, TextInput } from '@mantine/core';
import { Link } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Count, Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { SearchForm, useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';
import { useUnlockLabels } from '../words/api-labels.ts';
import { useRefreshStatusWords, useRefreshVerdictWords } from '../words/card-words.ts';

const useWords = defineWords('card-locks', {
  ja: {
    refreshes: '洗替',
    title: 'カード利用停止',
    search: 'カード利用停止の検索',
    state: '状態',
    open: '停止中',
    released: '解除済み',
    all: 'すべて',
    verdict: '洗替判定結果',
    customerNumber: '顧客番号',
    counts: '停止中 {{open}}、解除済み {{released}}、解除の申請 {{asked}}',
    number: '番号',
    card: 'カード',
    month: '洗替の月',
    lockedAt: '停止',
    keptOut: '請求から除いた注文',
    override: '解除の申請',
    asked: '承認待ち',
    csv: '証跡をCSVで取り出す',
    none: '該当するカードはありません。洗替で使用不可と判定されたカードがここに並びます。',
  },
  en: {
    refreshes: 'Card refresh',
    title: 'Locked cards',
    search: 'Search locked cards',
    state: 'State',
    open: 'Locked',
    released: 'Released',
    all: 'All',
    verdict: 'Verdict',
    customerNumber: 'Customer number',
    counts: 'Locked {{open}}, released {{released}}, overrides asked {{asked}}',
    number: 'No.',
    card: 'Card',
    month: 'Refresh of',
    lockedAt: 'Locked',
    keptOut: 'Orders kept out',
    override: 'Override',
    asked: 'Awaits an approver',
    csv: 'Evidence as CSV',
    none: 'No such card. Cards that a refresh refused stand here.',
  },
});

const states = ['open', 'released', 'all'] as const;

function CardLocksPage() {
  const words = useWords();
  const verdicts = useRefreshStatusWords();
  const judged = useRefreshVerdictWords();
  const unlocks = useUnlockLabels();
  const { merchant, place } = useMerchant();
  const { after, limit } = usePlace();
  const { filter } = useFilters();
  const verdict = Number(filter('verdict') ?? 0);
  const narrowed = {
    state: states.find((one) => one === filter('state')) ?? ('open' as const),
    ...(verdict >= 1 && verdict <= 3 ? { verdict } : {}),
    ...(filter('customerNumber') === undefined ? {} : { customerNumber: filter('customerNumber') }),
  };
  const params = { merchant };
  const read = useRead(
    'listCardLocks',
    { params, query: { ...narrowed, after: Number(after ?? 0), limit } },
    { everyMs: 15_000 },
  );
  return (
    <Page
      title={words('title')}
      above={[{ to: place('card-refreshes'), title: words('refreshes') }]}
      actions={
        <SaveButton
          route="downloadCardLocks"
          input={{ params, query: narrowed }}
          label={words('csv')}
        />
      }
    >
      <SearchForm label={words('search')} names={['state', 'verdict', 'customerNumber']}>
        {({ field, choice }) => (
          <>
            <Select
              label={words('state')}
              data={[
                { value: '', label: words('open') },
                { value: 'released', label: words('released') },
                { value: 'all', label: words('all') },
              ]}
              {...choice('state')}
            />
            <Select
              label={words('verdict')}
              data={[
                { value: '', label: words('all') },
                { value: '1', label: verdicts('ng') },
                { value: '2', label: verdicts('mismatch') },
                { value: '3', label: verdicts('input_error') },
              ]}
              {...choice('verdict')}
            />
            <TextInput label={words('customerNumber')} {...field('customerNumber')} />
          </>
        )}
      </SearchForm>
      <Loaded read={read}>
        {({ locks, open, released, overridesAsked, nextAfter }) => (
          <>
            <Group>
              <Text>{words('counts', { open, released, asked: overridesAsked })}</Text>
            </Group>
            <ListTable
              label={words('title')}
              rows={locks}
              keyOf={({ number }) => number}
              none={words('none')}
              columns={[
                {
                  title: words('number'),
                  cell: ({ number }) => (
                    <Anchor component={Link} to={place('card-locks', number)}>
                      {number}
                    </Anchor>
                  ),
                },
                {
                  title: words('customerNumber'),
                  cell: (of) => `${of.customerNumber}(${of.customerId})`,
                },
                {
                  title: words('card'),
                  cell: (of) => `${of.service} …${of.lastDigits} ${of.expiry}`,
                },
                { title: words('verdict'), cell: ({ verdict: of }) => judged(of) },
                { title: words('month'), cell: ({ month }) => month },
                { title: words('lockedAt'), cell: ({ lockedAt }) => <Instant at={lockedAt} /> },
                {
                  title: words('state'),
                  cell: ({ unlockedBy, unlockedLabel }) =>
                    unlockedBy === null ? words('open') : unlocks(unlockedBy, unlockedLabel ?? ''),
                },
                {
                  title: words('keptOut'),
                  numeric: true,
                  cell: ({ keptOut }) => (
                    <Count count={keptOut.reduce((sum, one) => sum + one.orderNumbers.length, 0)} />
                  ),
                },
                {
                  title: words('override'),
                  cell: ({ override }) =>
                    override !== null && override.answer === null ? `● ${words('asked')}` : '—',
                },
              ]}
            />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: CardLocksPage };
