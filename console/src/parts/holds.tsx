import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useChargeStateWords } from '../words/billing-words.ts';
import { ActDialog } from './act-dialog.tsx';
import { ChoiceTable } from './choice-table.tsx';
import { ChosenNames, ClearChosen, useChosen } from './chosen.tsx';
import { Count, Instant } from './figures.tsx';
import { Loaded } from './loaded.tsx';
import { Pager, usePlace } from './pager.tsx';

const useWords = defineWords('holds', {
  ja: {
    title: '保留中の注文',
    order: '注文番号',
    heldAt: '保留にした日時',
    heldBy: '保留にした人',
    reason: '理由',
    charge: '請求の状態',
    release: '保留を解除する',
    releaseText: '解除した注文は、次に作るファイルから請求に入ります。',
    cancelled: '新しい注文データではキャンセルです',
    cancelledText:
      '次の注文は新しい注文データではキャンセルです。解除すると、キャンセルのまま請求します。請求しない場合は解除せず、オーソリを取り消すか、請求を終了してください。',
    earlier: 'その前の保留の理由: {{reason}}',
    none: '保留中の注文はありません。「注文」で選ぶと保留にできます。',
  },
  en: {
    title: 'Orders on hold',
    order: 'Order',
    heldAt: 'Held at',
    heldBy: 'Held by',
    reason: 'Reason',
    charge: 'Charge',
    release: 'Release',
    releaseText: 'They are billed with the next file that is built.',
    cancelled: 'Cancelled in newer order data',
    cancelledText:
      'These orders are cancelled in newer order data. Once released they are billed all the same. To bill them not, keep them on hold and void their authorizations or end their charges.',
    earlier: 'Reason of the hold before: {{reason}}',
    none: 'Nothing is on hold. Choose orders to hold them.',
  },
});

type Hold = NonNullable<Read<'listHolds'>['data']>['holds'][number];

/** Orders that a person keeps out of every file. */
export function Holds({ month }: { readonly month: string }) {
  const { merchant } = useMerchant();
  const { after, limit } = usePlace();
  const [chosen, setChosen] = useChosen<Hold>(month);
  const holds = useRead('listHolds', { params: { merchant, month }, query: { after, limit } });
  return (
    <Loaded read={holds}>
      {({ holds: found, nextAfter }) => (
        <Stack>
          {(found.length > 0 || chosen.length > 0) && (
            <ReleaseHolds month={month} chosen={chosen} onDone={() => setChosen([])} />
          )}
          <HoldTable holds={found} chosen={chosen} onChoose={setChosen} />
          <Pager nextAfter={nextAfter} />
        </Stack>
      )}
    </Loaded>
  );
}

function ReleaseHolds({
  month,
  chosen,
  onDone,
}: {
  readonly month: string;
  readonly chosen: readonly Hold[];
  readonly onDone: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const [opened, setOpened] = useState(false);
  const release = useAct('releaseHolds');
  const numbersOf = (holds: readonly Hold[]) => holds.map(({ orderNumber }) => orderNumber);
  const orderNumbers = numbersOf(chosen);
  const cancelled = chosen.filter((hold) => hold.cancelled);
  const confirm = async (reason: string) => {
    const seen = chosen.map(({ orderNumber, n }) => ({ orderNumber, n }));
    const body = { orderNumbers, seen, reason };
    if ((await release.act({ params: { merchant, month }, body })) === null) return;
    setOpened(false);
    onDone();
  };
  return (
    <Group>
      <Button disabled={!may || chosen.length === 0} onClick={() => setOpened(true)}>
        {words('release')} (<Count count={chosen.length} />)
      </Button>
      {chosen.length > 0 && <ClearChosen onClear={onDone} />}
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('release')}
        confirm={words('release')}
        danger={cancelled.length > 0}
        reason="required"
        acting={release.acting}
        problem={release.problem}
        onConfirm={(reason) => void confirm(reason)}
      >
        <Count count={chosen.length} fw={700} />
        <ChosenNames names={orderNumbers} />
        <Text>{words('releaseText')}</Text>
        {cancelled.length > 0 && (
          <Alert color="red" variant="outline" role="alert" title={words('cancelled')}>
            <Text size="sm">{words('cancelledText')}</Text>
            <ChosenNames names={numbersOf(cancelled)} />
          </Alert>
        )}
      </ActDialog>
    </Group>
  );
}

function HoldTable({
  holds,
  chosen,
  onChoose,
}: {
  readonly holds: readonly Hold[];
  readonly chosen: readonly Hold[];
  readonly onChoose: (holds: readonly Hold[]) => void;
}) {
  const words = useWords();
  const states = useChargeStateWords();
  return (
    <ChoiceTable
      label={words('title')}
      rows={holds}
      nameOf={({ orderNumber }) => orderNumber}
      chosen={chosen}
      onChoose={onChoose}
      none={words('none')}
      columns={[
        { title: words('order'), cell: ({ orderNumber }) => orderNumber },
        { title: words('heldAt'), cell: ({ heldAt }) => <Instant at={heldAt} /> },
        { title: words('heldBy'), cell: ({ heldBy }) => heldBy },
        { title: words('reason'), cell: (hold) => <HoldReason hold={hold} /> },
        {
          title: words('charge'),
          cell: ({ state }) => (state === null ? '—' : states(state)),
        },
      ]}
    />
  );
}

/** Why it is held, and what somebody who lets it go has to know besides. */
function HoldReason({ hold }: { readonly hold: Hold }) {
  const words = useWords();
  return (
    <>
      {hold.reason}
      {hold.cancelled && (
        <Text size="sm" fw={700}>
          {words('cancelled')}
        </Text>
      )}
      {hold.earlierReason !== null && (
        <Text size="sm">{words('earlier', { reason: hold.earlierReason })}</Text>
      )}
    </>
  );
}
