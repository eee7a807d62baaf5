import { Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { SendError } from '../pages/send-errors.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useDeliveryWords } from '../words/webhook-words.ts';
import { Instant, Yen } from './figures.tsx';
import { ListTable } from './list-table.tsx';
import { useIsFormer } from './loaded.tsx';
import { ProblemNote } from './problem-note.tsx';
import { SendErrorConfirm, SentRows } from './send-error-confirm.tsx';
import { type Parameters, SendErrorEdit } from './send-error-edit.tsx';

const useWords = defineWords('send-error-table', {
  ja: {
    title: '送信エラー',
    act: '処理',
    all: '表示中の未処理をすべて選ぶ',
    choose: '{{order}} を選ぶ',
    actOf: '{{order}} の処理',
    keep: '何もしない',
    resend: '再送信',
    settle: '処理済',
    order: 'オーダーNo',
    result: '結果',
    amount: '金額',
    failed: 'エラー日時',
    answer: '応答',
    none: '該当する送信エラーはありません。条件を変えて「表示」を押してください。',
    next: '次へ({{count}} 件)',
    nextHint: 'まだ送信されません。次の画面で内容を確かめます。',
    done: '{{actor}} が処理済みにしました',
    attempts: '{{n}} 回',
  },
  en: {
    title: 'Send errors',
    act: 'Act',
    all: 'Choose all open ones shown',
    choose: 'Choose {{order}}',
    actOf: 'What to do with {{order}}',
    keep: 'Nothing',
    resend: 'Send again',
    settle: 'Mark as done',
    order: 'Order no.',
    result: 'Result',
    amount: 'Amount',
    failed: 'Failed',
    answer: 'Answer',
    none: 'No such send error: change the conditions and press “Show”.',
    next: 'Next ({{count}})',
    nextHint: 'Nothing is sent yet; the next page shows what would be.',
    done: 'Done by {{actor}}',
    attempts: '{{n}} attempts',
  },
});

type Act = 'resend' | 'settle';
export interface Choice {
  readonly act: Act;
  /** Corrected parameters; null: as they were received. */
  readonly edited: Parameters | null;
}

export function SendErrorTable({
  mode,
  rows,
}: {
  readonly mode: 'individual' | 'bulk';
  readonly rows: readonly SendError[];
}) {
  const words = useWords();
  const answers = useDeliveryWords();
  const { merchant } = useMerchant();
  const mayEdit = useMay('operator', 'editSendParameters');
  const confirm = useAct('confirmSendErrors');
  const [choices, setChoices] = useState<ReadonlyMap<string, Choice>>(new Map());
  const [bulkAct, setBulkAct] = useState<Act>('resend');
  const [confirmation, setConfirmation] = useState<Awaited<ReturnType<typeof confirm.act>>>(null);
  const [sent, setSent] = useState<SentRows | null>(null);
  const choose = (id: string, choice: Choice | null) => {
    const next = new Map(choices);
    if (choice === null) next.delete(id);
    else next.set(id, choice);
    setChoices(next);
  };
  // As they were when somebody asked: what is done may not be among the open ones any more.
  const [orders, setOrders] = useState<ReadonlyMap<string, string>>(new Map());
  const orderOf = (id: string) => orders.get(id) ?? id;
  // Of the question before nobody should choose: it may be another one's rows.
  const former = useIsFormer();
  const open = rows.filter((row) => row.CGISendErr === '再送信');
  const ask = async () => {
    const body =
      mode === 'bulk'
        ? { mode, act: bulkAct, sendErrors: [...choices.keys()] }
        : {
            mode,
            rows: [...choices].map(([sendError, { act, edited }]) => ({
              sendError,
              act,
              ...(edited === null
                ? {}
                : { parameters: edited.map(([a, b]): [string, string] => [a, b]) }),
            })),
          };
    setOrders(new Map(rows.map(({ id, orderNumber }) => [id, orderNumber])));
    setConfirmation(await confirm.act({ params: { merchant }, body }));
  };
  return (
    <Stack>
      {sent !== null && <SentRows sent={sent} orderOf={orderOf} />}
      {mode === 'bulk' && open.length > 0 && (
        <Group>
          <Checkbox
            label={words('all')}
            disabled={former}
            checked={choices.size === open.length}
            indeterminate={choices.size > 0 && choices.size < open.length}
            onChange={(event) =>
              setChoices(
                new Map(
                  event.currentTarget.checked
                    ? open.map(({ id }) => [id, { act: bulkAct, edited: null }])
                    : [],
                ),
              )
            }
          />
          <Select
            aria-label={words('act')}
            value={bulkAct}
            allowDeselect={false}
            data={(['resend', 'settle'] as const).map((value) => ({ value, label: words(value) }))}
            onChange={(value) => setBulkAct(value === 'settle' ? value : 'resend')}
          />
        </Group>
      )}
      <ListTable
        label={words('title')}
        rows={rows}
        keyOf={({ id }) => id}
        none={words('none')}
        columns={[
          {
            title: words('act'),
            cell: (row) => (
              <RowAct
                row={row}
                mode={mode}
                mayEdit={mayEdit}
                choice={choices.get(row.id) ?? null}
                onChoose={(choice) => choose(row.id, choice)}
              />
            ),
          },
          { title: words('order'), cell: ({ orderNumber }) => orderNumber },
          {
            title: words('result'),
            cell: ({ verdict, carrier }) => `${verdict} ${carrier ?? ''}`,
          },
          {
            title: words('amount'),
            numeric: true,
            cell: ({ amountYen }) => (amountYen === null ? '—' : <Yen amount={amountYen} />),
          },
          { title: words('failed'), cell: ({ failedAt }) => <Instant at={failedAt} /> },
          {
            title: words('answer'),
            cell: ({ status, outcome, attempts }) =>
              `${outcome === null ? '—' : answers(outcome)}${status === null ? '' : ` ${status}`}(${words('attempts', { n: attempts })})`,
          },
        ]}
      />
      <ProblemNote problem={confirm.problem} />
      {open.length > 0 && (
        <Group justify="flex-end">
          <Text size="sm">{words('nextHint')}</Text>
          <Button
            disabled={choices.size === 0 || former}
            loading={confirm.acting}
            onClick={() => void ask()}
          >
            {words('next', { count: choices.size })}
          </Button>
        </Group>
      )}
      {confirmation !== null && (
        <SendErrorConfirm
          confirmation={confirmation}
          orderOf={orderOf}
          onClose={() => setConfirmation(null)}
          onSent={(done) => {
            setConfirmation(null);
            setChoices(new Map());
            setSent(done);
          }}
        />
      )}
    </Stack>
  );
}

function RowAct({
  row,
  mode,
  mayEdit,
  choice,
  onChoose,
}: {
  readonly row: SendError;
  readonly mode: 'individual' | 'bulk';
  readonly mayEdit: boolean;
  readonly choice: Choice | null;
  readonly onChoose: (choice: Choice | null) => void;
}) {
  const words = useWords();
  const former = useIsFormer();
  const order = row.orderNumber;
  if (row.CGISendErr === '処理済') {
    return (
      <Text
        size="sm"
        {...(row.actor === null ? {} : { title: words('done', { actor: row.actor }) })}
      >
        ✓ {words('settle')}
      </Text>
    );
  }
  if (mode === 'bulk') {
    return (
      <Checkbox
        aria-label={words('choose', { order })}
        disabled={former}
        checked={choice !== null}
        onChange={(event) =>
          onChoose(event.currentTarget.checked ? { act: 'resend', edited: null } : null)
        }
      />
    );
  }
  return (
    <Group gap="xs" wrap="nowrap">
      <Select
        aria-label={words('actOf', { order })}
        disabled={former}
        w={130}
        size="xs"
        allowDeselect={false}
        value={choice?.act ?? ''}
        data={[
          { value: '', label: words('keep') },
          { value: 'resend', label: words('resend') },
          { value: 'settle', label: words('settle') },
        ]}
        onChange={(value) =>
          onChoose(value === 'resend' || value === 'settle' ? { act: value, edited: null } : null)
        }
      />
      {mayEdit && choice?.act === 'resend' && (
        <SendErrorEdit
          order={order}
          received={row.parameters}
          edited={choice.edited}
          onEdit={(edited) => onChoose({ act: 'resend', edited })}
        />
      )}
    </Group>
  );
}
