import { Card, Group, SegmentedControl, Stack, Table, Text, Title } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords, useLanguage } from '../language.ts';
import type { ExchangeParams } from '../pages/exchange.tsx';
import { useSettledWords, useVerdictWords } from '../words/billing-words.ts';
import { ColumnHeads } from './column-heads.tsx';
import { Yen } from './figures.tsx';
import { Empty, Loaded } from './loaded.tsx';
import { Pager, usePlace } from './pager.tsx';
import { ReadTable } from './read-table.tsx';

const useWords = defineWords('result-lines', {
  ja: {
    title: '明細',
    filter: '結果で絞り込む',
    all: 'すべて',
    line: '行',
    order: '注文番号',
    yen: '金額',
    verdict: '結果',
    code: 'コード',
    detail: '理由・相違',
    settled: '確定',
    none: '該当する明細はありません。',
  },
  en: {
    title: 'Lines',
    filter: 'Filter by verdict',
    all: 'All',
    line: 'Line',
    order: 'Order',
    yen: 'Amount',
    verdict: 'Verdict',
    code: 'Code',
    detail: 'Why',
    settled: 'On record',
    none: 'No such line.',
  },
});

const verdicts = ['ok', 'ng', 'unknown', 'quarantined'] as const;
type Line = NonNullable<Read<'listResultLines'>['data']>['lines'][number];

/** The latest result, line by line of the file that was sent. */
export function ResultLines({ params }: { readonly params: ExchangeParams }) {
  const words = useWords();
  const verdictWords = useVerdictWords();
  const [search, setSearch] = useSearchParams();
  const { after, limit } = usePlace();
  const verdict = verdicts.find((one) => one === search.get('verdict'));
  const lines = useRead('listResultLines', {
    params,
    query: { verdict, limit, ...(after === undefined ? {} : { after: Number(after) }) },
  });
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('title')}>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {words('title')}
        </Title>
        <SegmentedControl
          className="no-print"
          aria-label={words('filter')}
          value={verdict ?? 'all'}
          data={[
            { value: 'all', label: words('all') },
            ...verdicts.map((value) => ({ value, label: verdictWords(value) })),
          ]}
          onChange={(value) => setSearch(value === 'all' ? {} : { verdict: value })}
        />
      </Group>
      <Loaded read={lines}>
        {({ lines: found, nextAfter }) => (
          <Stack>
            {found.length === 0 ? <Empty>{words('none')}</Empty> : <LineTable lines={found} />}
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}

function LineTable({ lines }: { readonly lines: readonly Line[] }) {
  const words = useWords();
  const settled = useSettledWords();
  const verdictWords = useVerdictWords();
  const { language } = useLanguage();
  return (
    <Table.ScrollContainer minWidth={760}>
      <ReadTable striped>
        <Table.Thead>
          <Table.Tr>
            <ColumnHeads
              columns={['line', 'order', 'yen', 'verdict', 'code', 'detail', 'settled']}
              figures={['line', 'yen']}
              words={words}
            />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={line.lineNumber}>
              <Table.Td className="figure">{line.lineNumber}</Table.Td>
              <Table.Td>{line.orderNumber}</Table.Td>
              <Table.Td className="figure">
                <Yen amount={line.amountYen} />
              </Table.Td>
              <Table.Td>{verdictWords(line.verdict)}</Table.Td>
              <Table.Td>
                {line.responseCode} {line.responseDetail}
              </Table.Td>
              <Table.Td>
                {line.reasons.map((reason) => (
                  <Text key={reason.code} size="sm">
                    {language === 'ja' ? reason.ja : reason.en}
                  </Text>
                ))}
              </Table.Td>
              <Table.Td>{line.settled === null ? '—' : settled(line.settled)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ReadTable>
    </Table.ScrollContainer>
  );
}
