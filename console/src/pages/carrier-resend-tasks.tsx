import { Anchor, Select, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton } from '../parts/act-button.tsx';
import { ChoiceTable } from '../parts/choice-table.tsx';
import { Count, Instant } from '../parts/figures.tsx';
import { type Column, ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { SiblingPages } from '../parts/sibling-pages.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { mailboxWorkflow } from '../workflow-names.ts';

const useWords = defineWords('carrier-resend-tasks', {
  ja: {
    title: 'キャリア決済 再送依頼',
    text: 'ゼウスが送信できなかったと知らせてきた結果です。ゼウスの売上管理画面［キャリア決済 CGI 送信エラー処理］から再送信してください。結果が届くと自動で完了します。',
    show: '状態',
    open: 'ゼウスで再送信が必要',
    closed: '完了',
    all: 'すべて',
    order: 'オーダーNo',
    ip: 'IPコード',
    failed: '送信エラーの日時',
    opened: '依頼',
    state: '結果',
    todo: '⚠ ゼウスで再送信してください',
    call: '結果が届いた: ',
    operator: '担当者が完了にした: ',
    close: '選んだものを完了にする',
    closeText:
      'ゼウス側ですでに処理済みなど、結果がもう届かないと確かめたものを完了にします。この画面からは何も送信しません。',
    noneOpen: 'ゼウスで再送信が必要なものはありません。',
    none: '再送依頼はありません。ゼウスの送信エラーメールが届くと、ここに並びます(メールボックスの設定が必要です)。',
    watch: '受信メールの確認',
  },
  en: {
    title: 'Carrier payments: to be sent again',
    text: 'Results that ZEUS says it could not hand over. Send them again on ZEUS’s own page; a task closes by itself when the result comes.',
    show: 'State',
    open: 'To be sent again at ZEUS',
    closed: 'Done',
    all: 'All',
    order: 'Order',
    ip: 'IP code',
    failed: 'Failed',
    opened: 'Told',
    state: 'Result',
    todo: '⚠ Send it again at ZEUS',
    call: 'The result came: ',
    operator: 'An operator closed it: ',
    close: 'Close the chosen',
    closeText:
      'For results that will not come any more, because ZEUS has them as done for example. Nothing is sent.',
    noneOpen: 'Nothing is to be sent again at ZEUS.',
    none: 'No tasks. They stand here once an error mail of ZEUS comes to the watched mailbox.',
    watch: 'the mailbox watch',
  },
});

type Task = NonNullable<Read<'listCarrierResendTasks'>['data']>['tasks'][number];
const states = ['open', 'closed', 'all'] as const;

function CarrierResendTasksPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const { filter, change } = useFilters();
  const state = states.find((one) => one === filter('state')) ?? 'open';
  return (
    <Page
      title={words('title')}
      actions={<WorkflowLink workflowId={mailboxWorkflow(merchant)} of={words('watch')} />}
    >
      <SiblingPages family="of-carriers" />
      <Text size="sm">{words('text')}</Text>
      <Select
        label={words('show')}
        w={260}
        allowDeselect={false}
        value={state}
        data={states.map((value) => ({ value, label: words(value) }))}
        onChange={(value) => change({ state: value === 'open' ? '' : (value ?? '') })}
      />
      {/* What was chosen under another condition is chosen no more. */}
      <Tasks key={state} state={state} />
    </Page>
  );
}

function Tasks({ state }: { readonly state: (typeof states)[number] }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const { after, limit } = usePlace();
  const columns = useColumns();
  const [chosen, setChosen] = useState<readonly Task[]>([]);
  const close = useAct('closeCarrierResendTasks');
  const params = { merchant };
  const read = useRead(
    'listCarrierResendTasks',
    { params, query: { state, before: after, limit } },
    { everyMs: 15_000 },
  );
  const choosing = may && state === 'open';
  return (
    <Loaded read={read}>
      {({ tasks, nextBefore }) => {
        const list = {
          label: words('title'),
          rows: tasks,
          none: words(state === 'open' ? 'noneOpen' : 'none'),
          columns,
        };
        return (
          <>
            {choosing && tasks.length > 0 && (
              <div>
                <ActButton
                  label={words('close')}
                  text={words('closeText')}
                  reason="required"
                  disabled={chosen.length === 0}
                  act={close}
                  onConfirm={async (reason) => {
                    const done = await close.act({
                      params,
                      body: { tasks: chosen.map(({ id }) => id), reason },
                    });
                    if (done !== null) setChosen([]);
                    return done;
                  }}
                >
                  <Count count={chosen.length} fw={700} />
                </ActButton>
              </div>
            )}
            {choosing ? (
              <ChoiceTable {...list} nameOf={nameOf} chosen={chosen} onChoose={setChosen} />
            ) : (
              <ListTable {...list} keyOf={({ id }) => id} />
            )}
            <Pager nextAfter={nextBefore} />
          </>
        );
      }}
    </Loaded>
  );
}

/** An order may fail more than once. */
const nameOf = ({ orderNumber, failedAt, id }: Task) =>
  `${orderNumber} ${failedAt} ${id.slice(0, 8)}`;

function useColumns(): readonly Column<Task>[] {
  const words = useWords();
  const { place } = useMerchant();
  return [
    {
      title: words('order'),
      cell: ({ orderNumber }) => (
        <Anchor
          component={Link}
          to={`${place('carrier-results')}?${new URLSearchParams({ orderNumber })}`}
          size="sm"
        >
          {orderNumber}
        </Anchor>
      ),
    },
    { title: words('ip'), cell: ({ ipCode }) => ipCode ?? '—' },
    { title: words('failed'), cell: ({ failedAt }) => <Instant at={failedAt} /> },
    { title: words('opened'), cell: ({ openedAt }) => <Instant at={openedAt} /> },
    {
      title: words('state'),
      cell: ({ closedAt, closedBy }) =>
        closedBy === null ? (
          words('todo')
        ) : (
          <>
            {words(closedBy)}
            <Instant at={closedAt} />
          </>
        ),
    },
  ];
}

export const route = { Component: CarrierResendTasksPage };
