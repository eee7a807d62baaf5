import { Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { DESK_ACTIONS, type DeskAction } from '../../../billing/desk-decision.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { DeskItemRow } from '../pages/reconciliation-desk.tsx';
import { useMerchant } from '../places.ts';
import { ActDialog } from './act-dialog.tsx';
import { ChosenNames } from './chosen.tsx';
import { CountAndYen, Yen } from './figures.tsx';

const useWords = defineWords('desk-decision', {
  ja: {
    title: '要確認を確定する',
    action: '判断',
    confirm: '確定する',
    confirmAs: '「{{action}}」で確定する',
    none: '選んだ項目に共通して選べる判断がありません。種別をそろえて選んでください。',
    effect: '売上の対象になる金額の増減: ',
    ok: 'オーソリOK',
    declined: 'オーソリNG',
    captured: '売上済',
    refused: '売上NG',
    not_sent: '未送信',
    voided_at_psp: 'PSPで取消済',
    record_holds: '記録どおり',
    acknowledge: '記録して無視',
    other_file: '別ファイルの行',
    inquire: '照会中',
  },
  en: {
    title: 'Settle items',
    action: 'Decision',
    confirm: 'Settle',
    confirmAs: 'Settle as “{{action}}”',
    none: 'No decision fits all of them: choose items of one kind.',
    effect: 'Change of what is authorized or captured: ',
    ok: 'Authorized',
    declined: 'Declined',
    captured: 'Captured',
    refused: 'Capture refused',
    not_sent: 'Not sent',
    voided_at_psp: 'Voided at the PSP',
    record_holds: 'The record holds',
    acknowledge: 'Noted, ignored',
    other_file: 'Of another file',
    inquire: 'Asked the PSP',
  },
});

/** One decision for one item or for many at once, with its effect in yen before it is done. */
export function DeskDecision({
  items,
  opened,
  onClose,
  onDone,
}: {
  readonly items: readonly Pick<
    DeskItemRow,
    'item' | 'orderNumber' | 'amountYen' | 'allowed' | 'suggestions'
  >[];
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const decide = useAct('decideDeskItems');
  const offered = DESK_ACTIONS.filter((one) => items.every(({ allowed }) => allowed.includes(one)));
  // A decision holds for the items that it was made for; others begin without one.
  const of = items.map(({ item }) => item).join(' ');
  const [made, setMade] = useState<{ readonly of: string; readonly action: DeskAction }>();
  const action = offered.find((one) => made?.of === of && one === made.action) ?? null;
  const [only] = items;
  const yen = items.reduce((sum, { amountYen }) => sum + (amountYen ?? 0), 0);
  const forget = () => {
    setMade(undefined);
    decide.forget();
  };
  const confirm = async (reason: string) => {
    if (action === null) return;
    const decisions = items.map(({ item }) => ({ item, action }));
    const done = await decide.act({ params: { merchant }, body: { decisions, reason } });
    if (done === null) return;
    forget();
    onDone();
  };
  return (
    <ActDialog
      opened={opened}
      onClose={() => {
        forget();
        onClose();
      }}
      title={words('title')}
      confirm={action === null ? words('confirm') : words('confirmAs', { action: words(action) })}
      reason="required"
      acting={decide.acting}
      problem={decide.problem}
      disabled={action === null}
      onConfirm={(reason) => void confirm(reason)}
    >
      <CountAndYen of={{ rows: items.length, yen }} fw={700} />
      <ChosenNames names={items.map(({ orderNumber, item }) => orderNumber ?? item)} />
      {offered.length === 0 && <Text>{words('none')}</Text>}
      <Radio.Group
        label={words('action')}
        value={action}
        onChange={(value) => setMade({ of, action: value as DeskAction })}
      >
        <Stack gap="xs" mt={4}>
          {offered.map((one) => (
            <Radio
              key={one}
              value={one}
              label={words(one)}
              description={
                items.length === 1
                  ? only?.suggestions.find((suggestion) => suggestion.action === one)?.effect
                  : undefined
              }
            />
          ))}
        </Stack>
      </Radio.Group>
      {action !== null && (
        <Text size="sm">
          {words('effect')}
          <Yen amount={action === 'ok' || action === 'captured' ? yen : 0} fw={700} />
        </Text>
      )}
    </ActDialog>
  );
}
