import { NumberInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { maxOrderAmountYen } from '../../../billing/money.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { CustomerDetail } from '../pages/customer.tsx';
import { useMerchant } from '../places.ts';
import { ActButton } from './act-button.tsx';
import { isMonth } from './month-field.tsx';

const useWords = defineWords('subscription-form', {
  ja: {
    add: '定期受注を登録する',
    change: '変更する',
    changeTitle: '定期受注 {{number}} を変更する',
    text: 'カートにある定期受注と同じ内容にしてください。カートには何も送りません。利用停止中のカードを別のカードに替えると、止まっていた注文が請求に戻ることがあります。',
    number: '定期受注番号',
    taken: 'この番号はもうあります。一覧の「変更する」から変更してください。',
    amount: '金額(円)',
    status: '状態',
    active: '継続中',
    paused: '休止中',
    ended: '終了',
    nextMonth: '次回の月',
    monthHint: '2026-12 のように。ないときは空欄',
    card: '請求するカード',
    asBefore: '今のまま',
    unknown: '不明',
    cardName: '{{service}} {{brand}} …{{digits}} 期限 {{expiry}}',
  },
  en: {
    add: 'Add a subscription',
    change: 'Change',
    changeTitle: 'Change the subscription {{number}}',
    text: 'Make it what the cart has: nothing is sent to the cart. Another card in place of a locked one may have held orders billed again.',
    number: 'Number',
    taken: 'This number is there already: change it in the list.',
    amount: 'Amount (yen)',
    status: 'State',
    active: 'Active',
    paused: 'Paused',
    ended: 'Ended',
    nextMonth: 'Next month',
    monthHint: 'Like 2026-12; empty for none',
    card: 'Card that it charges',
    asBefore: 'As before',
    unknown: 'Not known',
    cardName: '{{service}} {{brand}} …{{digits}} expires {{expiry}}',
  },
});

type Subscription = CustomerDetail['subscriptions'][number];
const states = ['active', 'paused', 'ended'] as const;
/** Choices of the card beside the stored ones, which are named by their places. */
const AS_BEFORE = 'before';
const UNKNOWN = 'unknown';

interface Draft {
  readonly number: string;
  readonly amountYen: number | '';
  readonly status: Subscription['status'];
  readonly nextMonth: string;
  readonly card: string;
}

const draftOf = (subscription: Subscription | null): Draft => ({
  number: subscription?.subscriptionNumber ?? '',
  amountYen: subscription?.amountYen ?? '',
  status: subscription?.status ?? 'active',
  nextMonth: subscription?.nextMonth ?? '',
  card: subscription === null ? UNKNOWN : AS_BEFORE,
});

/** One dialog for a subscription that is new and for one that is there. */
export function SubscriptionForm({
  customer,
  subscription,
}: {
  readonly customer: CustomerDetail;
  /** Null: a new one. */
  readonly subscription: Subscription | null;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const save = useAct('saveSubscription');
  const [changed, setChanged] = useState<Partial<Draft>>({});
  // What nobody touched is what the server says now.
  const draft = { ...draftOf(subscription), ...changed };
  const cards = customer.storedCards;
  const number = draft.number.trim();
  const taken =
    subscription === null &&
    customer.subscriptions.some((one) => one.subscriptionNumber === number);
  const wrongMonth = draft.nextMonth !== '' && !isMonth(draft.nextMonth);
  const { amountYen } = draft;
  const confirm = async () => {
    if (amountYen === '') return null;
    const { customerId } = customer;
    const chosen = cards[Number(draft.card)];
    const done = await save.act({
      params: { merchant, customerId, subscriptionNumber: number },
      body: {
        amountYen,
        status: draft.status,
        nextMonth: draft.nextMonth === '' ? null : draft.nextMonth,
        ...(draft.card === AS_BEFORE
          ? {}
          : { card: chosen ? { service: chosen.service, identity: chosen.identity } : null }),
      },
    });
    if (done !== null) setChanged({});
    return done;
  };
  return (
    <ActButton
      label={words(subscription === null ? 'add' : 'change')}
      title={subscription === null ? words('add') : words('changeTitle', { number })}
      text={words('text')}
      size="xs"
      reason="none"
      incomplete={number === '' || taken || amountYen === '' || wrongMonth}
      act={{
        ...save,
        forget: () => {
          setChanged({});
          save.forget();
        },
      }}
      onConfirm={confirm}
    >
      <Fields
        draft={draft}
        change={(fields) => setChanged({ ...changed, ...fields })}
        cards={cards}
        isNew={subscription === null}
        taken={taken}
        wrongMonth={wrongMonth}
      />
    </ActButton>
  );
}

function Fields({
  draft,
  change,
  cards,
  isNew,
  taken,
  wrongMonth,
}: {
  readonly draft: Draft;
  readonly change: (fields: Partial<Draft>) => void;
  readonly cards: CustomerDetail['storedCards'];
  readonly isNew: boolean;
  readonly taken: boolean;
  readonly wrongMonth: boolean;
}) {
  const words = useWords();
  return (
    <>
      {isNew && (
        <TextInput
          label={words('number')}
          required
          data-autofocus
          maxLength={50}
          value={draft.number}
          error={taken && words('taken')}
          onChange={(event) => change({ number: event.currentTarget.value })}
        />
      )}
      <NumberInput
        label={words('amount')}
        required
        min={0}
        max={maxOrderAmountYen}
        clampBehavior="strict"
        allowDecimal={false}
        allowNegative={false}
        thousandSeparator=","
        value={draft.amountYen}
        onChange={(value) => change({ amountYen: value === '' ? '' : Number(value) })}
      />
      <Select
        label={words('status')}
        allowDeselect={false}
        value={draft.status}
        data={states.map((value) => ({ value, label: words(value) }))}
        onChange={(value) =>
          change({ status: states.find((one) => one === value) ?? draft.status })
        }
      />
      <TextInput
        type="month"
        label={words('nextMonth')}
        description={words('monthHint')}
        value={draft.nextMonth}
        error={wrongMonth && words('monthHint')}
        onChange={(event) => change({ nextMonth: event.currentTarget.value })}
      />
      <Select
        label={words('card')}
        allowDeselect={false}
        value={draft.card}
        data={[
          ...(isNew ? [] : [{ value: AS_BEFORE, label: words('asBefore') }]),
          { value: UNKNOWN, label: words('unknown') },
          ...cards.map((card, index) => ({
            value: String(index),
            label: words('cardName', {
              service: card.service,
              brand: card.brand,
              digits: card.lastDigits,
              expiry: card.expiry,
            }),
          })),
        ]}
        onChange={(value) => change({ card: value ?? draft.card })}
      />
    </>
  );
}
