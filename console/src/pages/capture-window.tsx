import { Anchor, Card, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { businessDateOf } from '../../../billing/business-date.ts';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import type { DeadlineDay } from '../month-progress.ts';
import { CaptureWaves } from '../parts/capture-waves.tsx';
import { ColumnHeads } from '../parts/column-heads.tsx';
import { DeadlineCalendar } from '../parts/deadline-calendar.tsx';
import { Count, CountAndYen, Instant, Yen } from '../parts/figures.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { ReadTable } from '../parts/read-table.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('capture-window', {
  ja: {
    title: '売上期限',
    intro:
      'オーソリは完了日から最大60日で失効し、その後は売上にできません。期限の近い順に、まだ売上処理していない金額を表示します。',
    within: '{{days}} 日以内',
    csv: 'CSVで取り出す',
    none: '期限が60日以内のオーソリはありません。オーソリOKの結果を取り込むと、ここに並びます。',
    calendar: 'カレンダー',
    list: '期限ごとの一覧',
    on: '期限(この日から不可)',
    left: '残り',
    days: '{{n}} 日',
    month: '請求月',
    rows: '件数',
    yen: '金額',
    held: '保留',
    returned: '差戻し',
    inFiles: 'アップロード待ち',
    lastDay: '期限前の自動処理',
    choose: '売上処理を選ぶ',
  },
  en: {
    title: 'Capture deadlines',
    intro:
      'An authorization expires 60 days after it at the latest and cannot be captured then. What is not captured yet, the nearest end first.',
    within: 'Within {{days}} days',
    csv: 'Download CSV',
    none: 'No authorization ends within 60 days. They appear here once results are in.',
    calendar: 'Calendar',
    list: 'By deadline',
    on: 'Expires on',
    left: 'Left',
    days: '{{n}} days',
    month: 'Month',
    rows: 'Rows',
    yen: 'Amount',
    held: 'On hold',
    returned: 'Returned',
    inFiles: 'To upload',
    lastDay: 'Last-day rule acts',
    choose: 'Choose captures',
  },
});

/** As long as an authorization lives at most. */
const shownDays = 60;

function CaptureWindowPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const query = { withinDays: shownDays };
  const deadlines = useRead('listDeadlines', { params: { merchant }, query }, { everyMs: 30_000 });
  return (
    <Page
      title={words('title')}
      actions={
        <SaveButton
          route="downloadDeadlines"
          input={{ params: { merchant }, query }}
          label={words('csv')}
        />
      }
    >
      <Text size="sm">{words('intro')}</Text>
      <Loaded read={deadlines}>
        {({ asOf, within, days }) => (
          <Stack>
            <SimpleGrid cols={{ base: 2, md: 4 }}>
              {within.map((mark) => (
                <Card key={mark.days} withBorder padding="sm">
                  <Text size="sm" c="dimmed">
                    {words('within', { days: mark.days })}
                  </Text>
                  <CountAndYen of={mark} fw={700} />
                </Card>
              ))}
            </SimpleGrid>
            <CaptureWaves />
            {days.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <>
                <Title order={2} size="h4">
                  {words('calendar')}
                </Title>
                <DeadlineCalendar days={days} today={businessDateOf(asOf)} />
                <Title order={2} size="h4">
                  {words('list')}
                </Title>
                <DayTable days={days} />
              </>
            )}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function DayTable({ days }: { readonly days: readonly DeadlineDay[] }) {
  const words = useWords();
  const { place } = useMerchant();
  return (
    <Table.ScrollContainer minWidth={860}>
      <ReadTable>
        <Table.Thead>
          <Table.Tr>
            <ColumnHeads
              columns={[
                'on',
                'left',
                'month',
                'rows',
                'yen',
                'held',
                'returned',
                'inFiles',
                'lastDay',
                'choose',
              ]}
              figures={['rows', 'yen', 'held', 'returned', 'inFiles']}
              words={words}
            />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {days.map((day) => (
            <Table.Tr key={`${day.month} ${day.expiresOn}`}>
              <Table.Td className="figure">{day.expiresOn}</Table.Td>
              <Table.Td>{words('days', { n: day.daysLeft })}</Table.Td>
              <Table.Td>{day.month}</Table.Td>
              <Table.Td className="figure">
                <Count count={day.rows} />
              </Table.Td>
              <Table.Td className="figure">
                <Yen amount={day.yen} />
              </Table.Td>
              {[day.held, day.returned, day.inFiles].map((part, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move.
                <Table.Td key={index} className="figure">
                  {part.rows === 0 ? '—' : <CountAndYen of={part} />}
                </Table.Td>
              ))}
              <Table.Td>
                <Instant at={day.lastDayAt} />
              </Table.Td>
              <Table.Td>
                <Anchor
                  component={Link}
                  to={`${place('cycles', day.month, 'charges')}?state=authorized`}
                >
                  {words('choose')}
                </Anchor>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ReadTable>
    </Table.ScrollContainer>
  );
}

export const route = { Component: CaptureWindowPage };
