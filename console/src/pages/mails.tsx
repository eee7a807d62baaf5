import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { MAIL_STATES } from '../../../billing/mail/mail-states.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Instant } from '../parts/figures.tsx';
import { forOperators } from '../parts/for-operators.tsx';
import { type Column, ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { SiblingPages } from '../parts/sibling-pages.tsx';
import { StateFilter } from '../parts/state-filter.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useMailStateWords } from '../words/ng-words.ts';
import { mailWorkflow } from '../workflow-names.ts';

const useWords = defineWords('mails', {
  ja: {
    title: '送信メール',
    text: '担当者と顧客へのメールの送信状況です。送信できたか分からないメールは、自動では再送しません。開いて、確かめた結果を記録してください。',
    show: '状態',
    bounced: '届かずに戻った',
    created: '作成',
    subject: '件名',
    unknownSubject: '(この版では読めない文面)',
    to: '宛先',
    customer: '顧客 {{number}}',
    tried: '最後の送信',
    next: '次の送信: ',
    times: '{{n}} 回',
    none: 'この状態のメールはありません。メールサーバーと宛先(設定 operatorMail)があると、担当者へのお知らせがメールでも届きます。',
  },
  en: {
    title: 'Outgoing mails',
    text: 'How mails to operators and customers went. One of which nobody knows whether it left is never sent again by itself: open it and say what you found out.',
    show: 'State',
    bounced: 'Came back',
    created: 'Created',
    subject: 'Subject',
    unknownSubject: '(words of another release)',
    to: 'To',
    customer: 'Customer {{number}}',
    tried: 'Last try',
    next: 'Next try: ',
    times: '{{n}} tries',
    none: 'No mail in this state. With a mail server and addresses (setting operatorMail) notices go out as mails too.',
  },
});

type Mail = NonNullable<Read<'listMails'>['data']>['mails'][number];

function MailsPage() {
  const words = useWords();
  const states = useMailStateWords();
  const { merchant } = useMerchant();
  const { filter } = useFilters();
  const { after, limit } = usePlace();
  const asked = filter('state');
  const state = MAIL_STATES.find((one) => one === asked);
  const bounced = asked === 'bounced';
  const columns = useColumns();
  const read = useRead(
    'listMails',
    {
      params: { merchant },
      query: { limit, before: after, state, ...(bounced ? { bounced } : {}) },
    },
    { everyMs: 10_000 },
  );
  return (
    <Page
      title={words('title')}
      actions={<WorkflowLink workflowId={mailWorkflow(merchant)} of={words('title')} />}
    >
      <SiblingPages family="of-mails" />
      <Text size="sm">{words('text')}</Text>
      <StateFilter
        value={state ?? (bounced ? 'bounced' : undefined)}
        states={[...MAIL_STATES, 'bounced']}
        nameOf={(value) => (value === 'bounced' ? words('bounced') : states(value))}
      />
      <Loaded read={read}>
        {({ mails, nextBefore }) => (
          <>
            <ListTable
              label={words('title')}
              rows={mails}
              keyOf={({ key }) => key}
              none={words('none')}
              columns={columns}
            />
            <Pager nextAfter={nextBefore} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function useColumns(): readonly Column<Mail>[] {
  const words = useWords();
  const states = useMailStateWords();
  const { place } = useMerchant();
  return [
    { title: words('created'), cell: ({ createdAt }) => <Instant at={createdAt} /> },
    {
      title: words('subject'),
      cell: ({ key, subject }) => (
        <Anchor component={Link} to={place('mails', encodeURIComponent(key))} size="sm">
          {subject ?? words('unknownSubject')}
        </Anchor>
      ),
    },
    {
      title: words('to'),
      cell: ({ recipients, customer }) =>
        customer === null
          ? recipients.join('、') || '—'
          : words('customer', { number: customer.customerNumber }),
    },
    {
      title: words('show'),
      cell: ({ state, nextDueAt, bouncedAt, bounceStatus }) => (
        <>
          {state === 'unknown' || state === 'refused' ? `⚠ ${states(state)}` : states(state)}
          {nextDueAt !== null && (
            <Text size="xs">
              {words('next')}
              <Instant at={nextDueAt} />
            </Text>
          )}
          {bouncedAt !== null && (
            <Text size="xs">
              ⚠ {words('bounced')} <Instant at={bouncedAt} /> {bounceStatus}
            </Text>
          )}
        </>
      ),
    },
    {
      title: words('tried'),
      cell: ({ sends, lastSendAt, lastDetail }) =>
        sends === 0 ? (
          '—'
        ) : (
          <>
            <Instant at={lastSendAt} />
            <Text size="xs">
              {words('times', { n: sends })} {lastDetail}
            </Text>
          </>
        ),
    },
  ];
}

export const route = { Component: forOperators(MailsPage) };
