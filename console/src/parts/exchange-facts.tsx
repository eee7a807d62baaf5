import { Button, Card, Group, Table, Title } from '@mantine/core';
import { useState } from 'react';
import type { ApiProblem } from '../../../api/client/api-problem.ts';
import { saveFile } from '../api.ts';
import { defineWords } from '../language.ts';
import type { ExchangeDetail, ExchangeParams } from '../pages/exchange.tsx';
import { useMay } from '../session.tsx';
import { Count, Instant, Yen } from './figures.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('exchange-facts', {
  ja: {
    title: 'ファイルの記録',
    rows: '件数',
    yen: '金額',
    created: '作成',
    acceptance: '受付番号',
    accepted: '受付日時',
    completed: '処理完了の記録',
    finished: '完了',
    transport: '送り方',
    portal: 'ペイジェントオンライン(担当者)',
    telegram: '電文(自動)',
    sftp: 'SFTP(自動)',
    due: '次の自動処理',
    sha256: 'sha256',
    download: 'ファイルを取り出す',
  },
  en: {
    title: 'Record of the file',
    rows: 'Rows',
    yen: 'Amount',
    created: 'Built',
    acceptance: 'Acceptance no.',
    accepted: 'Accepted',
    completed: 'Completion recorded',
    finished: 'Finished',
    transport: 'Carried by',
    portal: 'Paygent Online (an operator)',
    telegram: 'Telegrams (machine)',
    sftp: 'SFTP (machine)',
    due: 'Next machine step',
    sha256: 'sha256',
    download: 'Download the file',
  },
});

export function ExchangeFacts({
  exchange,
  params,
}: {
  readonly exchange: ExchangeDetail;
  readonly params: ExchangeParams;
}) {
  const words = useWords();
  const rows = [
    ['rows', <Count key="rows" count={exchange.records} />],
    ['yen', <Yen key="yen" amount={exchange.amountYen} />],
    ['created', <Instant key="created" at={exchange.createdAt} />],
    ['acceptance', exchange.acceptanceNumber ?? '—'],
    ['accepted', <Instant key="accepted" at={exchange.acceptedAt} />],
    ['completed', <Instant key="completed" at={exchange.completedAt} />],
    ['finished', <Instant key="finished" at={exchange.finishedAt} />],
    ['transport', words(exchange.transport)],
    ['due', <Instant key="due" at={exchange.dueAt} />],
    [
      'sha256',
      <span key="sha256" className="raw-line">
        {exchange.sha256}
      </span>,
    ],
  ] as const;
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('title')}>
      <Group justify="space-between">
        <Title order={2} size="h4">
          {words('title')}
        </Title>
        <DownloadFile params={params} word={words('download')} />
      </Group>
      <Table mt="sm">
        <Table.Tbody>
          {rows.map(([word, value]) => (
            <Table.Tr key={word}>
              <Table.Th scope="row" w={180}>
                {words(word)}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

export function DownloadFile({
  params,
  word,
  prominent = false,
}: {
  readonly params: ExchangeParams;
  readonly word: string;
  readonly prominent?: boolean;
}) {
  const may = useMay('operator');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  return (
    <>
      <Button
        variant={prominent ? 'filled' : 'default'}
        disabled={!may}
        onClick={() => {
          setProblem(null);
          saveFile('downloadExchangeFile', { params }).catch(setProblem);
        }}
      >
        {word}
      </Button>
      <ProblemNote problem={problem} />
    </>
  );
}
