import { Alert, Card, Group, List, Stack, Table, Text, Title } from '@mantine/core';
import { defineWords } from '../language.ts';
import type { ExchangeDetail, ExchangeParams } from '../pages/exchange.tsx';
import { AcceptanceForm } from './acceptance-form.tsx';
import { DownloadFile } from './exchange-facts.tsx';
import { Instant, Yen } from './figures.tsx';
import { FileActs } from './file-acts.tsx';
import { RecordFormatErrors } from './format-errors.tsx';
import { CompareSentFile } from './sent-file.tsx';

const useWords = defineWords('hand-over', {
  ja: {
    title: 'アップロードの手順',
    download: '1. ファイルを取り出す',
    downloadText:
      'そのままアップロードしてください。表計算ソフトで開いて保存すると、先頭の 0 が消えます。',
    screen: '2. ペイジェントオンラインでアップロードし、確認画面の値を比べる',
    choose: '取引種別は「{{kind}}」を選んでください。',
    before: '最も早いオーソリの期限: ',
    record: '3. 受付番号を記録する',
    else: 'うまくいかなかったとき',
    turn: 'このファイルはまだ順番を待っています。',
  },
  en: {
    title: 'How to upload it',
    download: '1. Download the file',
    downloadText: 'Upload it unchanged: a spreadsheet drops leading zeros.',
    screen: '2. Upload it at Paygent Online and compare its confirm screen',
    choose: 'Choose 取引種別 “{{kind}}”.',
    before: 'The first authorization in it expires: ',
    record: '3. Record the acceptance number',
    else: 'If it did not work',
    turn: 'This file waits its turn.',
  },
});

/** All that an operator needs beside the portal, in the order of the portal's screens. */
export function HandOver({
  exchange,
  params,
}: {
  readonly exchange: ExchangeDetail;
  readonly params: ExchangeParams;
}) {
  const words = useWords();
  const { handOver, confirmScreen, stage } = exchange;
  const ready = stage === 'handing_over' && exchange.transport === 'portal';
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('title')}>
      <Stack>
        {stage === 'built' && <Alert variant="outline">{words('turn')}</Alert>}
        {ready && handOver !== null && (
          <>
            <Title order={2} size="h4">
              {words('download')}
            </Title>
            <Text size="sm">{words('downloadText')}</Text>
            <Group>
              <DownloadFile params={params} word={exchange.fileName} prominent />
            </Group>
            <Title order={2} size="h4">
              {words('screen')}
            </Title>
            <Alert color="yellow" variant="outline">
              <Text fw={600}>{words('choose', { kind: handOver.transactionKind })}</Text>
              <Text size="sm">{handOver.caution}</Text>
              {handOver.uploadBefore !== null && (
                <Text size="sm">
                  {words('before')}
                  <Instant at={handOver.uploadBefore} />
                </Text>
              )}
            </Alert>
            {confirmScreen && <ConfirmScreen screen={confirmScreen} />}
            <Title order={2} size="h4">
              {words('record')}
            </Title>
            <AcceptanceForm params={params} />
            <Title order={2} size="h4">
              {words('else')}
            </Title>
            <List size="sm">
              <List.Item>{handOver.formatErrorHint}</List.Item>
            </List>
            <Group align="flex-start">
              <RecordFormatErrors params={params} />
              <CompareSentFile params={params} />
            </Group>
          </>
        )}
        <FileActs exchange={exchange} params={params} />
      </Stack>
    </Card>
  );
}

function ConfirmScreen({
  screen,
}: {
  readonly screen: NonNullable<ExchangeDetail['confirmScreen']>;
}) {
  return (
    <Table withTableBorder w="fit-content" aria-label="確認画面">
      <Table.Tbody>
        {Object.entries(screen).map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row">{name}</Table.Th>
            <Table.Td className="figure" fw={700}>
              {name === '金額' ? <Yen amount={Number(value)} /> : value}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
