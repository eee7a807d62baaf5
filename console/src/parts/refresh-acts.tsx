import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { useCloseButton } from './close-button.ts';
import { formatCount } from './figures.tsx';
import { FileDrop } from './file-drop.tsx';
import { ProblemNote } from './problem-note.tsx';
import { SaveButton } from './save-button.tsx';

export type Refresh = NonNullable<Read<'readCardRefresh'>['data']>;

const useWords = defineWords('refresh-acts', {
  ja: {
    run: '今すぐ実行する',
    runText: '待っている処理をいま試します。依頼前なら接続を試し、依頼の日であれば送信します。',
    decide: '依頼の到着を記録する',
    decideText:
      '依頼がGMOに届いたかどうかが不明です。GMOに確かめてから記録してください。届いていないと記録すると、もう一度送ります。',
    arrived: '届いていた',
    notArrived: '届いていなかった(もう一度送る)',
    close: '終了する',
    closeText:
      'この月の洗替を終わりにします。結果のないカードは変わらず、翌月の対象になります。結果ファイルは後からでも取り込めます。',
    result: '結果ファイルを取り込む',
    drop: 'GMO の洗替結果ファイル',
    held: '{{name}}({{size}} バイト)を {{month}} の洗替の結果として取り込みます。カードの有効期限の更新と利用停止は、取り込むと元に戻せません。',
    take: '取り込む',
    other: '別のファイルを選ぶ',
    request: '依頼ファイル',
  },
  en: {
    run: 'Run now',
    runText: 'What waits is tried now: the connection, or the request on its day.',
    decide: 'Record whether it arrived',
    decideText:
      'Nobody knows whether the request reached GMO. Ask GMO first. If it did not, it is sent again.',
    arrived: 'It arrived',
    notArrived: 'It did not (send it again)',
    close: 'End this month',
    closeText:
      'The refresh of this month ends. Cards without a result stay as they are and are asked for next month. A result may still be taken in.',
    result: 'Take in a result file',
    drop: "GMO's result file",
    held: '{{name}} ({{size}} bytes) will be taken in as the result of {{month}}. Expiries and locks of cards that it brings cannot be undone.',
    take: 'Take it in',
    other: 'Another file',
    request: 'Request file',
  },
});

export function RefreshActs({ refresh }: { readonly refresh: Refresh }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const run = useAct('runCardRefreshNow');
  const close = useAct('closeCardRefresh');
  if (!may) return null;
  const { month, stage } = refresh;
  const params = { merchant, month };
  return (
    <>
      {refresh.requestSha256 !== null && (
        <SaveButton route="downloadRefreshRequest" input={{ params }} label={words('request')} />
      )}
      {(stage === 'awaiting_result' || stage === 'done') && <TakeResult month={month} />}
      {stage === 'unknown' && <DecideRequest month={month} />}
      {stage !== 'done' && stage !== 'unknown' && (
        <ActButton
          label={words('run')}
          text={words('runText')}
          reason="required"
          act={run}
          onConfirm={(reason) => run.act({ params, body: { reason } })}
        />
      )}
      {stage !== 'done' && stage !== 'not_run' && (
        <ActButton
          label={words('close')}
          text={words('closeText')}
          danger
          variant="outline"
          reason="required"
          act={close}
          onConfirm={(reason) => close.act({ params, body: { reason } })}
        />
      )}
    </>
  );
}

function DecideRequest({ month }: { readonly month: string }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const decide = useAct('decideRefreshRequest');
  const [arrived, setArrived] = useState('');
  return (
    <ActButton
      label={words('decide')}
      text={words('decideText')}
      variant="filled"
      reason="required"
      incomplete={arrived === ''}
      act={decide}
      onConfirm={(reason) =>
        decide.act({ params: { merchant, month }, body: { arrived: arrived === 'yes', reason } })
      }
    >
      <Radio.Group value={arrived} onChange={setArrived} aria-label={words('decide')}>
        <Group>
          <Radio value="yes" label={words('arrived')} />
          <Radio value="no" label={words('notArrived')} />
        </Group>
      </Radio.Group>
    </ActButton>
  );
}

function TakeResult({ month }: { readonly month: string }) {
  const words = useWords();
  const closeButton = useCloseButton();
  const { merchant } = useMerchant();
  const [opened, setOpened] = useState(false);
  const [held, setHeld] = useState<File | null>(null);
  const upload = useAct('uploadFile');
  const ingest = useAct('ingestRefreshResult');
  const hold = (file: File | null) => {
    upload.forget();
    ingest.forget();
    setHeld(file);
  };
  const close = () => {
    setOpened(false);
    hold(null);
  };
  const busy = upload.acting || ingest.acting;
  const take = async (file: File) => {
    const query = { name: file.name, kind: 'refresh-result' as const };
    const stored = await upload.act({ params: { merchant }, query, body: file });
    if (stored === null) return;
    const body = { sha256: stored.sha256 };
    if ((await ingest.act({ params: { merchant, month }, body })) !== null) close();
  };
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {words('result')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={words('result')}
        centered
        closeButtonProps={closeButton}
      >
        {held === null ? (
          <FileDrop label={words('drop')} busy={busy} onFile={hold} />
        ) : (
          <Stack>
            <Text>{words('held', { name: held.name, size: formatCount(held.size), month })}</Text>
            <Group justify="flex-end">
              <Button variant="default" disabled={busy} onClick={() => hold(null)}>
                {words('other')}
              </Button>
              <Button loading={busy} onClick={() => void take(held)}>
                {words('take')}
              </Button>
            </Group>
          </Stack>
        )}
        <ProblemNote problem={upload.problem ?? ingest.problem} />
      </Modal>
    </>
  );
}
