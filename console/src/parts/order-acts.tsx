import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { OrderRow } from '../pages/orders.tsx';
import { useMerchant } from '../places.ts';
import { ActDialog } from './act-dialog.tsx';
import { ChosenNames, ClearChosen } from './chosen.tsx';
import { CountAndYen } from './figures.tsx';

const useWords = defineWords('order-acts', {
  ja: {
    run: '選んだ注文を請求する',
    runText:
      '選んだ注文だけの請求を始めます。確認(プレビュー)と、設定に応じた承認を経て、オーソリのファイルに入ります。ほかの注文はそのままです。',
    hold: '保留にする',
    holdText:
      '選んだ注文を、これから作るファイルに入れません。「保留中」からいつでも解除できます。',
    release: '請求を戻す',
    releaseText: '断念・キャンセルした請求を、もう一度請求できるようにします。',
    chosen: '{{n}} 件を選択',
  },
  en: {
    run: 'Bill the chosen',
    runText:
      'A run of the chosen orders alone begins: preview, approval as the settings say, authorization file.',
    hold: 'Put on hold',
    holdText: 'They stay out of every file from now on, until they are released.',
    release: 'Open charges again',
    releaseText: 'Charges that were given up or cancelled can be billed again.',
    chosen: '{{n}} chosen',
  },
});

const KINDS = ['run', 'hold', 'release'] as const;
type Kind = (typeof KINDS)[number];

/** Which acts all of the chosen orders can have; the server decides. */
function mayBe(kind: Kind, rows: readonly OrderRow[]): boolean {
  if (rows.length === 0) return false;
  return rows.every(({ verdict, billedState }) => {
    if (kind === 'run') return verdict === 'selected' && billedState === null;
    if (kind === 'release') return billedState === 'given_up' || billedState === 'cancelled';
    return billedState === null || billedState === 'planned';
  });
}

export function OrderActs({
  month,
  chosen,
  onDone,
}: {
  readonly month: string;
  readonly chosen: readonly OrderRow[];
  readonly onDone: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const [asked, setAsked] = useState<Kind | null>(null);
  const run = useAct('startRun');
  const hold = useAct('holdOrders');
  const release = useAct('releaseCharges');
  const params = { merchant, month };
  const sum = {
    rows: chosen.length,
    yen: chosen.reduce((yen, { amountYen }) => yen + (amountYen ?? 0), 0),
  };
  const orderNumbers = chosen.flatMap(({ orderNumber }) => orderNumber ?? []);
  const { acting, problem } = { run, hold, release }[asked ?? 'run'];
  const confirm = async (reason: string) => {
    const done =
      asked === 'run'
        ? await run.act({ params, body: { orderNumbers, confirmed: sum, reason } })
        : await (asked === 'hold' ? hold : release).act({ params, body: { orderNumbers, reason } });
    if (done === null) return;
    setAsked(null);
    onDone();
  };
  if (chosen.length === 0) return null;
  return (
    <Group>
      <Text size="sm">
        {words('chosen', { n: chosen.length })} (<CountAndYen of={sum} />)
      </Text>
      {KINDS.filter((kind) => mayBe(kind, chosen)).map((kind) => (
        <Button
          key={kind}
          variant={kind === 'run' ? 'filled' : 'default'}
          onClick={() => setAsked(kind)}
        >
          {words(kind)}
        </Button>
      ))}
      <ClearChosen onClear={onDone} />
      <ActDialog
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={words(asked ?? 'run')}
        confirm={words(asked ?? 'run')}
        reason="required"
        acting={acting}
        problem={problem}
        onConfirm={(reason) => void confirm(reason)}
      >
        <CountAndYen of={sum} fw={700} />
        <ChosenNames names={orderNumbers} />
        <Text>{words(`${asked ?? 'run'}Text`)}</Text>
      </ActDialog>
    </Group>
  );
}
