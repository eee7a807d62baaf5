import { Select, TagsInput, TextInput } from '@mantine/core';
import { CHARGE_STATES } from '../../../billing/charge.ts';
import { parseYen } from '../../../billing/money.ts';
import type { OrderVerdict } from '../../../billing/order-search.ts';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { EXCLUSIONS, useChargeStateWords, useExclusionWords } from '../words/billing-words.ts';
import { type Kept, SearchForm } from './search-form.tsx';

const useWords = defineWords('order-search', {
  ja: {
    search: '検索条件設定',
    orderNumberFrom: '注文番号(から)',
    orderNumberTo: '注文番号(まで)',
    customerName: '顧客名',
    email: 'メールアドレス',
    phone: 'TEL',
    orderedFrom: '受注日(から)',
    orderedTo: '受注日(まで)',
    amountFromYen: '購入金額(円から)',
    amountToYen: '購入金額(円まで)',
    paymentMethod: '支払方法',
    status: '対応状況',
    verdict: '請求の判定',
    reason: '対象外の理由',
    chargeState: '請求の状態',
    gone: '最新の注文CSV',
    has: 'ある',
    lacks: 'なくなった',
    all: 'すべて',
    selected: '請求対象',
    excluded: '対象外',
    quarantined: '読めない行',
    notYen: '金額を 7,988 のように整数で入力してください。この条件は使っていません。',
  },
  en: {
    search: 'Search',
    orderNumberFrom: 'Order from',
    orderNumberTo: 'Order to',
    customerName: 'Customer',
    email: 'Mail address',
    phone: 'Phone',
    orderedFrom: 'Ordered from',
    orderedTo: 'Ordered to',
    amountFromYen: 'Yen from',
    amountToYen: 'Yen to',
    paymentMethod: 'Payment methods',
    status: 'Order status',
    verdict: 'Billing',
    reason: 'Why left out',
    chargeState: 'Charge',
    gone: 'Latest export',
    has: 'Has it',
    lacks: 'Has it no more',
    all: 'All',
    selected: 'To bill',
    excluded: 'Left out',
    quarantined: 'Unreadable',
    notYen: 'Not a whole number of yen: the list is not narrowed by it.',
  },
});

/** Written again: the room's own list comes with the encoders of CSV files. */
export const ORDER_VERDICTS = [
  'selected',
  'excluded',
  'quarantined',
] as const satisfies readonly OrderVerdict[];

const names = [
  'orderNumberFrom',
  'orderNumberTo',
  'paymentMethod',
  'orderedFrom',
  'orderedTo',
  'amountFromYen',
  'amountToYen',
  'status',
  'verdict',
  'reason',
  'chargeState',
  'gone',
] as const;

/** Yen as people type them, 「7,988円」 too; null: none, or not to be read. */
export function readYenCondition(text: string): number | null {
  const read = parseYen(text);
  return read.ok ? read.amountYen : null;
}

const isYenCondition = (text: string) => text.trim() === '' || readYenCondition(text) !== null;

const personalNames = ['customerName', 'email', 'phone'] as const;

/** As the shop's own search has it (manual 002), with what became of each order here. */
export function OrderSearch({
  personal,
  kept,
}: {
  readonly personal: boolean;
  readonly kept: Kept;
}) {
  const words = useWords();
  const states = useChargeStateWords();
  const reasons = useExclusionWords();
  const { merchant } = useMerchant();
  const { data: version } = useRead('readSettings', { params: { merchant } });
  const orders = version?.settings.orderProfile;
  const all = { value: '', label: words('all') };
  const options = (list: readonly { readonly value: string; readonly label: string }[]) => [
    all,
    ...list,
  ];
  const known = [...(orders?.billedStatuses ?? []), ...Object.keys(orders?.excludedStatuses ?? {})];
  return (
    <SearchForm label={words('search')} names={names} personal={personalNames} kept={kept}>
      {({ field, choice }) => {
        const methods = choice('paymentMethod');
        return (
          <>
            {(['orderNumberFrom', 'orderNumberTo'] as const).map((name) => (
              <TextInput key={name} label={words(name)} w={120} {...field(name)} />
            ))}
            {personal &&
              personalNames.map((name) => (
                <TextInput key={name} label={words(name)} w={150} {...field(name)} />
              ))}
            {(['orderedFrom', 'orderedTo'] as const).map((name) => (
              <TextInput key={name} type="date" label={words(name)} {...field(name)} />
            ))}
            {(['amountFromYen', 'amountToYen'] as const).map((name) => (
              <TextInput
                key={name}
                inputMode="numeric"
                label={words(name)}
                w={140}
                {...field(name)}
                error={isYenCondition(field(name).value) ? null : words('notYen')}
              />
            ))}
            <TagsInput
              label={words('paymentMethod')}
              w={220}
              data={[...(orders?.paygentPaymentMethods ?? [])]}
              value={methods.value === '' ? [] : methods.value.split('\n')}
              onChange={(chosen) => methods.onChange(chosen.join('\n'))}
            />
            <Select
              label={words('status')}
              w={160}
              data={options(known.map((value) => ({ value, label: value })))}
              {...choice('status')}
            />
            <Select
              label={words('verdict')}
              w={130}
              data={options(ORDER_VERDICTS.map((value) => ({ value, label: words(value) })))}
              {...choice('verdict')}
            />
            <Select
              label={words('reason')}
              w={210}
              data={options(EXCLUSIONS.map((value) => ({ value, label: reasons(value) })))}
              {...choice('reason')}
            />
            <Select
              label={words('chargeState')}
              w={170}
              data={options(CHARGE_STATES.map((value) => ({ value, label: states(value) })))}
              {...choice('chargeState')}
            />
            <Select
              label={words('gone')}
              w={140}
              data={options([
                { value: 'false', label: words('has') },
                { value: 'true', label: words('lacks') },
              ])}
              {...choice('gone')}
            />
          </>
        );
      }}
    </SearchForm>
  );
}
