import { Alert, Button, Checkbox, Group, List, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type Act, useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useCloseButton } from './close-button.ts';
import { Instant } from './figures.tsx';
import { ListTable } from './list-table.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('send-error-confirm', {
  ja: {
    title: '送信内容の確認',
    warning: '二重発行に注意してください',
    order: 'オーダーNo',
    act: '処理',
    resend: '再送信',
    settle: '処理済(何も送りません)',
    sends: '送る内容',
    edited: '(修正あり)',
    arrival: '以前の送信',
    seen: '届いて成功しています',
    possible: '処理された可能性があります',
    not_seen: '届いた記録はありません',
    newer: 'この決済には新しい結果(第 {{n}} 版)があります',
    back: '戻る',
    send: '送信する({{count}} 件)',
    result: '処理の結果',
    none: '対象がありません。',
  },
  en: {
    title: 'What would be sent',
    warning: 'It may be issued twice',
    order: 'Order no.',
    act: 'Act',
    resend: 'Send again',
    settle: 'Done (sends nothing)',
    sends: 'What is sent',
    edited: '(edited)',
    arrival: 'Earlier deliveries',
    seen: 'One arrived and succeeded',
    possible: 'One may have been worked on',
    not_seen: 'None is known to have arrived',
    newer: 'The payment has a newer result (version {{n}})',
    back: 'Back',
    send: 'Send ({{count}})',
    result: 'What was done',
    none: 'Nothing is chosen.',
  },
});

type Confirmation = NonNullable<Awaited<ReturnType<Act<'confirmSendErrors'>['act']>>>;
export type SentRows = NonNullable<Awaited<ReturnType<Act<'sendSendErrors'>['act']>>>;

/** Exactly what is shown here is done, or nothing. */
export function SendErrorConfirm({
  confirmation,
  orderOf,
  onClose,
  onSent,
}: {
  readonly confirmation: Confirmation;
  readonly orderOf: (sendError: string) => string;
  readonly onClose: () => void;
  readonly onSent: (sent: SentRows) => void;
}) {
  const words = useWords();
  const closeButton = useCloseButton();
  const { merchant } = useMerchant();
  const send = useAct('sendSendErrors');
  const [checked, setChecked] = useState(false);
  const { rows, warning, check } = confirmation;
  const submit = async () => {
    const body = { confirmation: confirmation.confirmation, checked };
    const done = await send.act({ params: { merchant }, body });
    if (done !== null) onSent(done);
  };
  return (
    <Modal opened onClose={onClose} title={words('title')} size="xl" closeButtonProps={closeButton}>
      <Stack>
        {warning !== null && (
          <Alert color="red" variant="outline" title={words('warning')}>
            {warning}
          </Alert>
        )}
        <ListTable
          label={words('title')}
          rows={rows}
          keyOf={({ sendError }) => sendError}
          none={words('none')}
          columns={[
            { title: words('order'), cell: ({ sendError }) => orderOf(sendError) },
            {
              title: words('act'),
              cell: ({ act }) => (
                <Text size="sm" miw={56}>
                  {words(act)}
                </Text>
              ),
            },
            {
              title: words('arrival'),
              cell: (row) => (
                <Text size="sm" fw={row.arrival === 'not_seen' ? 400 : 700}>
                  {words(row.arrival)} {row.arrivedAt !== null && <Instant at={row.arrivedAt} />}{' '}
                  {row.newestVersion > row.version && words('newer', { n: row.newestVersion })}
                </Text>
              ),
            },
            {
              title: words('sends'),
              cell: ({ sends, edited }) =>
                sends === null ? (
                  '—'
                ) : (
                  <Text size="xs" className="raw-line">
                    {edited && words('edited')}
                    {sends.map(([name, value]) => `${name}=${value}`).join(' & ')}
                  </Text>
                ),
            },
          ]}
        />
        {check !== null && (
          <Checkbox
            label={check}
            checked={checked}
            onChange={(event) => setChecked(event.currentTarget.checked)}
          />
        )}
        <ProblemNote problem={send.problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {words('back')}
          </Button>
          <Button
            disabled={check !== null && !checked}
            loading={send.acting}
            onClick={() => void submit()}
          >
            {words('send', { count: rows.length })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Row by row what became of it. */
export function SentRows({
  sent,
  orderOf,
}: {
  readonly sent: SentRows;
  readonly orderOf: (sendError: string) => string;
}) {
  const words = useWords();
  return (
    <Alert color="teal" variant="outline" title={words('result')} role="status">
      <List size="sm">
        {sent.rows.map(({ sendError, message }) => (
          <List.Item key={sendError}>
            {orderOf(sendError)}: {message}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
