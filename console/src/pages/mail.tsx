import { Alert, Anchor, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { CustomerLink } from '../parts/customer-link.tsx';
import { DecideMail } from '../parts/decide-mail.tsx';
import { Instant } from '../parts/figures.tsx';
import { forOperators } from '../parts/for-operators.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { FactsTable, Section } from '../parts/section.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useMailTryWords } from '../words/mail-words.ts';
import { useMailStateWords } from '../words/ng-words.ts';
import { mailWorkflow } from '../workflow-names.ts';

const useWords = defineWords('mail', {
  ja: {
    title: '送信メールの内容',
    list: '送信メール',
    dispatch: 'メールの送信',
    unclear: '送信の途中で接続が切れ、届いたかどうか分かりません',
    unclearText: '自動では再送しません。受信者に確かめてから、どちらかを選んでください。',
    refused: 'メールサーバーに拒否されました',
    refusedText:
      'このメールはもう送りません。担当者へのメールは、同じ内容がお知らせにもあります。宛先(設定 operatorMail)を確かめてください。',
    bounced: '届かずに戻りました',
    bouncedText: '別の方法で連絡してから、案件の次の対応を指示してください。',
    facts: 'メール',
    key: '名前',
    subject: '件名',
    to: '宛先',
    cc: 'CC',
    state: '状態',
    next: '次の送信',
    created: '作成',
    messageId: 'Message-ID',
    customer: '顧客',
    case: 'NG案件',
    words: '本文',
    noWords: '顧客へのメールの本文と宛先は、送るときに作り、保存しません。',
    otherWords: '別の版の Tsukigime の文面のため、表示できません。',
    tries: '送信の記録',
    n: '回',
    claimed: '送信',
    answer: '結果',
    codes: '応答',
    by: '記録した人',
    noTries: 'まだ送信していません。メールサーバーの設定と、時間帯・送信間隔に従って送信します。',
  },
  en: {
    title: 'Outgoing mail',
    list: 'Outgoing mails',
    dispatch: 'the sending of mails',
    unclear: 'The connection was cut: nobody knows whether it arrived',
    unclearText: 'It is not sent again by itself. Ask the reader, then choose.',
    refused: 'The mail server refused it',
    refusedText:
      'It is not sent any more. What operators are told stands in the notices too; see the addresses (setting operatorMail).',
    bounced: 'It came back',
    bouncedText: 'Reach the customer otherwise, then say at the case what happens next.',
    facts: 'Mail',
    key: 'Name',
    subject: 'Subject',
    to: 'To',
    cc: 'Cc',
    state: 'State',
    next: 'Next try',
    created: 'Created',
    messageId: 'Message-ID',
    customer: 'Customer',
    case: 'Declined charge',
    words: 'Text',
    noWords: 'Text and address of a mail to a customer are made when it leaves and kept nowhere.',
    otherWords: 'Words of another release of Tsukigime.',
    tries: 'Tries',
    n: 'No.',
    claimed: 'Sent',
    answer: 'Result',
    codes: 'Reply',
    by: 'Recorded by',
    noTries: 'Not tried yet: it leaves by the mail server, the hours and the pace of the settings.',
  },
});

type Mail = NonNullable<Read<'readMail'>['data']>;

/** One mail of the outbox: what it says, how each try went, and what a person decides. */
function MailPage() {
  const words = useWords();
  const { key = '' } = useParams();
  const { merchant, place } = useMerchant();
  const read = useRead('readMail', { params: { merchant, key } }, { everyMs: 10_000 });
  return (
    <Page
      title={words('title')}
      above={[{ to: place('mails'), title: words('list') }]}
      actions={<WorkflowLink workflowId={mailWorkflow(merchant)} of={words('dispatch')} />}
    >
      <Loaded read={read}>
        {(mail) => (
          <>
            <Warning mail={mail} />
            <Section
              title={words('facts')}
              actions={mail.state === 'unknown' && <DecideMail mail={mail.key} />}
            >
              <Facts mail={mail} />
            </Section>
            <Section title={words('words')}>
              <Text size="sm" className="mail-text">
                {mail.text ?? words(mail.customer === null ? 'otherWords' : 'noWords')}
              </Text>
            </Section>
            <Tries mail={mail} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Warning({ mail }: { readonly mail: Mail }) {
  const words = useWords();
  const of =
    mail.state === 'unknown'
      ? ('unclear' as const)
      : mail.state === 'refused'
        ? ('refused' as const)
        : mail.bouncedAt !== null
          ? ('bounced' as const)
          : null;
  if (of === null) return null;
  return (
    <Alert
      color={of === 'unclear' ? 'yellow' : 'red'}
      variant="outline"
      role="status"
      title={words(of)}
    >
      {words(`${of}Text`)}
    </Alert>
  );
}

function Facts({ mail }: { readonly mail: Mail }) {
  const words = useWords();
  const states = useMailStateWords();
  const { place } = useMerchant();
  const { customer } = mail;
  return (
    <FactsTable
      label={words('facts')}
      facts={[
        [words('subject'), mail.subject ?? '—'],
        [words('state'), states(mail.state)],
        ...(mail.bouncedAt === null
          ? []
          : [
              [
                words('bounced'),
                <Text key="bounced" span size="sm">
                  <Instant at={mail.bouncedAt} /> {mail.bounceStatus}
                </Text>,
              ] as const,
            ]),
        ...(customer === null
          ? ([
              [words('to'), mail.recipients.join('、') || '—'],
              [words('cc'), mail.cc.join('、') || '—'],
            ] as const)
          : [
              [
                words('customer'),
                <CustomerLink key="customer" customerNumber={customer.customerNumber} />,
              ] as const,
            ]),
        ...(customer?.month == null || customer.orderNumber === null
          ? []
          : [
              [
                words('case'),
                <Anchor
                  key="case"
                  component={Link}
                  to={place('ng-cases', customer.month, encodeURIComponent(customer.orderNumber))}
                >
                  {customer.month} {customer.orderNumber}
                </Anchor>,
              ] as const,
            ]),
        [words('next'), <Instant key="next" at={mail.nextDueAt} />],
        [words('created'), <Instant key="created" at={mail.createdAt} />],
        [
          words('key'),
          <span key="key" className="raw-line">
            {mail.key}
          </span>,
        ],
        [
          words('messageId'),
          <span key="id" className="raw-line">
            {mail.messageId}
          </span>,
        ],
      ]}
    />
  );
}

function Tries({ mail }: { readonly mail: Mail }) {
  const words = useWords();
  const answers = useMailTryWords();
  return (
    <Section title={words('tries')}>
      <ListTable
        label={words('tries')}
        rows={mail.tries}
        keyOf={({ n }) => n}
        none={words('noTries')}
        columns={[
          { title: words('n'), cell: ({ n }) => n },
          { title: words('claimed'), cell: ({ claimedAt }) => <Instant at={claimedAt} /> },
          {
            title: words('answer'),
            cell: ({ answer, answeredAt, retryAt }) => (
              <>
                {answers(answer ?? 'none')} {answeredAt !== null && <Instant at={answeredAt} />}
                {retryAt !== null && (
                  <Text size="xs">
                    {words('next')} <Instant at={retryAt} />
                  </Text>
                )}
              </>
            ),
          },
          { title: words('codes'), cell: ({ detail }) => detail ?? '—' },
          {
            title: words('by'),
            cell: ({ decidedBy, reason }) =>
              decidedBy === null ? '—' : `${decidedBy} ${reason ?? ''}`,
          },
        ]}
      />
    </Section>
  );
}

export const route = { Component: forOperators(MailPage) };
