import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { Link } from 'react-router';
import { DECLINE_CLASSES } from '../../../billing/decline.ts';
import { NG_NEXT_STEPS } from '../../../billing/ng-case.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useChosen } from '../parts/chosen.tsx';
import { CountAndYen } from '../parts/figures.tsx';
import { Empty, Loaded, useIsFormer } from '../parts/loaded.tsx';
import { isMonth, MonthFilter } from '../parts/month-field.tsx';
import { NgActs } from '../parts/ng-acts.tsx';
import { NgTable } from '../parts/ng-table.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { SearchForm, useFilters } from '../parts/search-form.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useDeclineWords, useNgStepWords } from '../words/ng-words.ts';
import { ngDeskWorkflow } from '../workflow-names.ts';

const useWords = defineWords('ng-cases', {
  ja: {
    title: 'NG 対応',
    report: '集計を見る',
    csv: 'CSVで取り出す',
    search: 'NG案件の検索',
    month: '請求月',
    class: '分類',
    nextStep: '次の対応',
    dueBy: '期日(この日まで)',
    state: '状態',
    open: '対応中',
    closed: '完了',
    all: 'すべて',
    counts: '分類と次の対応ごとの件数',
    none: 'NG案件はありません。オーソリがNGになった請求だけがここに並びます。条件を消すと、ほかの月や完了した案件も見られます。',
  },
  en: {
    title: 'Declines',
    report: 'Figures',
    csv: 'Download CSV',
    search: 'Search cases',
    month: 'Month',
    class: 'Class',
    nextStep: 'Next step',
    dueBy: 'Due by',
    state: 'State',
    open: 'Open',
    closed: 'Closed',
    all: 'All',
    counts: 'Cases by class and next step',
    none: 'No such case. Only declined charges appear here; clear the search to see other months or closed ones.',
  },
});

type NgList = NonNullable<Read<'listNgCases'>['data']>;
export type NgCase = NgList['cases'][number];
const names = ['month', 'class', 'nextStep', 'dueBy', 'state'] as const;

function useNgFilter() {
  const { filter } = useFilters();
  const month = filter('month');
  return {
    month: month !== undefined && isMonth(month) ? month : undefined,
    class: DECLINE_CLASSES.find((one) => one === filter('class')),
    nextStep: NG_NEXT_STEPS.find((one) => one === filter('nextStep')),
    dueBy: filter('dueBy'),
    state: (['open', 'closed', 'all'] as const).find((one) => one === filter('state')) ?? 'open',
  };
}

function NgCasesPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const may = useMay('operator');
  const { after, limit } = usePlace();
  const query = useNgFilter();
  const narrowed = JSON.stringify(query);
  const [chosen, setChosen] = useChosen<NgCase>(narrowed);
  const cases = useRead(
    'listNgCases',
    { params: { merchant }, query: { ...query, after, limit } },
    { everyMs: 10_000 },
  );
  return (
    <Page
      title={words('title')}
      actions={
        <>
          <WorkflowLink workflowId={ngDeskWorkflow(merchant)} />
          <SaveButton
            route="downloadNgCases"
            input={{ params: { merchant }, query }}
            label={words('csv')}
          />
          <Button variant="default" component={Link} to={place('ng-report')}>
            {words('report')}
          </Button>
        </>
      }
    >
      <NgSearch />
      <Loaded read={cases}>
        {({ cases: found, counts, nextAfter }) => (
          <Stack>
            <NgCounts counts={counts} />
            {may && <NgActs key={narrowed} cases={chosen} onClear={() => setChosen([])} />}
            {found.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <NgTable cases={found} chosen={chosen} onChoose={setChosen} />
            )}
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function NgSearch() {
  const words = useWords();
  const classes = useDeclineWords();
  const steps = useNgStepWords();
  const all = { value: '', label: words('all') };
  return (
    <SearchForm label={words('search')} names={names}>
      {({ field, choice }) => (
        <>
          <MonthFilter label={words('month')} {...field('month')} />
          <Select
            label={words('class')}
            w={220}
            data={[all, ...DECLINE_CLASSES.map((value) => ({ value, label: classes(value) }))]}
            {...choice('class')}
          />
          <Select
            label={words('nextStep')}
            w={170}
            data={[all, ...NG_NEXT_STEPS.map((value) => ({ value, label: steps(value) }))]}
            {...choice('nextStep')}
          />
          <TextInput type="date" label={words('dueBy')} {...field('dueBy')} />
          <Select
            label={words('state')}
            w={110}
            data={[
              { value: '', label: words('open') },
              { value: 'closed', label: words('closed') },
              { value: 'all', label: words('all') },
            ]}
            {...choice('state')}
          />
        </>
      )}
    </SearchForm>
  );
}

/** How many of what; pressing one narrows the list to it. */
function NgCounts({ counts }: { readonly counts: NgList['counts'] }) {
  const words = useWords();
  const classes = useDeclineWords();
  const steps = useNgStepWords();
  const { filter, change } = useFilters();
  // The buttons stay, so that nobody loses the place; figures of another condition do not.
  const former = useIsFormer();
  if (counts.length === 0) return null;
  return (
    <Group gap="xs" role="group" aria-label={words('counts')}>
      {counts.map((one) => {
        const here = filter('class') === one.class && filter('nextStep') === one.nextStep;
        const person = one.nextStep === 'decide' || one.nextStep === 'fix_data';
        return (
          <Button
            key={`${one.class} ${one.nextStep}`}
            variant={here ? 'filled' : 'default'}
            aria-pressed={here}
            size="compact-md"
            h="auto"
            py={6}
            onClick={() =>
              change(
                here ? { class: '', nextStep: '' } : { class: one.class, nextStep: one.nextStep },
              )
            }
          >
            <Stack gap={0} align="flex-start">
              <Text size="xs">
                {classes(one.class)}: {person && '● '}
                {steps(one.nextStep)}
              </Text>
              {former ? <Text size="sm">…</Text> : <CountAndYen of={one} size="sm" fw={600} />}
            </Stack>
          </Button>
        );
      })}
    </Group>
  );
}

export const route = { Component: NgCasesPage };
