import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { useMerchant } from '../places.ts';

/** Leads to an order of a month, as its export has it. */
export function OrderLink({
  month,
  orderNumber,
}: {
  readonly month: string;
  readonly orderNumber: string;
}) {
  const { place } = useMerchant();
  const search = new URLSearchParams({
    month,
    orderNumberFrom: orderNumber,
    orderNumberTo: orderNumber,
  });
  return (
    <Anchor component={Link} to={`${place('orders')}?${search}`}>
      {orderNumber}
    </Anchor>
  );
}
