import { Button, Group, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { ExchangeDetail, ExchangeParams } from '../pages/exchange.tsx';
import { useMay } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';

const useWords = defineWords('file-acts', {
  ja: {
    unclear: 'アップロードできたか分からない',
    unclearText:
      'もう一度アップロードしないでください。同じファイルが2回受け付けられると、全員に二重にオーソリされます。記録すると、次に何を確かめるかを案内します。',
    withdraw: '取り下げる',
    withdrawText:
      'アップロードしていないファイルだけ取り下げられます。請求は「未送信」に戻ります。',
    early: '順番を待たずに渡す',
    earlyText:
      'ペイジェントで検索できるのは直近10件のアップロードだけです。必要な理由を書いてください。',
    takeOut: '注文を取り出して保留にする',
    takeOutText: '取り出した注文は保留になり、残りの注文で新しいファイルを作ります。',
    orders: '注文番号(1行に1つ)',
  },
  en: {
    unclear: 'Unclear whether it was uploaded',
    unclearText:
      'Do not upload it again: accepted twice, it authorizes every card twice. Record it, and see what to look at next.',
    withdraw: 'Withdraw',
    withdrawText: 'Only a file that was never uploaded. Its charges wait for another one.',
    early: 'Hand over before its turn',
    earlyText: 'The portal finds the last ten uploads only. Say why it is needed.',
    takeOut: 'Take orders out and hold them',
    takeOutText: 'They are on hold; the others stand in a new file.',
    orders: 'Order numbers, one a line',
  },
});

type Asked = 'unclear' | 'withdraw' | 'early' | 'takeOut';

/** What else may happen to a file that has no number yet. */
export function FileActs({
  exchange,
  params,
}: {
  readonly exchange: ExchangeDetail;
  readonly params: ExchangeParams;
}) {
  const words = useWords();
  const may = useMay('operator');
  const [asked, setAsked] = useState<Asked | null>(null);
  const [orders, setOrders] = useState('');
  const unclear = useAct('recordUnclear');
  const withdraw = useAct('withdrawFile');
  const early = useAct('handOverEarly');
  const takeOut = useAct('takeOutOrders');
  const running = { unclear, withdraw, early, takeOut }[asked ?? 'unclear'];
  const orderNumbers = orders.split(/\s+/).filter((text) => text !== '');
  const confirm = async (reason: string) => {
    const acts = {
      unclear: () => unclear.act({ params, body: { reason } }),
      withdraw: () => withdraw.act({ params, body: { reason } }),
      early: () => early.act({ params, body: { reason } }),
      takeOut: () => takeOut.act({ params, body: { orderNumbers, reason } }),
    };
    if (asked !== null && (await acts[asked]()) !== null) setAsked(null);
  };
  const offered: readonly Asked[] = [
    ...(exchange.stage === 'handing_over' ? (['unclear'] as const) : []),
    ...(exchange.stage === 'built' || exchange.transport !== 'portal' ? (['early'] as const) : []),
    'takeOut',
    'withdraw',
  ];
  return (
    <Group gap="xs">
      {offered.map((act) => (
        <Button
          key={act}
          size="xs"
          variant="default"
          disabled={!may}
          onClick={() => {
            running.forget();
            setAsked(act);
          }}
        >
          {words(act)}
        </Button>
      ))}
      <ActDialog
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={words(asked ?? 'unclear')}
        confirm={words(asked ?? 'unclear')}
        danger={asked === 'withdraw'}
        reason="required"
        acting={running.acting}
        problem={running.problem}
        disabled={asked === 'takeOut' && orderNumbers.length === 0}
        onConfirm={(reason) => void confirm(reason)}
      >
        <Text size="sm">{words(`${asked ?? 'unclear'}Text`)}</Text>
        {asked === 'takeOut' && (
          <Textarea
            label={words('orders')}
            autosize
            minRows={3}
            required
            value={orders}
            onChange={(event) => setOrders(event.currentTarget.value)}
          />
        )}
      </ActDialog>
    </Group>
  );
}
