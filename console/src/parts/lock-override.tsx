import { Alert, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { FileDrop } from './file-drop.tsx';
import { ProblemNote } from './problem-note.tsx';

export type Lock = NonNullable<Read<'readCardLock'>['data']>['lock'];

export const useMismatchWords = defineWords('lock-mismatches', {
  ja: {
    wrong_row: '別の行(別の顧客・カード)の判定が取り込まれた',
    wrong_month: '別の月の判定が取り込まれた',
  },
  en: {
    wrong_row: 'The verdict of another row (customer, card) was taken in',
    wrong_month: 'The verdict of another month was taken in',
  },
});

const useWords = defineWords('lock-override', {
  ja: {
    ask: '照合ミスによる解除を申請する',
    askText: '申請すると、別の承認者が確かめるまで、カードは停止されたままです。',
    warning: '必ずお読みください',
    mismatch: '取り違えの内容',
    proof: '証明するファイル(正しい結果ファイルなど)',
    proofStored: '証拠: {{name}}',
    approve: '解除を承認する',
    approveText: 'カードの停止を解除します。次の請求からこのカードが請求されます。',
    reject: '申請を却下する',
    rejectText: 'カードは停止されたままです。',
    other: '承認は、申請した人とは別の承認者が行います。',
  },
  en: {
    ask: 'Ask to override a mis-match',
    askText: 'The card stays locked until another person, an approver, has looked.',
    warning: 'Read this first',
    mismatch: 'Mis-match',
    proof: 'File that proves it (the right result file, say)',
    proofStored: 'Proof: {{name}}',
    approve: 'Approve the override',
    approveText: 'The lock falls: the card is billed from the next billing on.',
    reject: 'Reject the request',
    rejectText: 'The card stays locked.',
    other: 'An approver who is somebody else answers it.',
  },
});

interface Asked {
  readonly lock: Lock;
  /** The manual's warning, in the API's words. */
  readonly warning: string;
}

function Warning({ text }: { readonly text: string }) {
  const words = useWords();
  return (
    <Alert color="red" variant="outline" title={words('warning')}>
      {text}
    </Alert>
  );
}

export function AskOverride({ lock, warning }: Asked) {
  const words = useWords();
  const mismatches = useMismatchWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const ask = useAct('requestLockOverride');
  const upload = useAct('uploadFile');
  const [mismatch, setMismatch] = useState<'wrong_row' | 'wrong_month'>('wrong_row');
  const [proof, setProof] = useState<{ readonly name: string; readonly sha256: string } | null>(
    null,
  );
  const store = async (file: File) => {
    const query = { name: file.name, kind: 'refresh-result' as const };
    const stored = await upload.act({ params: { merchant }, query, body: file });
    if (stored !== null) setProof({ name: file.name, sha256: stored.sha256 });
  };
  if (!may) return null;
  return (
    <ActButton
      label={words('ask')}
      text={words('askText')}
      danger
      variant="outline"
      reason="required"
      incomplete={proof === null}
      act={ask}
      onConfirm={(reason) =>
        ask.act({
          params: { merchant, lock: lock.number },
          body: { mismatch, evidenceSha256: proof?.sha256 ?? '', reason },
        })
      }
    >
      <Warning text={warning} />
      <Radio.Group
        label={words('mismatch')}
        value={mismatch}
        onChange={(value) => setMismatch(value === 'wrong_month' ? value : 'wrong_row')}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="wrong_row" label={mismatches('wrong_row')} />
          <Radio value="wrong_month" label={mismatches('wrong_month')} />
        </Stack>
      </Radio.Group>
      <FileDrop label={words('proof')} busy={upload.acting} onFile={(file) => void store(file)} />
      {proof !== null && <Text size="sm">✓ {words('proofStored', { name: proof.name })}</Text>}
      <ProblemNote problem={upload.problem} />
    </ActButton>
  );
}

/** @param override the request as it stands on the page: what is answered is what was read */
export function AnswerOverride({ lock, warning, override }: Asked & { readonly override: number }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('approver');
  const approve = useAct('answerLockOverride');
  const reject = useAct('answerLockOverride');
  const params = { merchant, lock: lock.number };
  if (!may) return <Text size="sm">{words('other')}</Text>;
  return (
    <>
      <ActButton
        label={words('approve')}
        text={words('approveText')}
        danger
        variant="filled"
        reason="required"
        act={approve}
        onConfirm={(reason) =>
          approve.act({ params, body: { override, answer: 'approved', reason } })
        }
      >
        <Warning text={warning} />
      </ActButton>
      <ActButton
        label={words('reject')}
        text={words('rejectText')}
        reason="required"
        act={reject}
        onConfirm={(reason) =>
          reject.act({ params, body: { override, answer: 'rejected', reason } })
        }
      >
        <Warning text={warning} />
      </ActButton>
    </>
  );
}
