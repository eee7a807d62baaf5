import { Button, Group, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { ApiProblem } from '../../../api/client/api-problem.ts';
import { defineWords } from '../language.ts';
import { useMay } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';
import { CountAndYen } from './figures.tsx';

const useWords = defineWords('portal-answers', {
  ja: {
    record: '選んだ行の結果を記録する',
    recordAll: 'すべて売上処理した',
    title: '画面での処理の結果を記録する',
    text: 'ペイジェントの画面で見たとおりに記録してください。ここから決済会社には何も送りません。',
    result: '画面での結果',
    captured: '売上処理できた',
    voided: '取り消せた',
    refused: '画面で断られた',
    not_sent: '処理しなかった',
    alive: 'オーソリは残ります。もう一度処理するか、取り消すかを選べます。',
    confirm: '記録する',
  },
  en: {
    record: 'Record what became of the chosen',
    recordAll: 'All were captured',
    title: 'What became of them on the portal',
    text: 'As you saw it on the portal. Nothing is sent to the PSP from here.',
    result: 'Result',
    captured: 'Captured',
    voided: 'Voided',
    refused: 'Refused by the portal',
    not_sent: 'Not done',
    alive: 'The authorizations stay alive.',
    confirm: 'Record',
  },
});

export type PortalResult<Done extends string> = Done | 'refused' | 'not_sent';

/** What an operator tells of rows of a list that were worked on the portal. */
export function PortalAnswers<Done extends 'captured' | 'voided'>({
  done,
  of,
  all = false,
  act,
  onAnswer,
}: {
  /** The good result. */
  readonly done: Done;
  readonly of: { readonly rows: number; readonly yen: number };
  /** Whether it is about the whole list. */
  readonly all?: boolean;
  readonly act: {
    readonly acting: boolean;
    readonly problem: ApiProblem | null;
    readonly forget: () => void;
  };
  /** @returns null when it was refused: the dialog stays and shows why */
  readonly onAnswer: (result: PortalResult<Done>, reason: string) => Promise<unknown>;
}) {
  const words = useWords();
  const may = useMay('operator');
  const [opened, setOpened] = useState(false);
  const [result, setResult] = useState<PortalResult<Done>>(done);
  const results: readonly PortalResult<Done>[] = [done, 'refused', 'not_sent'];
  const close = () => {
    setOpened(false);
    setResult(done);
    act.forget();
  };
  return (
    <Group>
      <Button
        variant={all ? 'default' : 'filled'}
        disabled={!may || of.rows === 0}
        onClick={() => setOpened(true)}
      >
        {words(all ? 'recordAll' : 'record')}
      </Button>
      <ActDialog
        opened={opened}
        onClose={close}
        title={words('title')}
        confirm={words('confirm')}
        reason={result === done ? 'optional' : 'required'}
        acting={act.acting}
        problem={act.problem}
        onConfirm={(reason) =>
          void onAnswer(result, reason).then((answer) => {
            if (answer !== null) close();
          })
        }
      >
        <CountAndYen of={of} fw={700} />
        <Text size="sm">{words('text')}</Text>
        {!all && (
          <Radio.Group
            label={words('result')}
            value={result}
            onChange={(value) => setResult(results.find((one) => one === value) ?? done)}
          >
            <Stack gap={4} mt={4}>
              {results.map((value) => (
                <Radio key={value} value={value} label={words(value)} />
              ))}
            </Stack>
          </Radio.Group>
        )}
        {result !== done && <Text size="sm">{words('alive')}</Text>}
      </ActDialog>
    </Group>
  );
}
