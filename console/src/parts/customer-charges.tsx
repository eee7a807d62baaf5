import { useState } from 'react';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useChargeStateWords } from '../words/billing-words.ts';
import { Instant, Yen } from './figures.tsx';
import { ListTable } from './list-table.tsx';
import { Loaded } from './loaded.tsx';
import { MoreButtons } from './more-buttons.tsx';
import { OrderLink } from './order-link.tsx';
import { Section } from './section.tsx';

const useWords = defineWords('customer-charges', {
  ja: {
    title: '請求の履歴',
    month: '請求月',
    order: '注文番号',
    state: '状態',
    yen: '金額',
    captured: '売上金額',
    code: '応答コード',
    until: '売上期限',
    none: 'この顧客への請求はまだありません。',
  },
  en: {
    title: 'Charges',
    month: 'Month',
    order: 'Order',
    state: 'State',
    yen: 'Amount',
    captured: 'Captured',
    code: 'Response code',
    until: 'Capture before',
    none: 'Nothing was billed to this customer yet.',
  },
});

/** What a customer was billed, over all months. */
export function CustomerCharges({ customerId }: { readonly customerId: string }) {
  const words = useWords();
  const states = useChargeStateWords();
  const { merchant } = useMerchant();
  const [after, setAfter] = useState<string | undefined>();
  const read = useRead('listCustomerCharges', {
    params: { merchant, customerId },
    query: { limit: 20, after },
  });
  return (
    <Section title={words('title')}>
      <Loaded read={read} lines={2}>
        {({ charges, nextAfter }) => (
          <>
            <ListTable
              label={words('title')}
              rows={charges}
              keyOf={({ month, orderNumber }) => `${month} ${orderNumber}`}
              none={words('none')}
              columns={[
                { title: words('month'), cell: ({ month }) => month },
                { title: words('order'), cell: (of) => <OrderLink {...of} /> },
                { title: words('state'), cell: ({ state }) => states(state) },
                { title: words('yen'), numeric: true, cell: (of) => <Yen amount={of.amountYen} /> },
                {
                  title: words('captured'),
                  numeric: true,
                  cell: (of) => (of.capturedYen === 0 ? '—' : <Yen amount={of.capturedYen} />),
                },
                { title: words('code'), cell: ({ responseCode }) => responseCode ?? '—' },
                { title: words('until'), cell: (of) => <Instant at={of.captureBefore} /> },
              ]}
            />
            <MoreButtons after={after} nextAfter={nextAfter} onGo={setAfter} />
          </>
        )}
      </Loaded>
    </Section>
  );
}
