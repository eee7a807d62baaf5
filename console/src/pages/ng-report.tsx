import { Card, SimpleGrid, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { addDays, businessDateOf } from '../../../billing/business-date.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Count, Yen } from '../parts/figures.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { isMonth, MonthFilter } from '../parts/month-field.tsx';
import { Page } from '../parts/page.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { SearchForm, useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';
import {
  useDeclineWords,
  useNgOutcomeWords,
  useNgRecoveryWords,
  useNgStepWords,
} from '../words/ng-words.ts';

// Charts weigh more than the page: they come when there is something to draw.
const RecoveryChart = lazy(async () => {
  const { RecoveryChart: Chart } = await import('../parts/recovery-chart.tsx');
  return { default: Chart };
});

const useWords = defineWords('ng-report', {
  ja: {
    title: 'NG 対応の集計',
    list: 'NG 対応',
    csv: 'CSVで取り出す',
    search: '集計する期間',
    from: 'NG発生日(この日から)',
    to: 'NG発生日(この日まで)',
    month: '請求月',
    recovered: '回収した金額(日ごと)',
    noneRecovered: 'この期間に回収した金額はまだありません。',
    byMeans: '回収の方法',
    byClass: '分類と結果',
    open: '対応中',
    openBySteps: '対応中の案件(次の対応)',
    ageing: '対応中の案件(経過日数)',
    days: '{{from}}–{{to}} 日',
    more: '{{from}} 日以上',
    name: '項目',
    rows: '件数',
    yen: '金額',
    nothing: 'ありません。',
    rate: 'この期間に発生したNGのうち、入金された金額: {{percent}} %',
  },
  en: {
    title: 'Figures of declines',
    list: 'Declines',
    csv: 'Download CSV',
    search: 'Span of the figures',
    from: 'Declined from',
    to: 'to',
    month: 'Month',
    recovered: 'Recovered a day',
    noneRecovered: 'Nothing was recovered in this span yet.',
    byMeans: 'Recovered by',
    byClass: 'Class and outcome',
    open: 'Open',
    openBySteps: 'Open cases by next step',
    ageing: 'Open cases by age',
    days: '{{from}}–{{to}} days',
    more: '{{from}} days or more',
    name: 'Item',
    rows: 'Rows',
    yen: 'Amount',
    nothing: 'None.',
    rate: 'Of the yen declined in this span, paid by now: {{percent}} %',
  },
});

export type NgReport = NonNullable<Read<'readNgReport'>['data']>;
interface Line {
  readonly name: string;
  readonly rows: number;
  readonly yen: number;
}

const datePattern = /^\d{4}-\d{2}-\d{2}$/;

function NgReportPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const { data: shop } = useRead('readMerchant', { params: { merchant } });
  return (
    <Page title={words('title')} above={[{ to: place('ng-cases'), title: words('list') }]}>
      {shop !== undefined && <Span today={businessDateOf(shop.businessNow)} />}
    </Page>
  );
}

/** The last ninety days, unless the address says otherwise. */
function Span({ today }: { readonly today: string }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { filter } = useFilters();
  const dayOf = (name: string, otherwise: string) => {
    const day = filter(name) ?? '';
    return datePattern.test(day) ? day : otherwise;
  };
  const month = filter('month');
  const query = {
    from: dayOf('from', addDays(today, -90)),
    to: dayOf('to', today),
    ...(month !== undefined && isMonth(month) ? { month } : {}),
  };
  const input = { params: { merchant }, query };
  const report = useRead('readNgReport', input);
  return (
    <Stack>
      <SearchForm label={words('search')} names={['from', 'to', 'month']}>
        {({ field }) => (
          <>
            <TextInput type="date" label={words('from')} {...field('from')} />
            <TextInput type="date" label={words('to')} {...field('to')} />
            <MonthFilter label={words('month')} {...field('month')} />
          </>
        )}
      </SearchForm>
      <Text size="sm" c="dimmed">
        {query.from} – {query.to}
      </Text>
      <Loaded read={report}>{(found) => <Sections report={found} />}</Loaded>
      <SaveButton route="downloadNgReport" input={input} label={words('csv')} />
    </Stack>
  );
}

function Sections({ report }: { readonly report: NgReport }) {
  const words = useWords();
  const classes = useDeclineWords();
  const steps = useNgStepWords();
  const outcomes = useNgOutcomeWords();
  const total = report.byClass.reduce((yen, one) => yen + one.yen, 0);
  const paid = report.byClass
    .filter(({ outcome }) => outcome === 'paid' || outcome === 'replaced')
    .reduce((yen, one) => yen + one.yen, 0);
  return (
    <Stack>
      <Section title={words('recovered')}>
        {total > 0 && (
          <Text fw={600}>{words('rate', { percent: Math.round((1000 * paid) / total) / 10 })}</Text>
        )}
        {report.recovered.length === 0 ? (
          <Empty>{words('noneRecovered')}</Empty>
        ) : (
          <Suspense fallback={null}>
            <RecoveryChart recovered={report.recovered} />
          </Suspense>
        )}
      </Section>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Means recovered={report.recovered} />
        <Lines
          title={words('byClass')}
          lines={report.byClass.map((one) => ({
            ...one,
            name: `${classes(one.class)}: ${one.outcome === null ? words('open') : outcomes(one.outcome)}`,
          }))}
        />
        <Lines
          title={words('openBySteps')}
          lines={report.openBySteps.map((one) => ({ ...one, name: steps(one.nextStep) }))}
        />
        <Lines
          title={words('ageing')}
          lines={report.ageing.map((one) => ({
            ...one,
            name:
              one.toDays === null
                ? words('more', { from: one.fromDays })
                : words('days', { from: one.fromDays, to: one.toDays }),
          }))}
        />
      </SimpleGrid>
    </Stack>
  );
}

/** The figures of the chart, over all days: what it shows is never told by colour alone. */
function Means({ recovered }: { readonly recovered: NgReport['recovered'] }) {
  const words = useWords();
  const means = useNgRecoveryWords();
  const kinds = [...new Set(recovered.map(({ by }) => by))];
  const lines = kinds.map((by) => {
    const rows = recovered.filter((one) => one.by === by);
    return {
      name: means(by),
      rows: rows.reduce((sum, one) => sum + one.rows, 0),
      yen: rows.reduce((sum, one) => sum + one.yen, 0),
    };
  });
  return <Lines title={words('byMeans')} lines={lines} />;
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly Line[] }) {
  const words = useWords();
  return (
    <Section title={title}>
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          {words('nothing')}
        </Text>
      ) : (
        <Table aria-label={title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words('name')}</Table.Th>
              <Table.Th scope="col" className="figure">
                {words('rows')}
              </Table.Th>
              <Table.Th scope="col" className="figure">
                {words('yen')}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map(({ name, rows, yen }) => (
              <Table.Tr key={name}>
                <Table.Td>{name}</Table.Td>
                <Table.Td className="figure">
                  <Count count={rows} />
                </Table.Td>
                <Table.Td className="figure">
                  <Yen amount={yen} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Card>
  );
}

export const route = { Component: NgReportPage };
