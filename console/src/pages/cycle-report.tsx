import { Button, Group, Stack, Text } from '@mantine/core';
import { useParams } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ConservationNote } from '../parts/conservation-note.tsx';
import { Instant } from '../parts/figures.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Figures, Files } from '../parts/report-figures.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { CycleStageBadge } from '../parts/stage-badge.tsx';
import { useMerchant } from '../places.ts';
import {
  EXCLUSIONS,
  useChargeStateWords,
  useCorrectionKindWords,
  useExclusionWords,
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
    asOf: '出力日時:',
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
    asOf: 'Printed:',
  },
});

type Report = NonNullable<Read<'readCycleReport'>['data']>;

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
          <SaveButton route="downloadCycleReport" input={{ params }} label={words('csv')} />
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
  const reasons = useExclusionWords();
  const why = ({ reason, label }: Report['orders'][number]) => {
    const exclusion = EXCLUSIONS.find((one) => one === reason);
    return exclusion === undefined ? label : reasons(exclusion);
  };
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
          name: [words(one.verdict), why(one)].filter((part) => part !== null).join(': '),
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

export const route = { Component: CycleReportPage };
