import { Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useParams } from 'react-router';
import { CHARGE_STATES, type ChargeState } from '../../../billing/charge.ts';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { type Charge, ChargeActs, isChargeToChoose } from '../parts/charge-acts.tsx';
import { ChoiceTable, sumOf } from '../parts/choice-table.tsx';
import { useChosen } from '../parts/chosen.tsx';
import { CustomerLink } from '../parts/customer-link.tsx';
import { CountAndYen, formatCount, Instant, Yen } from '../parts/figures.tsx';
import { type Column, ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { OrderLink } from '../parts/order-link.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SearchForm, useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useChargeStateWords } from '../words/billing-words.ts';

const useWords = defineWords('charges', {
  ja: {
    title: '{{month}} の請求の一覧',
    cycles: '請求サイクル',
    cycle: '{{month}} の請求',
    state: '請求の状態',
    all: 'すべて',
    search: '検索条件',
    order: '注文番号',
    orderWhole: '注文番号(完全一致)',
    customer: '顧客番号',
    yen: '金額',
    captured: '売上金額',
    until: '売上期限',
    answer: '決済会社の応答',
    chosen: '選択中: ',
    choose: '請求を選ぶと、売上処理・取消・断念などができます。',
    byState: '状態で絞り込むと、請求を選んで処理できます。',
    none: 'この条件の請求はありません。請求の状態か注文番号を変えて見てください。',
  },
  en: {
    title: 'Charges of {{month}}',
    cycles: 'Billing cycles',
    cycle: 'Billing of {{month}}',
    state: 'State',
    all: 'All',
    search: 'Search',
    order: 'Order',
    orderWhole: 'Order (the whole number)',
    customer: 'Customer',
    yen: 'Amount',
    captured: 'Captured',
    until: 'Capture before',
    answer: 'Answer of the PSP',
    chosen: 'Chosen: ',
    choose: 'Choose charges to capture, void or end them.',
    byState: 'Narrow them to a state to choose some.',
    none: 'No such charge. Choose another state or order number.',
  },
});

function ChargesPage() {
  const words = useWords();
  const { month = '' } = useParams();
  const { place } = useMerchant();
  const { filter } = useFilters();
  const state = CHARGE_STATES.find((one) => one === filter('state'));
  return (
    <Page
      title={words('title', { month })}
      above={[
        { to: place('cycles'), title: words('cycles') },
        { to: place('cycles', month), title: words('cycle', { month }) },
      ]}
    >
      <Charges key={`${month} ${state}`} month={month} state={state} />
    </Page>
  );
}

function Charges({
  month,
  state,
}: {
  readonly month: string;
  readonly state: ChargeState | undefined;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { after, limit } = usePlace();
  const may = useMay('operator');
  const { filter } = useFilters();
  const orderNumber = filter('orderNumber');
  const [chosen, setChosen] = useChosen<Charge>(orderNumber ?? '');
  const query = {
    limit,
    ...(state === undefined ? {} : { state }),
    ...(orderNumber === undefined ? {} : { orderNumber }),
    ...(after === undefined ? {} : { after: Number(after) }),
  };
  const charges = useRead(
    'listCharges',
    { params: { merchant, month }, query },
    { everyMs: 10_000 },
  );
  const choosing = may && state !== undefined && isChargeToChoose(state);
  return (
    <Stack>
      <Group align="flex-end">
        <StateSelect month={month} state={state} />
        <SearchForm label={words('search')} names={['orderNumber']}>
          {({ field }) => (
            <TextInput label={words('orderWhole')} w={220} {...field('orderNumber')} />
          )}
        </SearchForm>
      </Group>
      {choosing ? (
        <>
          <Text size="sm" aria-live="polite">
            {chosen.length === 0 ? (
              words('choose')
            ) : (
              <>
                {words('chosen')}
                <CountAndYen of={sumOf(chosen)} fw={700} />
              </>
            )}
          </Text>
          <ChargeActs month={month} state={state} chosen={chosen} onDone={() => setChosen([])} />
        </>
      ) : (
        may && state === undefined && <Text size="sm">{words('byState')}</Text>
      )}
      <Loaded read={charges}>
        {({ charges: found, nextAfter }) => (
          <>
            <ChargeTable
              month={month}
              charges={found}
              choice={choosing ? { chosen, onChoose: setChosen } : null}
            />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function StateSelect({
  month,
  state,
}: {
  readonly month: string;
  readonly state: ChargeState | undefined;
}) {
  const words = useWords();
  const states = useChargeStateWords();
  const { merchant } = useMerchant();
  const { change } = useFilters();
  const cycle = useRead('readCycle', { params: { merchant, month }, query: { sums: false } });
  const count = (one: ChargeState) => {
    const rows = cycle.data?.charges[one]?.rows;
    return rows === undefined ? '' : ` (${formatCount(rows)})`;
  };
  return (
    <Select
      label={words('state')}
      w={260}
      allowDeselect={false}
      value={state ?? ''}
      data={[
        { value: '', label: words('all') },
        ...CHARGE_STATES.map((one) => ({ value: one, label: `${states(one)}${count(one)}` })),
      ]}
      onChange={(value) => change({ state: value ?? '' })}
    />
  );
}

function ChargeTable({
  month,
  charges,
  choice,
}: {
  readonly month: string;
  readonly charges: readonly Charge[];
  readonly choice: {
    readonly chosen: readonly Charge[];
    readonly onChoose: (charges: readonly Charge[]) => void;
  } | null;
}) {
  const words = useWords();
  const states = useChargeStateWords();
  const list = {
    label: words('title', { month }),
    rows: charges,
    none: words('none'),
    columns: [
      {
        title: words('order'),
        cell: ({ orderNumber }) => <OrderLink month={month} orderNumber={orderNumber} />,
      },
      {
        title: words('customer'),
        cell: ({ customerNumber }) => <CustomerLink customerNumber={customerNumber} />,
      },
      { title: words('state'), cell: ({ state }) => states(state) },
      {
        title: words('yen'),
        numeric: true,
        cell: ({ amountYen }) => <Yen amount={amountYen} />,
      },
      {
        title: words('captured'),
        numeric: true,
        cell: ({ capturedYen }) => (capturedYen === 0 ? '—' : <Yen amount={capturedYen} />),
      },
      { title: words('until'), cell: ({ captureBefore }) => <Instant at={captureBefore} /> },
      {
        title: words('answer'),
        cell: ({ responseCode, responseDetail }) =>
          [responseCode, responseDetail].filter((one) => one !== null).join(' ') || '—',
      },
    ] satisfies readonly Column<Charge>[],
  };
  const nameOf = ({ orderNumber }: Charge) => orderNumber;
  return choice === null ? (
    <ListTable {...list} keyOf={nameOf} />
  ) : (
    <ChoiceTable {...list} nameOf={nameOf} {...choice} />
  );
}

export const route = { Component: ChargesPage };
