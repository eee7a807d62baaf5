import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { useMerchant } from '../places.ts';

/** Leads to a customer: by our ID where it is known, else by the number that orders bear. */
export function CustomerLink({
  customerNumber,
  customerId,
}: {
  readonly customerNumber: string;
  readonly customerId?: string;
}) {
  const { place } = useMerchant();
  const to =
    customerId === undefined
      ? place('customers', 'number', encodeURIComponent(customerNumber))
      : place('customers', customerId);
  return (
    <Anchor component={Link} to={to} inherit>
      {customerNumber}
    </Anchor>
  );
}
