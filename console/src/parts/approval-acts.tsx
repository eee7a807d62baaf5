import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';
import { CountAndYen } from './figures.tsx';

const useWords = defineWords('approval-acts', {
  ja: {
    approve: '承認する',
    reject: '差し戻す',
    approveTitle: 'この内容で請求を承認する',
    approveText: '承認すると、オーソリ用のファイルが作成されます。',
    rejectTitle: '請求を差し戻す',
    rejectText: '差し戻すと何も請求されません。注文は次の実行を待ちます。',
    cannot: '承認には承認者の権限が必要です。承認者に依頼してください。',
  },
  en: {
    approve: 'Approve',
    reject: 'Send back',
    approveTitle: 'Approve billing this',
    approveText: 'Once approved, the authorization files are built.',
    rejectTitle: 'Send the billing back',
    rejectText: 'Nothing is billed; the orders wait for another run.',
    cannot: 'This takes the role of an approver: ask one.',
  },
});

/** Lets a run go or sends it back. It names what was shown: anything else is refused. */
export function ApprovalActs({
  month,
  preview,
}: {
  readonly month: string;
  readonly preview: {
    readonly sha256: string;
    readonly rows: number | null;
    readonly yen: number | null;
  };
}) {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const navigate = useNavigate();
  const may = useMay('approver');
  const [asked, setAsked] = useState<'approve' | 'reject' | null>(null);
  const approve = useAct('approveRun');
  const reject = useAct('rejectRun');
  const { sha256, rows, yen } = preview;
  const params = { merchant, month };
  const decide = async (reason: string) => {
    const done =
      asked === 'approve'
        ? await approve.act({ params, body: { sha256, reason: reason === '' ? null : reason } })
        : await reject.act({ params, body: { sha256, reason } });
    if (done === null) return;
    setAsked(null);
    await navigate(place('cycles', month));
  };
  const figures = <CountAndYen of={{ rows: rows ?? 0, yen: yen ?? 0 }} fw={700} />;
  return (
    <Group className="no-print">
      <Button disabled={!may} onClick={() => setAsked('approve')}>
        {words('approve')}
      </Button>
      <Button disabled={!may} variant="default" onClick={() => setAsked('reject')}>
        {words('reject')}
      </Button>
      {!may && <Text size="sm">{words('cannot')}</Text>}
      <ActDialog
        opened={asked === 'approve'}
        onClose={() => setAsked(null)}
        title={words('approveTitle')}
        confirm={words('approve')}
        reason="optional"
        acting={approve.acting}
        problem={approve.problem}
        onConfirm={(reason) => void decide(reason)}
      >
        {figures}
        <Text size="sm">{words('approveText')}</Text>
      </ActDialog>
      <ActDialog
        opened={asked === 'reject'}
        onClose={() => setAsked(null)}
        title={words('rejectTitle')}
        confirm={words('reject')}
        danger
        reason="required"
        acting={reject.acting}
        problem={reject.problem}
        onConfirm={(reason) => void decide(reason)}
      >
        {figures}
        <Text size="sm">{words('rejectText')}</Text>
      </ActDialog>
    </Group>
  );
}
