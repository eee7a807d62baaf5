import { Alert, Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { MAILBOX_MAIL_STATES } from '../../../billing/mail/mail-states.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { formatCount, Instant } from '../parts/figures.tsx';
import { forOperators } from '../parts/for-operators.tsx';
import { type Column, ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { FactsTable, Section } from '../parts/section.tsx';
import { SiblingPages } from '../parts/sibling-pages.tsx';
import { StateFilter } from '../parts/state-filter.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { exchangeSteps, useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useExchangeKindWords } from '../words/billing-words.ts';
import { useMailboxStateWords, useMailHandlerWords } from '../words/mail-words.ts';
import { mailboxWorkflow } from '../workflow-names.ts';

const useWords = defineWords('mailbox', {
  ja: {
    title: 'メールボックス',
    watch: '受信メールの確認',
    settings: '設定を開く',
    notWatched: '受信メールは確認していません',
    notWatchedText:
      '設定 mailbox にメールボックスを登録すると、処理完了メールやゼウスの送信エラーメールを自動で読み取ります。登録するまでは、処理完了などを手動で記録してください。',
    away: 'メールボックスを確認できないことがあり、その後の受信はありません',
    host: 'サーバー',
    user: 'ユーザー',
    folder: 'フォルダ',
    every: '確認の間隔',
    minutes: '{{often}} 分(ファイルを渡した後)、ふだんは {{seldom}} 分',
    last: '最後に受け取ったメール',
    list: '受信メール',
    show: '状態',
    taken: '受け取り',
    subject: '件名',
    kind: '種類',
    unknownKind: '不明',
    number: '受付番号',
    records: '{{records}} 件',
    ng: 'NG {{n}} 件',
    differs: '⚠ ファイルの件数と一致しません',
    file: 'ファイル',
    save: 'メールを取り出す',
    card_number: 'カード番号と思われる値',
    too_long: '大きすぎるメール',
    none: 'この状態の受信メールはありません。',
  },
  en: {
    title: 'Mailbox',
    watch: 'How the mailbox is watched',
    settings: 'Open the settings',
    notWatched: 'No mailbox is watched',
    notWatchedText:
      'With a mailbox in the setting “mailbox”, completion mails and error mails of ZEUS are read by themselves. Until then record by hand what they say.',
    away: 'It could not be read, and no mail has been taken since',
    host: 'Server',
    user: 'User',
    folder: 'Folder',
    every: 'Looked into every',
    minutes: '{{often}} minutes after a hand-over, else {{seldom}}',
    last: 'Last mail taken',
    list: 'Mails',
    show: 'State',
    taken: 'Taken',
    subject: 'Subject',
    kind: 'Kind',
    unknownKind: 'Unknown',
    number: 'Acceptance number',
    records: '{{records}} records',
    ng: '{{n}} NG',
    differs: '⚠ Other than the file has',
    file: 'File',
    save: 'Download the mail',
    card_number: 'What looks like a card number',
    too_long: 'Too long',
    none: 'No mail in this state.',
  },
});

type Mail = NonNullable<Read<'listMailboxMails'>['data']>['mails'][number];

function MailboxPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  return (
    <Page
      title={words('title')}
      actions={<WorkflowLink workflowId={mailboxWorkflow(merchant)} of={words('watch')} />}
    >
      <SiblingPages family="of-mails" />
      <Watch />
      <Mails />
    </Page>
  );
}

/** Which mailbox is looked into, and what goes wrong with it. */
function Watch() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const read = useRead('readMailbox', { params: { merchant } }, { everyMs: 30_000 });
  return (
    <Section
      title={words('watch')}
      actions={
        <Anchor component={Link} to={`${place('settings')}?block=mailbox`} size="sm">
          {words('settings')}
        </Anchor>
      }
    >
      <Loaded read={read}>
        {({ watched, lastTakenAt, away }) =>
          watched === null ? (
            <Alert color="yellow" variant="outline" role="status" title={words('notWatched')}>
              {words('notWatchedText')}
            </Alert>
          ) : (
            <>
              {away !== null && (
                <Alert color="red" variant="outline" title={words('away')}>
                  <Instant at={away.at} /> {away.text}
                </Alert>
              )}
              <FactsTable
                label={words('watch')}
                facts={[
                  [words('host'), watched.host],
                  [words('user'), watched.user],
                  [words('folder'), watched.folder],
                  [
                    words('every'),
                    words('minutes', {
                      often: watched.pollMinutes,
                      seldom: watched.idlePollMinutes,
                    }),
                  ],
                  [words('last'), <Instant key="last" at={lastTakenAt} />],
                ]}
              />
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

function Mails() {
  const words = useWords();
  const states = useMailboxStateWords();
  const { merchant } = useMerchant();
  const { filter } = useFilters();
  const { after, limit } = usePlace();
  const state = MAILBOX_MAIL_STATES.find((one) => one === filter('state'));
  const columns = useColumns();
  const before = after === undefined ? undefined : Number(after);
  const read = useRead(
    'listMailboxMails',
    { params: { merchant }, query: { limit, state, before } },
    { everyMs: 15_000 },
  );
  return (
    <Section title={words('list')}>
      <StateFilter value={state} states={MAILBOX_MAIL_STATES} nameOf={states} width={260} />
      <Loaded read={read}>
        {({ mails, nextBefore }) => (
          <>
            <ListTable
              label={words('list')}
              rows={mails}
              keyOf={({ n }) => n}
              none={words('none')}
              columns={columns}
            />
            <Pager nextAfter={nextBefore} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function useColumns(): readonly Column<Mail>[] {
  const words = useWords();
  const states = useMailboxStateWords();
  const kinds = useMailHandlerWords();
  const files = useExchangeKindWords();
  const { merchant, place } = useMerchant();
  const mayTakeOut = useMay('operator', 'exportPersonalData');
  return [
    { title: words('taken'), cell: ({ takenAt }) => <Instant at={takenAt} /> },
    { title: words('subject'), cell: ({ subject }) => subject || '—' },
    {
      title: words('kind'),
      // A handler of a newer release has no words here yet: its name says more than nothing.
      cell: ({ handler }) =>
        handler === null ? words('unknownKind') : kinds(handler as Parameters<typeof kinds>[0]),
    },
    {
      title: words('show'),
      cell: ({ state, refused }) => (
        <>
          {states(state)}
          {refused !== null && `: ${words(refused)}`}
          <Text size="xs">{states(`${state}_then`)}</Text>
        </>
      ),
    },
    {
      title: words('number'),
      cell: ({ acceptanceNumber, records, ngCount, finding }) =>
        acceptanceNumber === null ? (
          '—'
        ) : (
          <>
            {acceptanceNumber}
            <Text size="xs">
              {records !== null && words('records', { records: formatCount(records) })}{' '}
              {ngCount !== null && words('ng', { n: formatCount(ngCount) })}
            </Text>
            {finding !== null && <Text size="xs">{words('differs')}</Text>}
          </>
        ),
    },
    {
      title: words('file'),
      cell: ({ exchange, fileSha256 }) => (
        <>
          {exchange !== null && (
            <Anchor component={Link} to={place(...exchangeSteps(exchange))} size="sm">
              {exchange.month} {files(exchange.kind)} {exchange.number}
            </Anchor>
          )}
          {fileSha256 !== null && mayTakeOut && (
            <SaveButton
              route="downloadFile"
              input={{ params: { merchant, sha256: fileSha256 } }}
              label={words('save')}
              size="compact-xs"
            />
          )}
          {exchange === null && (fileSha256 === null || !mayTakeOut) && '—'}
        </>
      ),
    },
  ];
}

export const route = { Component: forOperators(MailboxPage) };
