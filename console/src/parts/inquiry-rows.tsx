import { Anchor, Text } from '@mantine/core';
import { INQUIRY_CLASSES } from '../../../billing/payment-inquiry.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords, useLanguage } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useInquiryClassWords, useRecordedWords } from '../words/inquiry-words.ts';
import { Instant, Yen } from './figures.tsx';
import { type Column, ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import { OrderLink } from './order-link.tsx';
import { Pager, usePlace } from './pager.tsx';
import { useFilters } from './search-form.tsx';
import { Section } from './section.tsx';

const useWords = defineWords('inquiry-rows', {
  ja: {
    rows: '明細',
    all: 'すべての行を見る',
    only: '「{{name}}」の行',
    line: '行',
    class: '照合の結果',
    order: '注文番号',
    payment: '決済ID',
    status: '決済ステータス',
    yen: '金額',
    recorded: '当システムの記録',
    at: '決済日時',
    none: 'この照合の結果の行はありません。「すべての行を見る」で戻れます。',
  },
  en: {
    rows: 'Rows',
    all: 'Show all rows',
    only: 'Rows: {{name}}',
    line: 'Line',
    class: 'What it is',
    order: 'Order',
    payment: 'Payment ID',
    status: 'Status of the PSP',
    yen: 'Amount',
    recorded: 'On record',
    at: 'Paid at',
    none: 'No row of this kind; show all rows again.',
  },
});

type Payment = NonNullable<Read<'listComparedPayments'>['data']>['payments'][number];

/** The rows of a payment list against the record: all, or those of one kind. */
export function InquiryRows({ month, n }: { readonly month: string; readonly n: number }) {
  const words = useWords();
  const classes = useInquiryClassWords();
  const { merchant } = useMerchant();
  const { filter, change } = useFilters();
  const { after, limit } = usePlace();
  const columns = useColumns(month);
  const asked = INQUIRY_CLASSES.find((one) => one === filter('class'));
  const read = useRead('listComparedPayments', {
    params: { merchant, month, n },
    query: {
      limit,
      ...(asked === undefined ? {} : { class: asked }),
      ...(after === undefined ? {} : { after: Number(after) }),
    },
  });
  return (
    <Section
      title={asked === undefined ? words('rows') : words('only', { name: classes(asked) })}
      actions={
        asked !== undefined && (
          <Anchor component="button" onClick={() => change({ class: '' })}>
            {words('all')}
          </Anchor>
        )
      }
    >
      <Loaded read={read}>
        {({ payments, nextAfter }) => (
          <>
            <ListTable
              label={words('rows')}
              rows={payments}
              keyOf={({ line }) => line}
              none={words('none')}
              columns={columns}
            />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function useColumns(month: string): readonly Column<Payment>[] {
  const words = useWords();
  const classes = useInquiryClassWords();
  const recorded = useRecordedWords();
  const { language } = useLanguage();
  return [
    { title: words('line'), numeric: true, cell: ({ line }) => line },
    {
      title: words('class'),
      cell: (row) => (
        <>
          {classes(row.class)}
          {row.problem !== null && language === 'ja' && <Text size="xs">{row.problem}</Text>}
        </>
      ),
    },
    {
      title: words('order'),
      cell: ({ orderNumber }) =>
        orderNumber === null ? '—' : <OrderLink month={month} orderNumber={orderNumber} />,
    },
    { title: words('payment'), cell: ({ paymentId }) => paymentId ?? '—' },
    { title: words('status'), cell: ({ status }) => status },
    {
      title: words('yen'),
      numeric: true,
      cell: ({ amountYen }) => (amountYen === null ? '—' : <Yen amount={amountYen} />),
    },
    {
      title: words('recorded'),
      cell: (row) => (
        <>
          {row.recorded === null ? '—' : recorded(row.recorded)}{' '}
          {row.recordedYen !== null && row.recordedYen !== row.amountYen && (
            <Yen amount={row.recordedYen} />
          )}
        </>
      ),
    },
    {
      title: words('at'),
      cell: ({ paidAt, occurredAt }) => <Instant at={paidAt ?? occurredAt} />,
    },
  ];
}
