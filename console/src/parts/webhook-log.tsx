import { Group, Text } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useDeliveryWords, useWebhookEventWords } from '../words/webhook-words.ts';
import { ActButton } from './act-button.tsx';
import { ChoiceTable } from './choice-table.tsx';
import { DeliveryAttempts, DeliveryState } from './delivery-facts.tsx';
import { Count, Instant } from './figures.tsx';
import type { Column } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import { Pager, usePlace } from './pager.tsx';
import { useFilters } from './search-form.tsx';
import { Section } from './section.tsx';
import { StateFilter } from './state-filter.tsx';

const useWords = defineWords('webhook-log', {
  ja: {
    title: '送信記録',
    event: '知らせたこと',
    at: '起きた日時',
    data: '内容',
    state: '状態',
    attempts: '送信の結果',
    none: 'この状態の送信記録はありません。',
    resend: '選んだものを再送する',
    resendAll: '送れなかったものをすべて再送する',
    resendText:
      '同じ Idempotency-Key で、すぐにもう一度送ります。相手が正しく扱えば二重にはなりません。',
  },
  en: {
    title: 'Delivery log',
    event: 'Event',
    at: 'Happened',
    data: 'Data',
    state: 'State',
    attempts: 'Attempts',
    none: 'No delivery in this state.',
    resend: 'Send the chosen again',
    resendAll: 'Send all that were given up again',
    resendText: 'At once, under the same Idempotency-Key.',
  },
});

type Delivery = NonNullable<Read<'listWebhookDeliveries'>['data']>['deliveries'][number];
const states = ['due', 'delivered', 'failed', 'settled'] as const;

/** What a webhook was told, how that went, and once more what was not taken. */
export function WebhookLog({ webhook }: { readonly webhook: string }) {
  const words = useWords();
  const names = useDeliveryWords();
  const { merchant } = useMerchant();
  const { filter } = useFilters();
  const { after, limit } = usePlace();
  const [chosen, setChosen] = useState<readonly Delivery[]>([]);
  const columns = useColumns();
  const state = states.find((one) => one === filter('state'));
  const read = useRead(
    'listWebhookDeliveries',
    { params: { merchant, webhook }, query: { state, before: after, limit } },
    { everyMs: 5000 },
  );
  return (
    <Section title={words('title')}>
      <Group align="flex-end">
        <StateFilter value={state} states={states} nameOf={names} width={180} />
        <Resend webhook={webhook} chosen={chosen} onDone={() => setChosen([])} />
        <Resend webhook={webhook} chosen={null} onDone={() => setChosen([])} />
      </Group>
      <Loaded read={read}>
        {({ deliveries, nextBefore }) => (
          <>
            <ChoiceTable
              label={words('title')}
              rows={deliveries}
              nameOf={({ event }) => event.id}
              chosen={chosen}
              onChoose={setChosen}
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

function useColumns(): readonly Column<Delivery>[] {
  const words = useWords();
  const events = useWebhookEventWords();
  return [
    { title: words('at'), cell: ({ event }) => <Instant at={event.occurredAt} /> },
    {
      title: words('event'),
      cell: ({ event }) => events(event.type as Parameters<typeof events>[0]),
    },
    {
      title: words('data'),
      cell: ({ event }) => (
        <Text size="xs" className="raw-line" maw={360}>
          {JSON.stringify(event.data)}
        </Text>
      ),
    },
    {
      title: words('state'),
      cell: ({ state, dueAt }) => <DeliveryState state={state} dueAt={dueAt} />,
    },
    {
      title: words('attempts'),
      cell: ({ attempts }) => <DeliveryAttempts attempts={attempts.slice(0, 5)} />,
    },
  ];
}

function Resend({
  webhook,
  chosen,
  onDone,
}: {
  readonly webhook: string;
  /** Null: all that were given up. */
  readonly chosen: readonly Delivery[] | null;
  readonly onDone: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const resend = useAct('resendWebhookEvents');
  return (
    <ActButton
      label={words(chosen === null ? 'resendAll' : 'resend')}
      text={words('resendText')}
      reason="required"
      disabled={!may || chosen?.length === 0}
      act={resend}
      onConfirm={async (reason) => {
        const events = chosen === null ? null : chosen.map(({ event }) => event.id);
        const done = await resend.act({ params: { merchant, webhook }, body: { events, reason } });
        if (done !== null) onDone();
        return done;
      }}
    >
      {chosen !== null && <Count count={chosen.length} fw={700} />}
    </ActButton>
  );
}
