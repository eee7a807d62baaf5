import { Anchor, Checkbox, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useRoundStateWords } from '../words/card-words.ts';
import { ActButton, orNull } from './act-button.tsx';
import { Count, Instant } from './figures.tsx';
import { FileDrop } from './file-drop.tsx';
import { ListTable } from './list-table.tsx';
import type { Migration } from './migration-checks.tsx';
import { ProblemNote } from './problem-note.tsx';
import { SaveButton } from './save-button.tsx';
import { Section } from './section.tsx';

const useWords = defineWords('migration-files', {
  ja: {
    link: '連携ファイル',
    file: 'ファイル',
    customers: '顧客',
    released: '確定',
    handed: '渡した記録',
    handOver: '決済会社に渡した',
    handOverText: '連携ファイルを決済会社に渡したことを記録します。返却ファイルを待ち始めます。',
    linkNone: '連携ファイルはまだありません。確認が済むと確定できます。',
    download: '取り出す',
    noRight: '取り出しには「個人情報のCSV出力」の権限が必要です。',
    returned: '返却ファイル',
    state: '状態',
    lines: '行数',
    imported: '取り込み',
    failed: '失敗',
    quarantined: '対象外',
    taken: '受け取り',
    rows: '行ごとの結果',
    superseded: '(差し替え済み)',
    added: '(追加分)',
    returnedNone: '返却ファイルはまだありません。決済会社から届いたら、上に入れてください。',
    drop: '決済会社の返却ファイルを入れる',
    addition: '前のファイルに追加する(差し替えない)',
    replaces:
      '訂正されたファイルを入れると、前のファイルの内容と入れ替わります。二重にはなりません。',
  },
  en: {
    link: 'Link file',
    file: 'File',
    customers: 'Customers',
    released: 'Released',
    handed: 'Handed over',
    handOver: 'The PSP has it',
    handOverText: 'It is recorded that the PSP has the link file; its answer is awaited.',
    linkNone: 'No link file yet: it can be released once the checks are done.',
    download: 'Download',
    noRight: 'Downloading takes the right to export personal data.',
    returned: 'Returned files',
    state: 'State',
    lines: 'Lines',
    imported: 'Imported',
    failed: 'Failed',
    quarantined: 'Quarantined',
    taken: 'Taken',
    rows: 'Row by row',
    superseded: '(replaced)',
    added: '(addition)',
    returnedNone: 'No returned file yet: drop it above when the PSP has sent it.',
    drop: "Drop the PSP's returned file",
    addition: 'It adds to the files before it (does not replace them)',
    replaces: 'A corrected file takes the place of the one before; nothing is doubled.',
  },
});

export function LinkFiles({ migration }: { readonly migration: Migration }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const mayExport = useMay('operator', 'exportPersonalData');
  const handOver = useAct('recordLinkHandOver');
  const params = { merchant, number: migration.number };
  return (
    <Section
      title={words('link')}
      actions={
        may &&
        migration.stage === 'handing_over' && (
          <ActButton
            label={words('handOver')}
            text={words('handOverText')}
            variant="filled"
            reason="optional"
            act={handOver}
            onConfirm={(reason) => handOver.act({ params, body: { reason: orNull(reason) } })}
          />
        )
      }
    >
      <LinkFileTable migration={migration} />
      {may && !mayExport && migration.linkFiles.length > 0 && (
        <Text size="sm">{words('noRight')}</Text>
      )}
    </Section>
  );
}

function LinkFileTable({ migration }: { readonly migration: Migration }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const mayExport = useMay('operator', 'exportPersonalData');
  return (
    <ListTable
      label={words('link')}
      rows={migration.linkFiles}
      keyOf={({ n }) => n}
      none={words('linkNone')}
      columns={[
        { title: words('file'), cell: ({ fileName }) => fileName },
        {
          title: words('customers'),
          numeric: true,
          cell: ({ customers }) => <Count count={customers} />,
        },
        {
          title: words('released'),
          cell: ({ releasedAt, releasedBy }) => (
            <>
              <Instant at={releasedAt} /> {releasedBy}
            </>
          ),
        },
        {
          title: words('handed'),
          cell: ({ handedOverAt, handedOverBy }) => (
            <>
              <Instant at={handedOverAt} /> {handedOverBy}
            </>
          ),
        },
        {
          title: words('download'),
          cell: ({ n }) => (
            <SaveButton
              size="xs"
              disabled={!mayExport}
              route="downloadLinkFile"
              input={{ params: { merchant, number: migration.number, n } }}
              label={words('download')}
            />
          ),
        },
      ]}
    />
  );
}

export function ReturnedFiles({ migration }: { readonly migration: Migration }) {
  const words = useWords();
  const states = useRoundStateWords();
  const { merchant, place } = useMerchant();
  const may = useMay('operator');
  const upload = useAct('uploadReturnedFile');
  const [addition, setAddition] = useState(false);
  const { number, stage, returnedFiles } = migration;
  const open = stage === 'awaiting_return' || stage === 'covering' || stage === 'handing_over';
  return (
    <Section title={words('returned')}>
      {may && open && (
        <Stack gap="xs">
          <FileDrop
            label={words('drop')}
            busy={upload.acting}
            onFile={(file) =>
              void upload.act({
                params: { merchant, number },
                query: { name: file.name, addition },
                body: file,
              })
            }
          />
          {returnedFiles.length > 0 && (
            <Checkbox
              label={words('addition')}
              description={words('replaces')}
              checked={addition}
              onChange={(event) => setAddition(event.currentTarget.checked)}
            />
          )}
          <ProblemNote problem={upload.problem} />
        </Stack>
      )}
      <ListTable
        label={words('returned')}
        rows={returnedFiles}
        keyOf={({ n }) => n}
        none={words('returnedNone')}
        columns={[
          {
            title: words('file'),
            cell: (of) => (
              <>
                {of.fileName} {of.addition && words('added')}{' '}
                {of.supersededAt !== null && words('superseded')}
              </>
            ),
          },
          {
            title: words('state'),
            cell: (of) => (
              <>
                {states(of.state)}
                {of.trouble !== null && <Text size="sm">{of.trouble}</Text>}
              </>
            ),
          },
          ...(['lines', 'imported', 'failed', 'quarantined'] as const).map((name) => ({
            title: words(name),
            numeric: true,
            cell: (of: Migration['returnedFiles'][number]) => <Count count={of[name]} />,
          })),
          {
            title: words('taken'),
            cell: (of) => (
              <>
                <Instant at={of.takenAt} /> {of.takenBy}
              </>
            ),
          },
          {
            title: words('rows'),
            cell: ({ n }) => (
              <Anchor component={Link} to={place('card-migrations', number, 'returned-files', n)}>
                {words('rows')}
              </Anchor>
            ),
          },
        ]}
      />
    </Section>
  );
}
