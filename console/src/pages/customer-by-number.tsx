import { Anchor } from '@mantine/core';
import { Link, Navigate, useParams } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('customer-by-number', {
  ja: {
    title: '顧客番号 {{number}}',
    list: '顧客',
    none: 'この顧客番号の顧客は取り込まれていません。「取り込み」で顧客データを入れると、ここから見られます。',
    imports: '取り込みを開く',
  },
  en: {
    title: 'Customer number {{number}}',
    list: 'Customers',
    none: 'No customer of this number was imported. Import customer data to see them here.',
    imports: 'Open the imports',
  },
});

/** Orders know their customer by 顧客番号 alone: leads on to who bears it. */
function CustomerByNumberPage() {
  const words = useWords();
  const { customerNumber = '' } = useParams();
  const { merchant, place } = useMerchant();
  const query = { customerNumber, limit: 1 };
  const read = useRead('listCustomers', { params: { merchant }, query });
  return (
    <Page
      title={words('title', { number: customerNumber })}
      above={[{ to: place('customers'), title: words('list') }]}
    >
      <Loaded read={read}>
        {({ customers: [found] }) =>
          found === undefined ? (
            <Empty
              action={
                <Anchor component={Link} to={place('imports')}>
                  {words('imports')}
                </Anchor>
              }
            >
              {words('none')}
            </Empty>
          ) : (
            <Navigate to={place('customers', found.customerId)} replace />
          )
        }
      </Loaded>
    </Page>
  );
}

export const route = { Component: CustomerByNumberPage };
