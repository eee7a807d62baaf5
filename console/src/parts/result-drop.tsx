import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { RowsAndYen } from '../../../billing/cycle.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { ExchangeDetail, ExchangeParams } from '../pages/exchange.tsx';
import { useMay } from '../session.tsx';
import { CorrectAcceptance } from './acceptance-form.tsx';
import { Instant } from './figures.tsx';
import { FileDrop } from './file-drop.tsx';
import { LateResult } from './late-result.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('result-drop', {
  ja: {
    title: '結果ファイルを取り込む',
    completed: '処理完了メールを受け取った',
    completedAt: '処理完了の記録: ',
    drop: '受付番号 {{number}} の結果ファイル',
    again: '訂正された結果ファイルを取り込む',
    unexpected: '届いた結果ファイルを取り込む',
    billedAfterAll:
      'このファイルでは請求していないと記録されています。それでも結果ファイルが届いた場合、ペイジェントでは処理されています。ここで取り込んでください。記録と違う注文は「二重請求の可能性」として止まります（締め済みの請求月では訂正として残ります）。届いていなければ、することはありません。',
  },
  en: {
    title: 'Bring the result file',
    completed: 'The completion mail has come',
    completedAt: 'Completion recorded: ',
    drop: 'Result file of acceptance number {{number}}',
    again: 'Bring a corrected result file',
    unexpected: 'Bring the result file that has come',
    billedAfterAll:
      'The record says that this file billed nobody. Should its result come all the same, the PSP has worked it: bring it here. Orders that differ from the record are stopped as a possible double billing (in a closed month they are kept as corrections). If none has come, there is nothing to do.',
  },
});

/** The way back: the completion, then the result, which settles what it can. */
export function ResultDrop({
  exchange,
  params,
}: {
  readonly exchange: ExchangeDetail;
  readonly params: ExchangeParams;
}) {
  const words = useWords();
  const may = useMay('operator');
  const complete = useAct('recordCompletion');
  const upload = useAct('uploadFile');
  const ingest = useAct('ingestResult');
  const [late, setLate] = useState<RowsAndYen | null>(null);
  const { merchant } = params;
  const take = async (file: File) => {
    const kind = params.kind === 'capture' ? ('capture-result' as const) : ('auth-result' as const);
    const query = { name: file.name, kind };
    const stored = await upload.act({ params: { merchant }, query, body: file });
    if (stored === null) return;
    const said = await ingest.act({ params, body: { sha256: stored.sha256 } });
    setLate(said?.corrections ?? null);
  };
  if (!may) return null;
  const billedNobody = exchange.stage === 'rejected' || exchange.stage === 'cancelled';
  const first = billedNobody
    ? words('unexpected')
    : words('drop', { number: exchange.acceptanceNumber ?? '—' });
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('title')}>
      <Stack>
        <Group justify="space-between">
          <Title order={2} size="h4">
            {words('title')}
          </Title>
          {exchange.result === null && exchange.stage === 'awaiting_result' && (
            <Group gap="xs">
              {exchange.transport === 'portal' && <CorrectAcceptance params={params} />}
              {exchange.completedAt === null ? (
                <Button
                  size="xs"
                  variant="default"
                  loading={complete.acting}
                  onClick={() => void complete.act({ params })}
                >
                  {words('completed')}
                </Button>
              ) : (
                <Text size="sm">
                  {words('completedAt')}
                  <Instant at={exchange.completedAt} />
                </Text>
              )}
            </Group>
          )}
        </Group>
        {billedNobody && <Text size="sm">{words('billedAfterAll')}</Text>}
        <FileDrop
          label={exchange.result === null ? first : words('again')}
          busy={upload.acting || ingest.acting}
          onFile={(file) => void take(file)}
        />
        {late !== null && <LateResult month={params.month} corrections={late} />}
        <ProblemNote problem={complete.problem ?? upload.problem ?? ingest.problem} />
      </Stack>
    </Card>
  );
}
