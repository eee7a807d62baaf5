import { Alert, Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { formatCount, Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { LookAtSource } from '../parts/look-at-source.tsx';
import { Page } from '../parts/page.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { FactsTable, Section } from '../parts/section.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('order-source', {
  ja: {
    title: '注文データの取得元',
    settings: '設定を開く',
    source: '取得元',
    upload: '人・プログラムがアップロード',
    directory: 'フォルダ',
    sftp: 'SFTPサーバー',
    https: 'HTTPSのアドレス',
    uploadText:
      '自動では取得しません。注文CSVは請求サイクルの画面から取り込んでください。フォルダ・SFTP・HTTPSから自動で取得するには、設定 orderSource を変更してください。',
    cycles: '請求サイクルを開く',
    kind: '方法',
    where: '場所',
    looked: '最後の確認',
    never: 'まだ確認していません。請求サイクルが始まると、設定の間隔で確認します。',
    error: '取得元を確認できていません',
    since:
      'から続いています。接続は自動で繰り返します。急ぐ場合は注文CSVを画面からアップロードしてください。',
    files: '取り込んだファイル・取り込まなかったファイル',
    month: '請求月',
    name: 'ファイル',
    bytes: 'バイト数',
    fetched: '取得',
    result: '結果',
    used: '取り込み済み',
    refused: '⚠ 取り込まず: {{why}}',
    save: '取り出す',
    none: 'まだ何も取得していません。月を始めると、その月のファイルを取得します。',
  },
  en: {
    title: 'Order source',
    settings: 'Open the settings',
    source: 'Source',
    upload: 'People and programs upload',
    directory: 'Folder',
    sftp: 'SFTP server',
    https: 'Address (HTTPS)',
    uploadText:
      'Nothing is fetched: bring order exports in at the billing cycle. To have them fetched from a folder, SFTP or HTTPS change the setting orderSource.',
    cycles: 'Open the billing cycles',
    kind: 'By',
    where: 'Where',
    looked: 'Last look',
    never: 'Nobody has looked yet: a month that runs looks by the settings.',
    error: 'The source cannot be read',
    since: 'is since when. It is tried again by itself; upload the export where it is urgent.',
    files: 'Files that were taken or refused',
    month: 'Month',
    name: 'File',
    bytes: 'Bytes',
    fetched: 'Fetched',
    result: 'Result',
    used: 'Taken',
    refused: '⚠ Refused: {{why}}',
    save: 'Download',
    none: 'Nothing was fetched yet: start a month, and its files are.',
  },
});

type Source = NonNullable<Read<'readOrderSource'>['data']>;

/** Where the month's orders come from, and how fetching them goes. */
function OrderSourcePage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const read = useRead(
    'readOrderSource',
    { params: { merchant }, query: { limit: 100 } },
    { everyMs: 5000 },
  );
  return (
    <Page title={words('title')}>
      <Loaded read={read}>
        {(source) => (
          <>
            <State source={source} />
            {source.kind !== 'upload' && <LookAtSource />}
            <Files files={source.files} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function State({ source }: { readonly source: Source }) {
  const words = useWords();
  const { place } = useMerchant();
  return (
    <Section
      title={words('source')}
      actions={
        <Anchor component={Link} to={`${place('settings')}?block=orderSource`} size="sm">
          {words('settings')}
        </Anchor>
      }
    >
      {source.error !== null && (
        <Alert color="red" variant="outline" title={words('error')}>
          {source.error} <Instant at={source.errorAt} /> {words('since')}
        </Alert>
      )}
      <FactsTable
        label={words('source')}
        facts={[
          [words('kind'), words(source.kind)],
          ...(source.kind === 'upload'
            ? []
            : ([
                [
                  words('where'),
                  <span key="where" className="raw-line">
                    {source.source}
                  </span>,
                ],
                [
                  words('looked'),
                  source.lookedAt === null ? (
                    words('never')
                  ) : (
                    <Instant key="at" at={source.lookedAt} />
                  ),
                ],
              ] as const)),
        ]}
      />
      {source.kind === 'upload' && (
        <Group>
          <Text size="sm">{words('uploadText')}</Text>
          <Anchor component={Link} to={place('cycles')} size="sm">
            {words('cycles')}
          </Anchor>
        </Group>
      )}
    </Section>
  );
}

function Files({ files }: { readonly files: Source['files'] }) {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const mayTakeOut = useMay('operator', 'exportPersonalData');
  return (
    <Section title={words('files')}>
      <ListTable
        label={words('files')}
        rows={files}
        keyOf={({ month, name, fetchedAt }) => `${month} ${name} ${fetchedAt}`}
        none={words('none')}
        columns={[
          {
            title: words('month'),
            cell: ({ month }) => (
              <Anchor component={Link} to={place('cycles', month)} size="sm">
                {month}
              </Anchor>
            ),
          },
          { title: words('name'), cell: ({ name }) => name },
          { title: words('bytes'), numeric: true, cell: ({ bytes }) => formatCount(bytes) },
          { title: words('fetched'), cell: ({ fetchedAt }) => <Instant at={fetchedAt} /> },
          {
            title: words('result'),
            cell: ({ refusal }) =>
              refusal === null ? words('used') : words('refused', { why: refusal }),
          },
          ...(mayTakeOut
            ? [
                {
                  title: words('save'),
                  cell: ({ sha256 }: Source['files'][number]) =>
                    sha256 === null ? (
                      '—'
                    ) : (
                      <SaveButton
                        route="downloadFile"
                        input={{ params: { merchant, sha256 } }}
                        label={words('save')}
                        size="compact-xs"
                      />
                    ),
                },
              ]
            : []),
        ]}
      />
    </Section>
  );
}

export const route = { Component: OrderSourcePage };
