import { Anchor, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useSearchParams } from 'react-router';
import type { OpenReason } from '../../../billing/open-rows.ts';
import { OPEN_REASONS } from '../../../billing/open-rows.ts';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import type { OpenReason as FoundReason } from '../month-progress.ts';
import { useOpenReasons } from '../open-reasons.ts';
import { useMerchant } from '../places.ts';
import { useOpenReasonLabels } from '../words/api-labels.ts';
import { ColumnHeads } from './column-heads.tsx';
import { Count, Yen } from './figures.tsx';
import { Loaded, Unread, Waiting } from './loaded.tsx';
import { OrderLink } from './order-link.tsx';
import { ReadTable } from './read-table.tsx';

const useWords = defineWords('open-rows', {
  ja: {
    none: '残っている行はありません。',
    reason: '理由',
    act: 'すること',
    mover: '動かす人',
    operator: '担当者',
    psp: '決済代行会社',
    developer: '開発担当',
    rows: '件数',
    yen: '金額',
    show: '明細を見る',
    order: '注文番号',
    file: 'ファイル',
    line: '行',
    all: '理由の一覧へ戻る',
    next: '次のページ',
    sumsFollow:
      '記録の件数と金額が合うかを集計しています。終わるまで、これで全部かどうかは分かりません。',
  },
  en: {
    none: 'No rows are left.',
    reason: 'Reason',
    act: 'What to do',
    mover: 'Who moves it',
    operator: 'Operator',
    psp: 'PSP',
    developer: 'Developers',
    rows: 'Rows',
    yen: 'Amount',
    show: 'Show the rows',
    order: 'Order',
    file: 'File',
    line: 'Line',
    all: 'Back to the reasons',
    next: 'Next page',
    sumsFollow:
      'Whether rows and yen of the record add up is being counted. Until then nobody can say that this is all.',
  },
});

/** What keeps a month from closing, by reason, then row by row. */
export function OpenRows({ month }: { readonly month: string }) {
  const [search] = useSearchParams();
  const asked = OPEN_REASONS.find((reason) => reason === search.get('reason'));
  return asked === undefined ? (
    <Reasons month={month} />
  ) : (
    <RowsOfReason month={month} reason={asked} />
  );
}

function Reasons({ month }: { readonly month: string }) {
  const words = useWords();
  const [open] = useOpenReasons([month]);
  if (open === undefined) return null;
  const { reasons, pending, reads } = open;
  return (
    <Stack>
      <Unread reads={reads} />
      {reasons === undefined ? (
        reads.every(({ error }) => error === null) && <Waiting lines={2} />
      ) : reasons.length > 0 ? (
        <ReasonTable reasons={reasons} />
      ) : (
        !pending && <Text c="dimmed">{words('none')}</Text>
      )}
      {pending && <SumsFollow />}
    </Stack>
  );
}

/** While nobody can say that what is shown is all. */
export function SumsFollow() {
  const words = useWords();
  return (
    <Text size="sm" c="dimmed" role="status">
      {words('sumsFollow')}
    </Text>
  );
}

function ReasonTable({ reasons }: { readonly reasons: readonly FoundReason[] }) {
  const words = useWords();
  const labels = useOpenReasonLabels();
  const [, setSearch] = useSearchParams();
  return (
    <Table.ScrollContainer minWidth={700}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <ColumnHeads columns={['reason', 'rows', 'yen', 'mover', 'act']} words={words} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {reasons.map((one) => (
            <Table.Tr key={one.reason}>
              <Table.Td>
                <Anchor
                  component="button"
                  ta="start"
                  title={words('show')}
                  onClick={() => setSearch({ reason: one.reason })}
                >
                  {labels(one.reason, one.label)}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <Count count={one.rows} />
              </Table.Td>
              <Table.Td>
                <Yen amount={one.yen} />
              </Table.Td>
              <Table.Td>{words(one.mover)}</Table.Td>
              <Table.Td>{one.act}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function RowsOfReason({ month, reason }: { readonly month: string; readonly reason: OpenReason }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const [search, setSearch] = useSearchParams();
  const after = search.get('after') ?? undefined;
  const found = useRead('listOpenRows', {
    params: { merchant, month },
    query: { reason, after, limit: 50, totals: false },
  });
  return (
    <Loaded read={found}>
      {({ rows, nextAfter }) => (
        <Stack>
          <ReadTable>
            <Table.Thead>
              <Table.Tr>
                <ColumnHeads columns={['order', 'yen', 'file', 'line']} words={words} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <Table.Tr key={`${row.orderNumber} ${row.file} ${row.line}`}>
                  <Table.Td>
                    {row.orderNumber === null ? (
                      '—'
                    ) : (
                      <OrderLink month={month} orderNumber={row.orderNumber} />
                    )}
                  </Table.Td>
                  <Table.Td>{row.yen === null ? '—' : <Yen amount={row.yen} />}</Table.Td>
                  <Table.Td>{row.file ?? '—'}</Table.Td>
                  <Table.Td>{row.line ?? '—'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </ReadTable>
          <Group justify="space-between">
            <Button size="xs" variant="default" onClick={() => setSearch({})}>
              {words('all')}
            </Button>
            {nextAfter !== null && (
              <Button
                size="xs"
                variant="default"
                onClick={() => setSearch({ reason, after: nextAfter })}
              >
                {words('next')}
              </Button>
            )}
          </Group>
        </Stack>
      )}
    </Loaded>
  );
}
