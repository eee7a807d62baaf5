import { Anchor, Button, Card, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { addDays, businessDateOf } from '../../../billing/business-date.ts';
import { type Read, saveFile, useRead, useReads } from '../api.ts';
import { defineWords } from '../language.ts';
import { Count, CountAndYen, Instant, Yen } from '../parts/figures.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
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
    waves: '売上の予定',
    policy: '売上の方針',
    ready: '売上処理できる',
    next: '次の売上ファイル',
    on_shipment: '発送後',
    immediate: 'すぐに',
    on_date: '指定日',
    manual: '担当者が選ぶ',
    sun: '日',
    mon: '月',
    tue: '火',
    wed: '水',
    thu: '木',
    fri: '金',
    sat: '土',
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
    waves: 'Capture waves',
    policy: 'Policy',
    ready: 'Ready',
    next: 'Next capture file',
    on_shipment: 'On shipment',
    immediate: 'At once',
    on_date: 'On a date',
    manual: 'An operator chooses',
    sun: 'Sun',
    mon: 'Mon',
    tue: 'Tue',
    wed: 'Wed',
    thu: 'Thu',
    fri: 'Fri',
    sat: 'Sat',
  },
});

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** As long as an authorization lives at most. */
const shownDays = 60;
type Day = NonNullable<Read<'listDeadlines'>['data']>['days'][number];

function CaptureWindowPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const query = { withinDays: shownDays };
  const deadlines = useRead('listDeadlines', { params: { merchant }, query }, { everyMs: 30_000 });
  return (
    <Page
      title={words('title')}
      actions={
        <Button
          variant="default"
          onClick={() => void saveFile('downloadDeadlines', { params: { merchant }, query })}
        >
          {words('csv')}
        </Button>
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
            <Waves />
            {days.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <>
                <Title order={2} size="h4">
                  {words('calendar')}
                </Title>
                <Calendar days={days} today={businessDateOf(asOf)} />
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

/** Weeks from this one on, as far as the last deadline; each day with its yen at stake. */
function Calendar({ days, today }: { readonly days: readonly Day[]; readonly today: string }) {
  const words = useWords();
  const last = days.at(-1)?.expiresOn ?? today;
  const weekday = new Date(`${today}T00:00:00Z`).getUTCDay();
  const weeks: string[][] = [];
  for (let first = addDays(today, -weekday); first <= last; first = addDays(first, 7)) {
    weeks.push(weekdays.map((_, index) => addDays(first, index)));
  }
  const of = (date: string) =>
    days
      .filter(({ expiresOn }) => expiresOn === date)
      .reduce((sum, { rows, yen }) => ({ rows: sum.rows + rows, yen: sum.yen + yen }), {
        rows: 0,
        yen: 0,
      });
  return (
    <Table.ScrollContainer minWidth={700}>
      <Table withTableBorder withColumnBorders aria-label={words('calendar')}>
        <Table.Thead>
          <Table.Tr>
            {weekdays.map((day) => (
              <Table.Th key={day} scope="col">
                {words(day)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {weeks.map((week) => (
            <Table.Tr key={week[0]}>
              {week.map((date) => (
                <Table.Td
                  key={date}
                  className={of(date).rows > 0 ? 'cell-differs' : ''}
                  aria-current={date === today ? 'date' : undefined}
                >
                  <Text size="xs" c={date < today ? 'dimmed' : 'inherit'}>
                    {date.slice(5)}
                  </Text>
                  {of(date).rows > 0 && (
                    <Text size="sm">
                      <Count count={of(date).rows} />
                      <br />
                      <Yen amount={of(date).yen} />
                    </Text>
                  )}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function DayTable({ days }: { readonly days: readonly Day[] }) {
  const words = useWords();
  const { place } = useMerchant();
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {(
              [
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
              ] as const
            ).map((column) => (
              <Table.Th key={column} scope="col">
                {words(column)}
              </Table.Th>
            ))}
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
                <Anchor component={Link} to={place('cycles', day.month, 'captures')}>
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

/** When each open month's next capture file is built, and with how many charges. */
function Waves() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const open = useRead('listCycles', { params: { merchant }, query: { open: true, limit: 6 } });
  const months = open.data?.cycles.map(({ month }) => month) ?? [];
  const cycles = useReads(
    'readCycle',
    months.map((month) => ({ params: { merchant, month } })),
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
    <Table aria-label={words('waves')}>
      <Table.Thead>
        <Table.Tr>
          {(['month', 'policy', 'ready', 'next', 'choose'] as const).map((column) => (
            <Table.Th key={column} scope="col">
              {words(column)}
            </Table.Th>
          ))}
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
              <Anchor component={Link} to={place('cycles', month, 'captures')}>
                {words('choose')}
              </Anchor>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export const route = { Component: CaptureWindowPage };
