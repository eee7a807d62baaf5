import { Anchor, Table } from '@mantine/core';
import { Link } from 'react-router';
import { useRead, useReads } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { ColumnHeads } from './column-heads.tsx';
import { Count, Instant } from './figures.tsx';

const useWords = defineWords('capture-waves', {
  ja: {
    waves: '売上の予定',
    month: '請求月',
    policy: '売上の方針',
    ready: '売上処理できる',
    next: '次の売上ファイル',
    choose: '売上処理を選ぶ',
    on_shipment: '発送後',
    immediate: 'すぐに',
    on_date: '指定日',
    manual: '担当者が選ぶ',
  },
  en: {
    waves: 'Capture waves',
    month: 'Month',
    policy: 'Policy',
    ready: 'Ready',
    next: 'Next capture file',
    choose: 'Choose captures',
    on_shipment: 'On shipment',
    immediate: 'At once',
    on_date: 'On a date',
    manual: 'An operator chooses',
  },
});

/** When each open month's next capture file is built, and with how many charges. */
export function CaptureWaves() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const open = useRead('listCycles', { params: { merchant }, query: { open: true, limit: 6 } });
  const months = open.data?.cycles.map(({ month }) => month) ?? [];
  const cycles = useReads(
    'readCycle',
    months.map((month) => ({ params: { merchant, month }, query: { sums: false } })),
    { everyMs: 15_000 },
  );
  const found = cycles.flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (found.length === 0) return null;
  const policyWords = {
    'on-shipment': 'on_shipment',
    immediate: 'immediate',
    'on-date': 'on_date',
    manual: 'manual',
  } as const;
  return (
    <Table.ScrollContainer minWidth={560} type="native">
      <Table aria-label={words('waves')}>
        <Table.Thead>
          <Table.Tr>
            <ColumnHeads columns={['month', 'policy', 'ready', 'next', 'choose']} words={words} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.map(({ month, capture }) => (
            <Table.Tr key={month}>
              <Table.Td>{month}</Table.Td>
              <Table.Td>{words(policyWords[capture.policy])}</Table.Td>
              <Table.Td>
                <Count count={capture.ready} />
              </Table.Td>
              <Table.Td>
                <Instant at={capture.nextWaveAt} />
              </Table.Td>
              <Table.Td>
                <Anchor
                  component={Link}
                  to={`${place('cycles', month, 'charges')}?state=authorized`}
                >
                  {words('choose')}
                </Anchor>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
