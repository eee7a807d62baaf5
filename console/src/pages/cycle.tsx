import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { useRead, useReads } from '../api.ts';
import { defineWords } from '../language.ts';
import type { CycleDetail } from '../month-progress.ts';
import { ConservationNote, SumsAwaited } from '../parts/conservation-note.tsx';
import { RebuildFiles, ResumeCycle } from '../parts/cycle-acts.tsx';
import { ExchangeTable } from '../parts/exchange-table.tsx';
import { Empty, Loaded, Unread } from '../parts/loaded.tsx';
import { MonthSteps } from '../parts/month-steps.tsx';
import { NextStepButton } from '../parts/next-step-button.tsx';
import { OpenRows } from '../parts/open-rows.tsx';
import { OrderChanges } from '../parts/order-changes.tsx';
import { OrderExports } from '../parts/order-exports.tsx';
import { Page } from '../parts/page.tsx';
import { PortalWork } from '../parts/portal-work.tsx';
import { PreviewList } from '../parts/preview-list.tsx';
import { RunList } from '../parts/run-list.tsx';
import { CycleStageBadge } from '../parts/stage-badge.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { cycleWorkflow } from '../workflow-names.ts';

const useWords = defineWords('cycle', {
  ja: {
    title: '{{month}} の請求',
    cycles: '請求サイクル',
    now: '現在の状況',
    orders: '注文CSV',
    changes: '新しい注文CSVとの差分',
    runs: '請求の実行',
    previews: 'プレビューと承認',
    files: 'ファイル',
    work: '請求ごとの作業',
    open: '締めるまでに残っていること',
    report: '報告',
    captures: '売上処理を選ぶ',
    noFiles: 'ファイルはまだありません。承認されると作成されます。',
  },
  en: {
    title: 'Billing of {{month}}',
    cycles: 'Billing cycles',
    now: 'Where it stands',
    orders: 'Order exports',
    changes: 'What newer exports say differently',
    runs: 'Runs',
    previews: 'Previews and approval',
    files: 'Files',
    work: 'Charge by charge',
    open: 'What is left before the close',
    report: 'Report',
    captures: 'Choose captures',
    noFiles: 'No files yet. They are built once the month is approved.',
  },
});

const everyMs = 4000;

function CyclePage() {
  const words = useWords();
  const { month = '' } = useParams();
  const { merchant, place } = useMerchant();
  const cycle = useRead(
    'readCycle',
    { params: { merchant, month }, query: { sums: false } },
    { everyMs },
  );
  return (
    <Page
      title={words('title', { month })}
      above={[{ to: place('cycles'), title: words('cycles') }]}
      actions={
        <>
          <Button
            component={Link}
            to={`${place('cycles', month, 'charges')}?state=authorized`}
            variant="default"
          >
            {words('captures')}
          </Button>
          <Button component={Link} to={place('cycles', month, 'report')} variant="default">
            {words('report')}
          </Button>
          <WorkflowLink workflowId={cycleWorkflow(merchant, month)} />
        </>
      }
    >
      <Loaded read={cycle}>{(found) => <CycleSections cycle={found} />}</Loaded>
    </Page>
  );
}

function CycleSections({ cycle }: { readonly cycle: CycleDetail }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { month } = cycle;
  const files = useRead('listExchanges', { params: { merchant }, query: { month } }, { everyMs });
  // Only a newer export can say anything differently.
  const exports = useRead('listCollections', { params: { merchant, month } });
  return (
    <Stack>
      <Section
        title={words('now')}
        beside={
          <Group>
            {cycle.trouble !== null && <ResumeCycle month={month} trouble={cycle.trouble} />}
            {files.data && cycle.trouble === null && (
              <NextStepButton cycle={cycle} exchanges={files.data.exchanges} />
            )}
          </Group>
        }
      >
        <Group gap="sm" mb="sm">
          <CycleStageBadge stage={cycle.stage} attention={cycle.attention} />
        </Group>
        <MonthSteps cycle={cycle} />
        <Text mt="sm" aria-live="polite">
          {cycle.waitsFor}
        </Text>
        <Sums cycle={cycle} />
      </Section>
      <Section title={words('orders')}>
        <OrderExports cycle={cycle} />
      </Section>
      {exports.data !== undefined && exports.data.exports.length > 1 && (
        <Section title={words('changes')}>
          <OrderChanges month={month} />
        </Section>
      )}
      <Section title={words('runs')}>
        <RunList month={month} />
      </Section>
      <Section title={words('previews')}>
        <PreviewList month={month} awaited={cycle.approval?.preview ?? null} />
      </Section>
      <Section title={words('files')} beside={<RebuildFiles cycle={cycle} />}>
        <Loaded read={files}>
          {({ exchanges }) =>
            exchanges.length === 0 ? (
              <Empty>{words('noFiles')}</Empty>
            ) : (
              <ExchangeTable exchanges={exchanges} />
            )
          }
        </Loaded>
      </Section>
      <Section title={words('work')}>
        <PortalWork cycle={cycle} />
      </Section>
      {cycle.stage !== 'closed' && (
        <Section title={words('open')}>
          <OpenRows month={month} />
        </Section>
      )}
    </Stack>
  );
}

/** Whether a large month adds up takes a while: only there it is asked for once more, and follows. */
function Sums({ cycle }: { readonly cycle: CycleDetail }) {
  const { merchant } = useMerchant();
  const { month, stage } = cycle;
  const whole = useReads(
    'readCycle',
    cycle.pending === null ? [] : [{ params: { merchant, month } }],
    { everyMs },
  );
  // Of the stage before it says nothing of this one.
  const following = whole.find(({ data }) => data?.stage === stage)?.data?.conservation;
  const conservation = cycle.conservation ?? following ?? null;
  return (
    <>
      <Unread reads={whole} />
      {conservation === null ? <SumsAwaited /> : <ConservationNote conservation={conservation} />}
    </>
  );
}

function Section({
  title,
  beside,
  children,
}: {
  readonly title: string;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {title}
        </Title>
        {beside}
      </Group>
      {children}
    </Card>
  );
}

export const route = { Component: CyclePage };
