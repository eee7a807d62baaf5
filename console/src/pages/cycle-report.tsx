import { Button, Group, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useParams } from 'react-router';
import { type Read, saveFile, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ConservationNote } from '../parts/conservation-note.tsx';
import { Count, CountAndYen, Instant, Yen } from '../parts/figures.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { CycleStageBadge } from '../parts/stage-badge.tsx';
import { useMerchant } from '../places.ts';
import {
  useChargeStateWords,
  useCorrectionKindWords,
  useExchangeStageWords,
} from '../words/billing-words.ts';
import { useDeclineWords } from '../words/ng-words.ts';

const useWords = defineWords('cycle-report', {
  ja: {
    title: '{{month}} の報告',
    cycles: '請求サイクル',
    csv: 'CSVで取り出す',
    print: '印刷する',
    open: 'まだ締めていません。数字は変わることがあります。',
    closed: '締め: ',
    started: '開始: ',
    orders: '注文',
    selected: '請求対象',
    excluded: '対象外',
    quarantined: '読めない行',
    charges: '請求(現在の状態)',
    files: 'ファイル',
    declines: 'NGの内訳',
    deadlines: '売上期限',
    in_time: '期限内に売上',
    late: '期限後に売上',
    waiting: '期限前',
    expired: '期限切れ',
    voided: '取消',
    captures: '売上',
    whole: '全額',
    partial: '一部',
    unbilledRest: '一部売上の残り',
    carried: '翌月繰越',
    to: '翌月へ',
    from: '前月から',
    corrections: '締めた後の訂正',
    name: '項目',
    rows: '件数',
    yen: '金額',
    acceptance: '受付番号',
    stage: '段階',
    asOf: '出力日時:',
    none: 'なし',
  },
  en: {
    title: 'Report of {{month}}',
    cycles: 'Billing cycles',
    csv: 'Download CSV',
    print: 'Print',
    open: 'Not closed yet: the figures may change.',
    closed: 'Closed: ',
    started: 'Started: ',
    orders: 'Orders',
    selected: 'To bill',
    excluded: 'Left out',
    quarantined: 'Unreadable',
    charges: 'Charges, as they stand',
    files: 'Files',
    declines: 'Declines',
    deadlines: 'Capture deadlines',
    in_time: 'Captured in time',
    late: 'Captured late',
    waiting: 'Not due yet',
    expired: 'Expired',
    voided: 'Voided',
    captures: 'Captures',
    whole: 'Whole',
    partial: 'Partial',
    unbilledRest: 'Rest of partial captures',
    carried: 'Carried over',
    to: 'To later months',
    from: 'From earlier months',
    corrections: 'Corrections after the close',
    name: 'Item',
    rows: 'Rows',
    yen: 'Amount',
    acceptance: 'Acceptance no.',
    stage: 'Stage',
    asOf: 'Printed:',
    none: 'None',
  },
});

type Report = NonNullable<Read<'readCycleReport'>['data']>;
interface Row {
  readonly name: string;
  readonly rows: number;
  readonly yen: number;
}

