import { Group, Text } from '@mantine/core';
import type { ChargeState } from '../../../billing/charge.ts';
import type { Role } from '../../../billing/role.ts';
import { type Act, type Read, useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { sumOf } from './choice-table.tsx';
import { ChosenNames } from './chosen.tsx';
import { CountAndYen } from './figures.tsx';
import { RecordShipments } from './record-shipments.tsx';

const useWords = defineWords('charge-acts', {
  ja: {
    capture: '売上処理する',
    captureText:
      '選んだ請求は、次の売上ファイル(または売上処理リスト)に入ります。件数と金額を確かめてください。',
    void: '取消リストに載せる',
    voidText:
      '売上には入らなくなり、「取消リスト」に載ります。ペイジェントの画面で取り消し、結果を記録するまで、オーソリは残ります。',
    reauthorize: 'もう一度オーソリする',
    reauthorizeText:
      '次のファイルで、もう一度オーソリします。お客様のカードの枠をもう一度押さえます。',
    giveUp: '請求を断念する',
    giveUpText: '請求せずに終わります。この月には請求しません。「請求を戻す」で戻せます。',
    cancel: 'キャンセルにする',
    cancelText:
      '注文のキャンセルとして請求を終わります。この月には請求しません。「請求を戻す」で戻せます。',
    release: '請求を戻す',
    releaseText: '断念・キャンセルした請求を、もう一度請求できるようにします。',
    approver: '承認者の権限が必要です',
  },
  en: {
    capture: 'Capture',
    captureText: 'They enter the next capture file (or list). Check count and yen.',
    void: 'Put on the list to void',
    voidText:
      'No capture takes them any more. The authorization lives until it is voided on the portal and the result is recorded.',
    reauthorize: 'Authorize again',
    reauthorizeText: 'The next file authorizes them once more.',
    giveUp: 'Give up',
    giveUpText: 'They end unbilled this month; “Open charges again” takes that back.',
    cancel: 'Cancel',
    cancelText: 'They end as cancelled, unbilled this month; “Open charges again” takes that back.',
    release: 'Open charges again',
    releaseText: 'Charges that were given up or cancelled can be billed again.',
    approver: 'It takes the role of an approver',
  },
});

export type Charge = NonNullable<Read<'listCharges'>['data']>['charges'][number];
type Kind = 'capture' | 'void' | 'reauthorize' | 'giveUp' | 'cancel' | 'release';

/** What a person may do with charges of a state; the server decides. */
const ofState: Partial<Readonly<Record<ChargeState, readonly Kind[]>>> = {
  planned: ['giveUp', 'cancel'],
  declined: ['giveUp', 'cancel'],
  authorized: ['capture', 'void'],
  expired: ['reauthorize', 'giveUp', 'cancel'],
  voided: ['reauthorize', 'giveUp', 'cancel'],
  given_up: ['release'],
  cancelled: ['release'],
};

/** States whose charges wait for a shipment, or will. */
const shippable: readonly ChargeState[] = ['planned', 'sent', 'unknown', 'authorized'];

export const isChargeToChoose = (state: ChargeState) =>
  ofState[state] !== undefined || shippable.includes(state);

/** Acts on the chosen charges of one state, each asked once more with count and yen. */
export function ChargeActs({
  month,
  state,
  chosen,
  onDone,
}: {
  readonly month: string;
  readonly state: ChargeState;
  readonly chosen: readonly Charge[];
  readonly onDone: () => void;
}) {
  const orders = chosen.map(({ orderNumber }) => orderNumber);
  return (
    <Group>
      {(ofState[state] ?? []).map((kind) => (
        <ChargeAct key={kind} kind={kind} month={month} chosen={chosen} onDone={onDone} />
      ))}
      {shippable.includes(state) && (
        <RecordShipments key={orders.join(' ')} month={month} chosen={orders} />
      )}
    </Group>
  );
}

function ChargeAct({
  kind,
  month,
  chosen,
  onDone,
}: {
  readonly kind: Kind;
  readonly month: string;
  readonly chosen: readonly Charge[];
  readonly onDone: () => void;
}) {
  const words = useWords();
  const role: Role = kind === 'reauthorize' ? 'approver' : 'operator';
  const may = useMay(role);
  const sum = sumOf(chosen);
  const { act, confirm } = useChargeAct(kind, month);
  const orderNumbers = chosen.map(({ orderNumber }) => orderNumber);
  return (
    <ActButton
      label={words(kind)}
      text={words(`${kind}Text`)}
      reason="required"
      danger={kind === 'giveUp' || kind === 'cancel' || kind === 'void'}
      variant={kind === 'capture' || kind === 'release' ? 'filled' : 'default'}
      disabled={!may || chosen.length === 0}
      act={act}
      onConfirm={async (reason) => {
        const done = await confirm(orderNumbers, sum, reason);
        if (done !== null) onDone();
        return done;
      }}
    >
      <CountAndYen of={sum} fw={700} />
      <ChosenNames names={orderNumbers} />
      {!may && role === 'approver' && <Text size="sm">{words('approver')}</Text>}
    </ActButton>
  );
}

type Sum = ReturnType<typeof sumOf>;
type AnyAct = Pick<Act<'endCharges'>, 'acting' | 'problem' | 'forget'>;

function useChargeAct(
  kind: Kind,
  month: string,
): {
  readonly act: AnyAct;
  readonly confirm: (orders: string[], confirmed: Sum, reason: string) => Promise<unknown>;
} {
  const { merchant } = useMerchant();
  const params = { merchant, month };
  const capture = useAct('captureCharges');
  const voiding = useAct('voidCharges');
  const again = useAct('reauthorizeCharges');
  const end = useAct('endCharges');
  const release = useAct('releaseCharges');
  const ending = (as: 'given_up' | 'cancelled') => ({
    act: end,
    confirm: (orderNumbers: string[], _: Sum, reason: string) =>
      end.act({ params, body: { orderNumbers, kind: as, reason } }),
  });
  const confirmed = (act: typeof capture | typeof voiding | typeof again) => ({
    act,
    confirm: (orderNumbers: string[], sum: Sum, reason: string) =>
      act.act({ params, body: { orderNumbers, confirmed: sum, reason } }),
  });
  switch (kind) {
    case 'capture':
      return confirmed(capture);
    case 'void':
      return confirmed(voiding);
    case 'reauthorize':
      return confirmed(again);
    case 'giveUp':
      return ending('given_up');
    case 'cancel':
      return ending('cancelled');
    case 'release':
      return {
        act: release,
        confirm: (orderNumbers, _, reason) =>
          release.act({ params, body: { orderNumbers, reason } }),
      };
  }
}
