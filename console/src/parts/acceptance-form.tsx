import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { ExchangeParams } from '../pages/exchange.tsx';
import { useMay } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('acceptance', {
  ja: {
    number: '受付番号',
    hint: 'アップロード後の画面に表示された番号',
    matched: '確認画面の決済種別・取引種別・件数・金額は、上の値と同じでした',
    record: '受付番号を記録する',
    correct: '受付番号を訂正する',
    correctTitle: '受付番号の入力誤りを訂正する',
  },
  en: {
    number: 'Acceptance number',
    hint: 'As the screen shows it after the upload',
    matched: 'The confirm screen showed the values above',
    record: 'Record the acceptance number',
    correct: 'Correct the number',
    correctTitle: 'Correct a mistyped acceptance number',
  },
});

const numberPattern = /^[0-9A-Za-z-]{1,32}$/;

/** What the screen showed after the upload. Without the comparison nothing is recorded. */
export function AcceptanceForm({ params }: { readonly params: ExchangeParams }) {
  const words = useWords();
  const may = useMay('operator');
  const [number, setNumber] = useState('');
  const [matched, setMatched] = useState(false);
  const record = useAct('recordAcceptance');
  const acceptanceNumber = number.trim();
  const ready = may && matched && numberPattern.test(acceptanceNumber);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void record.act({ params, body: { acceptanceNumber, matched: true } });
      }}
    >
      <Stack gap="sm" align="flex-start">
        <Checkbox
          label={words('matched')}
          checked={matched}
          onChange={(event) => setMatched(event.currentTarget.checked)}
        />
        <Group align="flex-end">
          <TextInput
            label={words('number')}
            description={words('hint')}
            value={number}
            onChange={(event) => setNumber(event.currentTarget.value)}
            inputMode="numeric"
            autoComplete="off"
            required
          />
          <Button type="submit" disabled={!ready} loading={record.acting}>
            {words('record')}
          </Button>
        </Group>
        <ProblemNote problem={record.problem} />
      </Stack>
    </form>
  );
}

/** Until a result has come, a mistyped number is put right with a reason. */
export function CorrectAcceptance({ params }: { readonly params: ExchangeParams }) {
  const words = useWords();
  const may = useMay('operator');
  const [opened, setOpened] = useState(false);
  const [number, setNumber] = useState('');
  const correct = useAct('correctAcceptance');
  const acceptanceNumber = number.trim();
  return (
    <>
      <Button variant="default" size="xs" disabled={!may} onClick={() => setOpened(true)}>
        {words('correct')}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('correctTitle')}
        confirm={words('correct')}
        reason="required"
        acting={correct.acting}
        problem={correct.problem}
        disabled={!numberPattern.test(acceptanceNumber)}
        onConfirm={async (reason) => {
          const done = await correct.act({ params, body: { acceptanceNumber, reason } });
          if (done !== null) setOpened(false);
        }}
      >
        <TextInput
          label={words('number')}
          value={number}
          onChange={(event) => setNumber(event.currentTarget.value)}
          required
        />
      </ActDialog>
    </>
  );
}
