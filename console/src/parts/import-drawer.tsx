import { Alert, Button, Drawer, Group, List, Stack, Table, Tabs, Text } from '@mantine/core';
import { useState } from 'react';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { type ImportRow, ImportStageBadge } from '../pages/imports.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useImportKindWords } from '../words/import-words.ts';
import { importWorkflow } from '../workflow-names.ts';
import { ActDialog } from './act-dialog.tsx';
import { useCloseButton } from './close-button.ts';
import { Count, Instant } from './figures.tsx';
import { ImportErrors } from './import-errors.tsx';
import { Loaded } from './loaded.tsx';
import { SaveButton } from './save-button.tsx';
import { WorkflowLink } from './workflow-link.tsx';

const useWords = defineWords('import-drawer', {
  ja: {
    title: '取り込み {{n}}',
    kind: '種別',
    file: 'ファイル名',
    at: '登録日時',
    by: '登録した人',
    rows: '件数',
    imported: '取込成功',
    failed: '取込失敗',
    warned: '注意のある行',
    encoding: '文字コード',
    finished: '終了',
    failedRows: '取込失敗の行をCSVで取り出す',
    original: '元のファイル',
    mend: '失敗した行だけを直して、もう一度取り込んでください。成功した行は取り込み済みです。',
    right: 'ファイルの取り出しには「個人情報の出力」の権限が必要です。',
    errors: 'エラー内容({{n}} 行)',
    warnings: '注意({{n}} 行)',
    start: '取り込みを開始する',
    startText: 'このファイルの取り込みを始めます。正しい行がデータに反映されます。',
    cancel: '削除する',
    cancelText: 'アップロードしたファイルを削除します。何も取り込みません。',
  },
  en: {
    title: 'Import {{n}}',
    kind: 'Kind',
    file: 'File',
    at: 'Registered',
    by: 'By',
    rows: 'Rows',
    imported: 'Imported',
    failed: 'Failed',
    warned: 'With a warning',
    encoding: 'Encoding',
    finished: 'Finished',
    failedRows: 'Download the failed rows',
    original: 'The file itself',
    mend: 'Mend the failed rows alone and import them again; the others are in.',
    right: 'Downloads need the right to export personal data.',
    errors: 'Errors ({{n}} rows)',
    warnings: 'Warnings ({{n}} rows)',
    start: 'Start the import',
    startText: 'The file is imported: good rows take effect.',
    cancel: 'Delete',
    cancelText: 'The upload is deleted; nothing is imported.',
  },
});

/** One import beside the history: how far it is, what failed, and what to do about it. */
export function ImportDrawer({
  number,
  onClose,
}: {
  readonly number: number | null;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const closeButton = useCloseButton();
  return (
    <Drawer
      opened={number !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title={words('title', { n: number ?? '' })}
      closeButtonProps={closeButton}
    >
      {number !== null && <ImportSheet key={number} number={number} />}
    </Drawer>
  );
}

function ImportSheet({ number }: { readonly number: number }) {
  const { merchant } = useMerchant();
  const read = useRead('readImport', { params: { merchant, number } }, { everyMs: 1500 });
  return (
    <Loaded read={read}>
      {(one) => (
        <Stack>
          <Group justify="space-between">
            <ImportStageBadge one={one} />
            <WorkflowLink workflowId={importWorkflow(merchant, number)} />
          </Group>
          <Text role="status">{one.state}</Text>
          {one.remarks.length > 0 && (
            <Alert variant="outline" color="yellow">
              <List size="sm">
                {one.remarks.map((remark) => (
                  <List.Item key={remark}>{remark}</List.Item>
                ))}
              </List>
            </Alert>
          )}
          <ImportActs one={one} />
          <RowTabs one={one} />
          <ImportFigures one={one} />
        </Stack>
      )}
    </Loaded>
  );
}

function ImportFigures({ one }: { readonly one: ImportRow }) {
  const words = useWords();
  const kinds = useImportKindWords();
  const rows = [
    ['file', one.fileName],
    ['kind', kinds(one.kind)],
    ['at', <Instant key="at" at={one.registeredAt} />],
    ['by', one.registeredBy],
    ['finished', <Instant key="finished" at={one.finishedAt} />],
    ['encoding', one.encoding ?? '—'],
    ['rows', <Count key="rows" count={one.rows} />],
    ['imported', <Count key="imported" count={one.imported} />],
    ['failed', <Count key="failed" count={one.failed} />],
    ['warned', <Count key="warned" count={one.warned} />],
  ] as const;
  return (
    <Table variant="vertical">
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={140} scope="row">
              {words(name)}
            </Table.Th>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function RowTabs({ one }: { readonly one: ImportRow }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator', 'exportPersonalData');
  const input = { params: { merchant, number: one.number } };
  return (
    <>
      {one.failed > 0 && <Text size="sm">{words('mend')}</Text>}
      <Group>
        {one.failed > 0 && (
          <SaveButton
            route="downloadFailedRows"
            input={input}
            label={words('failedRows')}
            variant="filled"
            disabled={!may}
          />
        )}
        <SaveButton
          route="downloadImportFile"
          input={input}
          label={words('original')}
          disabled={!may}
        />
      </Group>
      {!may && (
        <Text size="xs" c="dimmed">
          {words('right')}
        </Text>
      )}
      {(one.failed > 0 || one.warned > 0) && (
        <Tabs defaultValue={one.failed > 0 ? 'errors' : 'warnings'} keepMounted={false}>
          <Tabs.List>
            {one.failed > 0 && (
              <Tabs.Tab value="errors">{words('errors', { n: one.failed })}</Tabs.Tab>
            )}
            {one.warned > 0 && (
              <Tabs.Tab value="warnings">{words('warnings', { n: one.warned })}</Tabs.Tab>
            )}
          </Tabs.List>
          {(['errors', 'warnings'] as const).map((kind) => (
            <Tabs.Panel key={kind} value={kind} pt="sm">
              <ImportErrors number={one.number} kind={kind} />
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </>
  );
}

/** An upload that was held waits for one of two words. */
function ImportActs({ one }: { readonly one: ImportRow }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const [asked, setAsked] = useState<'start' | 'cancel' | null>(null);
  const start = useAct('startImport');
  const cancel = useAct('cancelImport');
  if (one.stage !== 'uploaded' || !may) return null;
  const act = asked === 'cancel' ? cancel : start;
  const confirm = async (reason: string) => {
    const body = { reason: reason === '' ? null : reason };
    const done = await act.act({ params: { merchant, number: one.number }, body });
    if (done !== null) setAsked(null);
  };
  return (
    <Group>
      <Button onClick={() => setAsked('start')}>{words('start')}</Button>
      <Button variant="default" onClick={() => setAsked('cancel')}>
        {words('cancel')}
      </Button>
      <ActDialog
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={words(asked ?? 'start')}
        confirm={words(asked ?? 'start')}
        danger={asked === 'cancel'}
        reason="optional"
        acting={act.acting}
        problem={act.problem}
        onConfirm={(reason) => void confirm(reason)}
      >
        <Text>{words(asked === 'cancel' ? 'cancelText' : 'startText')}</Text>
        <Text fw={600}>{one.fileName}</Text>
      </ActDialog>
    </Group>
  );
}
