import { Alert, Button, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { CycleDetail } from '../month-progress.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';

const useWords = defineWords('cycle-acts', {
  ja: {
    resume: '再開する',
    resumeTitle: '止まっている処理を再開する',
    resumeText: '原因を取り除いてから再開してください。止まった処理をもう一度行います。',
    rebuild: '作り直す',
    rebuildTitle: 'ファイルを作り直す',
    rebuildText:
      '書式エラーになったファイルや、取り下げたファイルの請求を、新しいファイルに入れます。原因を取り除いてから実行してください。',
    kind: '種類',
    auth: 'オーソリ',
    capture: '売上',
    built: '新しいファイルを {{n}} 個作りました。',
    nothing: 'ファイルは作りませんでした',
    close: '閉じる',
  },
  en: {
    resume: 'Resume',
    resumeTitle: 'Resume what stands still',
    resumeText: 'Remove the cause first; then the step is tried again.',
    rebuild: 'Build again',
    rebuildTitle: 'Build files again',
    rebuildText:
      'What stood in a rejected or withdrawn file goes into a new one. Remove the cause first.',
    kind: 'Kind',
    auth: 'Authorization',
    capture: 'Capture',
    built: 'New files: {{n}}.',
    nothing: 'No file was built',
    close: 'Close',
  },
});

/** A month whose step was refused goes on when a person says so. */
export function ResumeCycle({
  month,
  trouble,
}: {
  readonly month: string;
  readonly trouble: string;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const [opened, setOpened] = useState(false);
  const resume = useAct('resumeCycle');
  return (
    <>
      <Button disabled={!may} onClick={() => setOpened(true)}>
        {words('resume')}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('resumeTitle')}
        confirm={words('resume')}
        reason="required"
        acting={resume.acting}
        problem={resume.problem}
        onConfirm={async (reason) => {
          const done = await resume.act({ params: { merchant, month }, body: { reason } });
          if (done !== null) setOpened(false);
        }}
      >
        <Text>{trouble}</Text>
        <Text size="sm">{words('resumeText')}</Text>
      </ActDialog>
    </>
  );
}

interface Built {
  readonly files: number;
  /** Why there are none. */
  readonly why: string | null;
}

/** New files for what came back from others; only where something waits for one. */
export function RebuildFiles({ cycle }: { readonly cycle: CycleDetail }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const [opened, setOpened] = useState(false);
  const [kind, setKind] = useState<'auth' | 'capture'>('auth');
  const rebuild = useAct('rebuildFiles');
  const [built, setBuilt] = useState<Built | null>(null);
  if (['collecting', 'previewing', 'awaiting_approval', 'closed'].includes(cycle.stage))
    return null;
  return (
    <>
      <Button variant="default" size="xs" disabled={!may} onClick={() => setOpened(true)}>
        {words('rebuild')}
      </Button>
      {built !== null && (
        <Alert
          color={built.files === 0 ? 'yellow' : 'teal'}
          variant="outline"
          role="status"
          withCloseButton
          closeButtonLabel={words('close')}
          title={built.files === 0 ? words('nothing') : words('built', { n: built.files })}
          onClose={() => setBuilt(null)}
        >
          {built.why}
        </Alert>
      )}
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('rebuildTitle')}
        confirm={words('rebuild')}
        reason="required"
        acting={rebuild.acting}
        problem={rebuild.problem}
        onConfirm={async (reason) => {
          const params = { merchant, month: cycle.month };
          const done = await rebuild.act({ params, body: { kind, reason } });
          if (done === null) return;
          setOpened(false);
          setBuilt(done);
        }}
      >
        <Text size="sm">{words('rebuildText')}</Text>
        <Radio.Group
          label={words('kind')}
          value={kind}
          onChange={(value) => setKind(value === 'capture' ? 'capture' : 'auth')}
        >
          <Stack gap={4} mt={4}>
            <Radio value="auth" label={words('auth')} />
            <Radio value="capture" label={words('capture')} />
          </Stack>
        </Radio.Group>
      </ActDialog>
    </>
  );
}
