import { Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { readShipmentLines } from '../shipment-lines.ts';
import { ActButton } from './act-button.tsx';

const useWords = defineWords('record-shipments', {
  ja: {
    button: '発送日を登録する',
    text: '発送が記録された請求は、「発送後」の方針では次の売上ファイルに入ります。登録済みの発送日は変わりません。',
    day: '発送日',
    lines: '注文番号(1行に1つ)',
    hint: '行ごとに日付が違うときは、注文番号の後にタブ・コンマ・空白で区切って書きます(例: 10001 2026-11-30)。表計算から貼り付けられます。',
    ready: '{{n}} 件を登録します。',
    unreadable: '{{lines}} 行目を読み取れません。注文番号と日付を確かめてください。',
    tooMany: '一度に登録できるのは {{n}} 件までです。分けて登録してください。',
  },
  en: {
    button: 'Record shipments',
    text: 'Where captures wait for shipment, these enter the next capture file. Days that are known already stay.',
    day: 'Shipped on',
    lines: 'Order numbers, one a line',
    hint: 'A day of its own stands behind the number, after a tab, comma or space (10001 2026-11-30). Paste it from a spreadsheet.',
    ready: '{{n}} to record.',
    unreadable: 'Not readable: line {{lines}}. Check order number and date.',
    tooMany: 'At most {{n}} at once: record them in parts.',
  },
});

/** As the API takes them at once. */
const MOST = 1000;

/** Tells on which days orders were shipped: the chosen ones, or those of a spreadsheet. */
export function RecordShipments({
  month,
  chosen = [],
}: {
  readonly month: string;
  /** Order numbers to begin with. */
  readonly chosen?: readonly string[];
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const record = useAct('recordShipments');
  const [day, setDay] = useState('');
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? chosen.join('\n');
  const { shipments, unreadable } = readShipmentLines(text, day === '' ? null : day);
  const tooMany = shipments.length > MOST;
  const error =
    unreadable.length > 0
      ? words('unreadable', { lines: unreadable.slice(0, 5).join('、') })
      : tooMany && words('tooMany', { n: MOST });
  return (
    <ActButton
      label={words('button')}
      text={words('text')}
      reason="none"
      disabled={!may}
      incomplete={shipments.length === 0 || unreadable.length > 0 || tooMany}
      act={record}
      onConfirm={async () => {
        const body = { shipments: shipments.map((one) => ({ ...one })) };
        const done = await record.act({ params: { merchant, month }, body });
        if (done !== null) setTyped(null);
        return done;
      }}
    >
      <TextInput
        type="date"
        label={words('day')}
        w={180}
        value={day}
        onChange={(event) => setDay(event.currentTarget.value)}
      />
      <Textarea
        label={words('lines')}
        description={words('hint')}
        required
        autosize
        minRows={4}
        maxRows={14}
        value={text}
        error={text.trim() !== '' && error}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {error === false && shipments.length > 0 && (
        <Text size="sm" aria-live="polite">
          {words('ready', { n: shipments.length })}
        </Text>
      )}
    </ActButton>
  );
}
