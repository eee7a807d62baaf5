import { Table, Text } from '@mantine/core';
import { addDays } from '../../../billing/business-date.ts';
import { defineWords } from '../language.ts';
import type { DeadlineDay } from '../month-progress.ts';
import { Count, Yen } from './figures.tsx';

const useWords = defineWords('deadline-calendar', {
  ja: {
    calendar: 'カレンダー',
    sun: '日',
    mon: '月',
    tue: '火',
    wed: '水',
    thu: '木',
    fri: '金',
    sat: '土',
  },
  en: {
    calendar: 'Calendar',
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

/** Weeks from this one on, as far as the last deadline; each day with its yen at stake. */
export function DeadlineCalendar({
  days,
  today,
}: {
  readonly days: readonly DeadlineDay[];
  readonly today: string;
}) {
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