function CycleReportPage() {
  const words = useWords();
  const { month = '' } = useParams();
  const { merchant, place } = useMerchant();
  const params = { merchant, month };
  const report = useRead('readCycleReport', { params });
  return (
    <Page
      title={words('title', { month })}
      above={[
        { to: place('cycles'), title: words('cycles') },
        { to: place('cycles', month), title: month },
      ]}
      actions={
        <>
          <Button
            variant="default"
            onClick={() => void saveFile('downloadCycleReport', { params })}
          >
            {words('csv')}
          </Button>
          <Button variant="default" onClick={() => print()}>
            {words('print')}
          </Button>
        </>
      }
    >
      <Loaded read={report}>
        {(found) => (
          <Stack>
            <PrintedHead />
            <Text component="div">
              <CycleStageBadge stage={found.stage} attention={false} /> {words('started')}
              <Instant at={found.startedAt} />{' '}
              {found.closedAt === null ? (
                words('open')
              ) : (
                <>
                  {words('closed')}
                  <Instant at={found.closedAt} />
                </>
              )}
            </Text>
            <ConservationNote conservation={found.conservation} />
            <Sections report={found} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

/** On paper nothing around the page says whose figures these are, and of when. */
function PrintedHead() {
  const words = useWords();
  const { merchant } = useMerchant();
  const { data } = useRead('readMerchant', { params: { merchant } });
  if (data === undefined) return null;
  return (
    <Group justify="space-between" className="only-print">
      <Text fw={600}>{data.name}</Text>
      <Text size="sm">
        {words('asOf')} <Instant at={data.businessNow} />
      </Text>
    </Group>
  );
}

function Sections({ report }: { readonly report: Report }) {
  const words = useWords();
  const states = useChargeStateWords();
  const declines = useDeclineWords();
  const corrections = useCorrectionKindWords();
  const { captures, carriedOver, deadlines } = report;
  return (
    <>
      <Figures
        title={words('orders')}
        rows={report.orders.map((one) => ({
          ...one,
          name: one.label === null ? words(one.verdict) : `${words(one.verdict)}: ${one.label}`,
        }))}
      />
      <Figures
        title={words('charges')}
        rows={report.charges.map((one) => ({ ...one, name: states(one.state) }))}
      />
      <Files exchanges={report.exchanges} />
      <Figures
        title={words('captures')}
        rows={(['whole', 'partial', 'unbilledRest'] as const).map((name) => ({
          ...captures[name],
          name: words(name),
        }))}
      />
      <Figures
        title={words('declines')}
        rows={report.declines.map((one) => ({
          ...one,
          name: `${one.code ?? '—'} ${declines(one.class)} → ${states(one.state)}`,
        }))}
      />
      <Figures
        title={words('deadlines')}
        rows={[
          { ...deadlines.inTime, name: words('in_time') },
          { ...deadlines.late, name: words('late') },
          { ...deadlines.waiting, name: words('waiting') },
          { ...deadlines.expired, name: words('expired') },
          { ...deadlines.voided, name: words('voided') },
        ]}
      />
      <Figures
        title={words('carried')}
        rows={(['to', 'from'] as const).map((name) => ({
          ...carriedOver[name],
          name: words(name),
        }))}
      />
      <Figures
        title={words('corrections')}
        rows={report.corrections.map((one) => ({ ...one, name: corrections(one.kind) }))}
      />
    </>
  );
}

function Figures({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }) {
  const words = useWords();
  const present = rows.filter((row) => row.rows > 0);
  return (
    <Section title={title}>
      {present.length === 0 ? (
        <Text c="dimmed">{words('none')}</Text>
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
            {present.map((row) => (
              <Table.Tr key={row.name}>
                <Table.Td>{row.name}</Table.Td>
                <Table.Td className="figure">
                  <Count count={row.rows} />
                </Table.Td>
                <Table.Td className="figure">
                  <Yen amount={row.yen} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function Files({ exchanges }: { readonly exchanges: Report['exchanges'] }) {
  const words = useWords();
  const stages = useExchangeStageWords();
  return (
    <Section title={words('files')}>
      <Table aria-label={words('files')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words('name')}</Table.Th>
            <Table.Th scope="col">{words('stage')}</Table.Th>
            <Table.Th scope="col">{words('acceptance')}</Table.Th>
            <Table.Th scope="col" className="figure">
              OK
            </Table.Th>
            <Table.Th scope="col" className="figure">
              NG
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {exchanges.map((file) => (
            <Table.Tr key={file.fileName}>
              <Table.Td>{file.fileName}</Table.Td>
              <Table.Td>{stages(file.stage)}</Table.Td>
              <Table.Td>{file.acceptanceNumber ?? '—'}</Table.Td>
              <Table.Td className="figure">
                <CountAndYen of={file.lines.ok} />
              </Table.Td>
              <Table.Td className="figure">
                <CountAndYen of={file.lines.ng} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}

export const route = { Component: CycleReportPage };
