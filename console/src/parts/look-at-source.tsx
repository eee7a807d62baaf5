import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { CallAnswer } from '../../../api/client/call.ts';
import type { Contract } from '../../../api/contract.ts';
import { businessDateOf } from '../../../billing/business-date.ts';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { formatCount, Instant } from './figures.tsx';
import { ListTable } from './list-table.tsx';
import { isMonth, MonthField } from './month-field.tsx';
import { ProblemNote } from './problem-note.tsx';
import { Section } from './section.tsx';

const useWords = defineWords('look-at-source', {
  ja: {
    title: '今すぐ確認する',
    text: '取得元は設定の間隔で自動で確認します。待たずに取得するか、何が取り込まれるかだけを確かめられます(「接続して確認する」では何も取り込みません)。',
    month: '請求月',
    look: '接続して確認する',
    fetch: '今すぐ取得する',
    fetchText:
      '{{month}} の請求が取得元を確認し、新しい注文CSVがあれば取り込みます。書き込み中のファイルは、1分ほど変わらないのを確かめてから取り込みます。',
    asked:
      '取得を依頼しました。結果は「最後の確認」とファイルの一覧に出ます。月が止まっている場合は、再開してから取得します。',
    works: '接続できました',
    fails: '接続できませんでした',
    files: '見つかったファイル',
    name: 'ファイル',
    bytes: 'バイト数',
    mark: '相手先の更新日時',
    verdict: '判定',
    take: '取り込む',
    settling: '書き込みが終わるのを待つ',
    taken: '取り込み済み',
    of_another_month: '別の月が取り込み済み',
    outdated: '新しいファイルがあるため使わない',
    other: '名前がこの月のものではない',
    none: 'ファイルはありません。取得元に注文CSVがあるか、設定 orderSource の場所と名前の形を確かめてください。',
    may: '確認には担当者の権限が必要です。',
  },
  en: {
    title: 'Look now',
    text: 'The source is looked at by itself. Have it looked at without waiting, or only see what would be taken.',
    month: 'Month',
    look: 'Connect and look',
    fetch: 'Fetch now',
    fetchText:
      '{{month}} looks at the source and takes new exports; one that is being written once it has stood still for a minute.',
    asked:
      'It was asked for; see the last look and the list of files. A month that stands still fetches once it goes on.',
    works: 'It connects',
    fails: 'It does not connect',
    files: 'Files that are there',
    name: 'File',
    bytes: 'Bytes',
    mark: 'Changed at the source',
    verdict: 'Verdict',
    take: 'To be taken',
    settling: 'Perhaps still being written',
    taken: 'Taken',
    of_another_month: 'Another month has it',
    outdated: 'A newer one is there',
    other: 'Its name is not of this month',
    none: 'No file. Is the export there, and are place and pattern of the setting orderSource right?',
    may: 'It takes the role of an operator.',
  },
});

/** Connects to the order source and says what a month would take; takes nothing. */
export function LookAtSource() {
  const words = useWords();
  const { merchant } = useMerchant();
  const params = { merchant };
  const may = useMay('operator');
  const { data: shop } = useRead('readMerchant', { params });
  const test = useAct('testOrderSource');
  const fetch = useAct('lookAtOrderSource');
  const [asked, setAsked] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const [found, setFound] = useState<CallAnswer<Contract['testOrderSource']> | null>(null);
  const month = chosen ?? (shop === undefined ? '' : businessDateOf(shop.businessNow).slice(0, 7));
  return (
    <Section title={words('title')}>
      <Text size="sm">{may ? words('text') : words('may')}</Text>
      {may && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setFound(null);
            void test.act({ params, body: { month } }).then(setFound);
          }}
        >
          <Group align="flex-end">
            <MonthField label={words('month')} value={month} onChange={setChosen} />
            <Button
              type="submit"
              variant="default"
              loading={test.acting}
              disabled={!isMonth(month)}
            >
              {words('look')}
            </Button>
            <ActButton
              label={words('fetch')}
              text={words('fetchText', { month })}
              variant="filled"
              reason="none"
              disabled={!isMonth(month)}
              act={fetch}
              onConfirm={async () => {
                const done = await fetch.act({ params, body: { month } });
                setAsked(done !== null);
                return done;
              }}
            />
          </Group>
        </form>
      )}
      {asked && (
        <Text size="sm" role="status">
          ✓ {words('asked')}
        </Text>
      )}
      <ProblemNote problem={test.problem} />
      {found !== null && <Found found={found} />}
    </Section>
  );
}

function Found({ found }: { readonly found: CallAnswer<Contract['testOrderSource']> }) {
  const words = useWords();
  if (!found.works) {
    return (
      <Alert color="red" variant="outline" title={words('fails')} role="alert">
        {found.detail}
      </Alert>
    );
  }
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        ✓ {words('works')}
      </Text>
      <ListTable
        label={words('files')}
        rows={found.files}
        keyOf={({ name, mark }) => `${name} ${mark}`}
        none={words('none')}
        columns={[
          { title: words('name'), cell: ({ name }) => name },
          { title: words('bytes'), numeric: true, cell: ({ bytes }) => formatCount(bytes) },
          { title: words('mark'), cell: ({ mark }) => <Mark mark={mark} /> },
          { title: words('verdict'), cell: ({ verdict }) => words(verdict) },
        ]}
      />
    </Stack>
  );
}

/** When a file changed, by the clock of its server; of an address perhaps its ETag. */
function Mark({ mark }: { readonly mark: string }) {
  if (/^\d{4}-\d\d-\d\dT/.test(mark)) return <Instant at={mark} />;
  return <span className="raw-line">{mark || '—'}</span>;
}
