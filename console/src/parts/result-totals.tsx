import { Alert, Anchor, Card, List, Table, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { defineWords } from '../language.ts';
import type { ExchangeDetail } from '../pages/exchange.tsx';
import { useMerchant } from '../places.ts';
import { useVerdictWords } from '../words/billing-words.ts';
import { Count, Yen } from './figures.tsx';

const useWords = defineWords('result-totals', {
  ja: {
    title: '照合の結果({{round}} 回目)',
    verdict: '結果',
    rows: '件数',
    yen: '金額',
    holds: '送信 = OK + NG + 不明 + 要確認',
    strays: '送信していない行が {{n}} 件あります。',
    unsettled: '要確認の {{n}} 件を確定する',
    findings: 'ファイル全体の問題',
  },
  en: {
    title: 'Reconciliation (result {{round}})',
    verdict: 'Verdict',
    rows: 'Rows',
    yen: 'Amount',
    holds: 'sent = OK + NG + unknown + quarantined',
    strays: '{{n}} rows that were never sent.',
    unsettled: 'Settle the {{n}} open rows',
    findings: 'What is wrong with the file as a whole',
  },
});

/** What the latest result said, in rows and yen, and that it adds up. */
export function ResultTotals({ exchange }: { readonly exchange: ExchangeDetail }) {
  const words = useWords();
  const verdicts = useVerdictWords();
  const { place } = useMerchant();
  const { result, resultFindings, month, kind, number } = exchange;
  if (result === null) return null;
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('title')}>
      <Title order={2} size="h4">
        {words('title', { round: result.round })}
      </Title>
      <Table w="fit-content" my="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words('verdict')}</Table.Th>
            <Table.Th scope="col" className="figure">
              {words('rows')}
            </Table.Th>
            <Table.Th scope="col" className="figure">
              {words('yen')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {(['ok', 'ng', 'unknown', 'quarantined', 'sent'] as const).map((verdict) => (
            <Table.Tr key={verdict}>
              <Table.Th scope="row">{verdicts(verdict)}</Table.Th>
              <Table.Td className="figure">
                <Count count={result[verdict].rows} />
              </Table.Td>
              <Table.Td className="figure">
                <Yen amount={result[verdict].yen} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed">
        {words('holds')}
      </Text>
      {result.strays > 0 && (
        <Alert color="red" variant="outline" mt="sm">
          {words('strays', { n: result.strays })}
        </Alert>
      )}
      {resultFindings.length > 0 && (
        <Alert color="red" variant="outline" mt="sm" title={words('findings')}>
          <List size="sm">
            {resultFindings.map(({ line, nameJa, value, ja }) => (
              <List.Item key={`${line} ${nameJa}`}>
                {line}: {nameJa} {value}: {ja}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {(result.unsettled > 0 || result.strays > 0) && (
        <Anchor
          component={Link}
          to={`${place('reconciliation-desk')}?exchange=${month}.${kind}.${number}`}
        >
          {words('unsettled', { n: result.unsettled + result.strays })}
        </Anchor>
      )}
    </Card>
  );
}
