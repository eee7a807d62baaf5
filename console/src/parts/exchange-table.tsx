import { Anchor, Table } from '@mantine/core';
import { Link } from 'react-router';
import { defineWords } from '../language.ts';
import type { Exchange } from '../month-progress.ts';
import { exchangeSteps, useMerchant } from '../places.ts';
import { useExchangeKindWords } from '../words/billing-words.ts';
import { Count, Instant, Yen } from './figures.tsx';
import { ExchangeStageBadge } from './stage-badge.tsx';

const useWords = defineWords('exchange-table', {
  ja: {
    file: 'ファイル',
    kind: '種類',
    stage: '段階',
    rows: '件数',
    yen: '金額',
    acceptance: '受付番号',
    accepted: '受付日時',
    finished: '完了日時',
  },
  en: {
    file: 'File',
    kind: 'Kind',
    stage: 'Stage',
    rows: 'Rows',
    yen: 'Amount',
    acceptance: 'Acceptance no.',
    accepted: 'Accepted',
    finished: 'Finished',
  },
});

/** Files with where they stand; each leads to its own page. */
export function ExchangeTable({ exchanges }: { readonly exchanges: readonly Exchange[] }) {
  const words = useWords();
  const kindWords = useExchangeKindWords();
  const { place } = useMerchant();
  return (
    <Table.ScrollContainer minWidth={820}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words('file')}</Table.Th>
            <Table.Th scope="col">{words('kind')}</Table.Th>
            <Table.Th scope="col">{words('stage')}</Table.Th>
            <Table.Th scope="col" className="figure">
              {words('rows')}
            </Table.Th>
            <Table.Th scope="col" className="figure">
              {words('yen')}
            </Table.Th>
            <Table.Th scope="col">{words('acceptance')}</Table.Th>
            <Table.Th scope="col">{words('accepted')}</Table.Th>
            <Table.Th scope="col">{words('finished')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {exchanges.map((file) => (
            <Table.Tr key={file.fileName}>
              <Table.Td>
                <Anchor component={Link} to={place(...exchangeSteps(file))}>
                  {file.fileName}
                </Anchor>
              </Table.Td>
              <Table.Td>{kindWords(file.kind)}</Table.Td>
              <Table.Td>
                <ExchangeStageBadge stage={file.stage} attention={file.attention} />
              </Table.Td>
              <Table.Td className="figure">
                <Count count={file.records} />
              </Table.Td>
              <Table.Td className="figure">
                <Yen amount={file.amountYen} />
              </Table.Td>
              <Table.Td className="figure">{file.acceptanceNumber ?? '—'}</Table.Td>
              <Table.Td>
                <Instant at={file.acceptedAt} />
              </Table.Td>
              <Table.Td>
                <Instant at={file.finishedAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
