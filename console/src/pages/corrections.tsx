import { Badge, Group, NumberInput, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { RECORDED_BY_PEOPLE } from '../../../billing/correction.ts';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ActButton } from '../parts/act-button.tsx';
import { Instant, Yen } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { OrderLink } from '../parts/order-link.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useCorrectionKindWords } from '../words/billing-words.ts';

const useWords = defineWords('corrections', {
  ja: {
    title: '締めた後の訂正',
    cycles: '請求サイクル',
    text: '締めた月の記録は変わりません。締めた後に分かったことを、ここに並べて残します。',
    month: '請求月',
    all: 'すべての月',
    show: '表示',
    both: 'すべて',
    open: '未確認だけ',
    number: '番号',
    kind: '種類',
    order: '注文番号',
    yen: '金額',
    reason: '内容',
    recorded: '記録',
    state: '確認',
    unseen: '未確認',
    acknowledge: '確認済みにする',
    acknowledgeText:
      '必要な対応(取消・返金など)を済ませたことを記録します。締めた月の記録は変わりません。',
    none: '訂正はありません。返金やチャージバックがあったら「訂正を記録する」で残してください。',
    record: '訂正を記録する',
    recordText: '締めた月にあったことを残します。月の記録と集計は変わりません。',
    closedMonth: '締めた月',
    orderHint: '月全体のことなら空のままにします',
    noneClosed: '締めた月がまだありません。',
  },
  en: {
    title: 'Corrections after the close',
    cycles: 'Billing cycles',
    text: 'The record of a closed month stays as it was; what became known later stands beside it.',
    month: 'Month',
    all: 'All months',
    show: 'Show',
    both: 'All',
    open: 'Not yet looked at',
    number: 'No.',
    kind: 'Kind',
    order: 'Order',
    yen: 'Amount',
    reason: 'What it is',
    recorded: 'Recorded',
    state: 'Looked at',
    unseen: 'Not yet',
    acknowledge: 'It was looked after',
    acknowledgeText:
      'It is recorded that what had to be done (void, refund) was done. The month stays as it was.',
    none: 'No corrections. Record refunds and chargebacks here.',
    record: 'Record a correction',
    recordText: 'It stands beside the closed month, whose record and sums stay.',
    closedMonth: 'Closed month',
    orderHint: 'Leave it empty for the whole month',
    noneClosed: 'No month is closed yet.',
  },
});

type Correction = NonNullable<Read<'listCorrections'>['data']>['corrections'][number];

function CorrectionsPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const { filter, change } = useFilters();
  const { after, limit } = usePlace();
  const month = filter('month');
  const open = filter('show') === 'open';
  const cycles = useRead('listCycles', { params: { merchant }, query: { limit: 120 } });
  const months = cycles.data?.cycles ?? [];
  const corrections = useRead('listCorrections', {
    params: { merchant },
    query: { limit, ...(month && { month }), ...(after && { after }), ...(open && { open }) },
  });
  const closed = months.filter(({ stage }) => stage === 'closed').map((one) => one.month);
  return (
    <Page
      title={words('title')}
      above={[{ to: place('cycles'), title: words('cycles') }]}
      actions={<RecordCorrection months={closed} month={month} />}
    >
      <Text size="sm">{words('text')}</Text>
      <search aria-label={words('show')}>
        <Group align="flex-end">
          <Select
            label={words('month')}
            allowDeselect={false}
            value={month ?? ''}
            data={[
              { value: '', label: words('all') },
              ...months.map((one) => ({ value: one.month, label: one.month })),
            ]}
            onChange={(value) => change({ month: value ?? '' })}
          />
          <Select
            label={words('show')}
            allowDeselect={false}
            value={open ? 'open' : ''}
            data={[
              { value: '', label: words('both') },
              { value: 'open', label: words('open') },
            ]}
            onChange={(value) => change({ show: value ?? '' })}
          />
        </Group>
      </search>
      <Loaded read={corrections}>
        {({ corrections: found, nextAfter }) => (
          <>
            <CorrectionTable corrections={found} />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function CorrectionTable({ corrections }: { readonly corrections: readonly Correction[] }) {
  const words = useWords();
  const kinds = useCorrectionKindWords();
  return (
    <ListTable
      label={words('title')}
      rows={corrections}
      keyOf={({ month, number }) => `${month} ${number}`}
      none={words('none')}
      columns={[
        { title: words('month'), cell: ({ month }) => month },
        { title: words('number'), numeric: true, cell: ({ number }) => number },
        { title: words('kind'), cell: ({ kind }) => kinds(kind) },
        {
          title: words('order'),
          cell: ({ month, orderNumber }) =>
            orderNumber === null ? '—' : <OrderLink month={month} orderNumber={orderNumber} />,
        },
        {
          title: words('yen'),
          numeric: true,
          cell: ({ yen }) => (yen === null ? '—' : <Yen amount={yen} />),
        },
        { title: words('reason'), cell: ({ reason }) => <Text size="sm">{reason}</Text> },
        {
          title: words('recorded'),
          cell: ({ recordedAt, recordedBy }) => (
            <>
              <Instant at={recordedAt} /> {recordedBy}
            </>
          ),
        },
        { title: words('state'), cell: (of) => <Acknowledgement of={of} /> },
      ]}
    />
  );
}

function Acknowledgement({ of }: { readonly of: Correction }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const acknowledge = useAct('acknowledgeCorrection');
  const { month, number, acknowledged } = of;
  if (acknowledged !== null) {
    return (
      <Text size="sm">
        ✓ {acknowledged.by} <Instant at={acknowledged.at} />
        {acknowledged.reason !== null && ` ${acknowledged.reason}`}
      </Text>
    );
  }
  if (!may) {
    return (
      <Badge color="red" variant="outline">
        ● {words('unseen')}
      </Badge>
    );
  }
  return (
    <ActButton
      label={words('acknowledge')}
      text={words('acknowledgeText')}
      size="xs"
      reason="required"
      act={acknowledge}
      onConfirm={(reason) =>
        acknowledge.act({ params: { merchant, month, number }, body: { reason } })
      }
    />
  );
}

function RecordCorrection({
  months,
  month,
}: {
  readonly months: readonly string[];
  /** To begin with. */
  readonly month: string | undefined;
}) {
  const words = useWords();
  const kinds = useCorrectionKindWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const record = useAct('recordCorrection');
  const [chosen, setChosen] = useState<string | null>(null);
  const [kind, setKind] = useState<(typeof RECORDED_BY_PEOPLE)[number]>('refund');
  const [order, setOrder] = useState('');
  const [yen, setYen] = useState<number | string>('');
  const of = chosen ?? months.find((one) => one === month) ?? months[0];
  if (of === undefined) return <Text size="sm">{words('noneClosed')}</Text>;
  return (
    <ActButton
      label={words('record')}
      text={words('recordText')}
      variant="filled"
      reason="required"
      disabled={!may}
      act={record}
      onConfirm={async (reason) => {
        const done = await record.act({
          params: { merchant, month: of },
          body: {
            kind,
            reason,
            orderNumber: order.trim() === '' ? null : order.trim(),
            yen: typeof yen === 'number' ? yen : null,
          },
        });
        if (done !== null) {
          setOrder('');
          setYen('');
        }
        return done;
      }}
    >
      <Select
        label={words('closedMonth')}
        allowDeselect={false}
        value={of}
        data={months}
        onChange={setChosen}
      />
      <Select
        label={words('kind')}
        allowDeselect={false}
        value={kind}
        data={RECORDED_BY_PEOPLE.map((value) => ({ value, label: kinds(value) }))}
        onChange={(value) => setKind(RECORDED_BY_PEOPLE.find((one) => one === value) ?? 'refund')}
      />
      <TextInput
        label={words('order')}
        description={words('orderHint')}
        maxLength={64}
        value={order}
        onChange={(event) => setOrder(event.currentTarget.value)}
      />
      <NumberInput
        label={words('yen')}
        min={0}
        max={1_000_000_000}
        allowDecimal={false}
        thousandSeparator=","
        value={yen}
        onChange={setYen}
      />
    </ActButton>
  );
}

export const route = { Component: CorrectionsPage };
