import { Alert, Button, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useParams, useSearchParams } from 'react-router';
import { FINDING_KINDS } from '../../../billing/preview.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ApprovalActs } from '../parts/approval-acts.tsx';
import { CountAndYen } from '../parts/figures.tsx';
import { Findings } from '../parts/findings.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { OrderCounts } from '../parts/order-counts.tsx';
import { Page } from '../parts/page.tsx';
import { PreviewStanding } from '../parts/preview-list.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useFindingWords } from '../words/billing-words.ts';
import { previewWorkflow } from '../workflow-names.ts';

const useWords = defineWords('previews', {
  ja: {
    title: '{{month}} のプレビュー {{n}}',
    cycles: '請求サイクル',
    csv: 'CSVで取り出す',
    why: '承認が必要な理由',
    billed: '今回請求する',
    thisMonth: '今月の請求',
    lastMonth: '前月({{month}})の請求',
    difference: '前月との差',
    nothing: '前月の請求がないため、比較していません。',
    cards: 'カードの状態: 有効 {{ok}}、期限切れ {{expired}}、停止中 {{locked}}、不明 {{unknown}}',
    requesters: '依頼した人: {{names}}',
    working: '計算しています。終わると自動で表示されます。',
    all: 'すべて',
  },
  en: {
    title: 'Preview {{n}} of {{month}}',
    cycles: 'Billing cycles',
    csv: 'Download CSV',
    why: 'Why somebody is asked',
    billed: 'Billed by this',
    thisMonth: 'Billed this month',
    lastMonth: 'Billed in {{month}}',
    difference: 'Difference',
    nothing: 'No month before billed anything: nothing is compared.',
    cards: 'Cards: good {{ok}}, expired {{expired}}, locked {{locked}}, unknown {{unknown}}',
    requesters: 'Requested by {{names}}',
    working: 'At work; it shows here when it is done.',
    all: 'All',
  },
});

type Preview = NonNullable<Read<'readPreview'>['data']>;

function PreviewPage() {
  const words = useWords();
  const { month = '', n: text = '' } = useParams();
  const n = Number(text);
  const { merchant, place } = useMerchant();
  const preview = useRead('readPreview', { params: { merchant, month, n } }, { everyMs: 3000 });
  const cycle = useRead(
    'readCycle',
    { params: { merchant, month }, query: { sums: false } },
    { everyMs: 4000 },
  );
  const awaited = cycle.data?.approval?.preview ?? null;
  return (
    <Page
      title={words('title', { month, n })}
      above={[
        { to: place('cycles'), title: words('cycles') },
        { to: place('cycles', month), title: month },
      ]}
      actions={
        <>
          <SaveButton
            route="downloadFindings"
            input={{ params: { merchant, month, n } }}
            label={words('csv')}
          />
          {preview.data?.kind === 'dry_run' && (
            <WorkflowLink workflowId={previewWorkflow(merchant, month, n)} />
          )}
        </>
      }
    >
      <Loaded read={preview}>
        {(found) => (
          <Stack>
            <Group>
              <PreviewStanding preview={found} awaited={awaited} />
              <Text size="sm" c="dimmed">
                {words('requesters', { names: found.requesters.join('、') })}
              </Text>
            </Group>
            {found.why !== null && found.verdict === null && (
              <Alert color="yellow" variant="outline" title={words('why')}>
                {found.why}
              </Alert>
            )}
            {awaited === n && found.sha256 !== null && (
              <ApprovalActs month={month} preview={{ ...found, sha256: found.sha256 }} />
            )}
            {found.computedAt === null && found.trouble === null && <Text>{words('working')}</Text>}
            {found.summary !== null && <Summary summary={found.summary} month={month} n={n} />}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Summary({
  summary,
  month,
  n,
}: {
  readonly summary: NonNullable<Preview['summary']>;
  readonly month: string;
  readonly n: number;
}) {
  const words = useWords();
  const { compared, cards } = summary;
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
        <Figure label={words('billed')} of={summary.billed} />
        {compared && <Figure label={words('thisMonth')} of={compared.thisMonth} />}
        {compared && (
          <Figure label={words('lastMonth', { month: compared.lastMonth })} of={compared.last} />
        )}
        {compared && (
          <Figure
            label={words('difference')}
            of={{
              rows: compared.thisMonth.rows - compared.last.rows,
              yen: compared.thisMonth.yen - compared.last.yen,
            }}
          />
        )}
      </SimpleGrid>
      {compared === null && <Text>{words('nothing')}</Text>}
      <OrderCounts month={month} of={{ ...summary, selected: summary.selected.rows }} />
      <Text size="sm">
        {words('cards', {
          ok: cards.ok ?? 0,
          expired: cards.expired ?? 0,
          locked: cards.locked ?? 0,
          unknown: cards.unknown ?? 0,
        })}
      </Text>
      <KindTable findings={summary.findings} />
      <Findings month={month} n={n} />
    </>
  );
}

function Figure({
  label,
  of,
}: {
  readonly label: string;
  readonly of: { readonly rows: number; readonly yen: number };
}) {
  return (
    <Card withBorder padding="sm">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <CountAndYen of={of} fw={700} />
    </Card>
  );
}

function KindTable({
  findings,
}: {
  readonly findings: NonNullable<Preview['summary']>['findings'];
}) {
  const words = useWords();
  const labels = useFindingWords();
  const [search, setSearch] = useSearchParams();
  const chosen = search.get('kind');
  const present = FINDING_KINDS.filter((kind) => (findings[kind]?.rows ?? 0) > 0);
  if (present.length === 0) return null;
  return (
    <Group gap="xs" className="no-print">
      <Button
        size="xs"
        variant={chosen === null ? 'filled' : 'default'}
        aria-pressed={chosen === null}
        onClick={() => setSearch({})}
      >
        {words('all')}
      </Button>
      {present.map((kind) => (
        <Button
          key={kind}
          size="xs"
          variant={chosen === kind ? 'filled' : 'default'}
          aria-pressed={chosen === kind}
          onClick={() => setSearch({ kind })}
        >
          {labels(kind)} <CountAndYen of={findings[kind] ?? { rows: 0, yen: 0 }} ml={6} />
        </Button>
      ))}
    </Group>
  );
}

export const route = { Component: PreviewPage };
