import { useParams } from 'react-router';

/**
 * Addresses of the console. They are those that mails and notices name below the merchant's page
 * (billing/mail/templates.ts): a page that moves breaks links in mails that were sent long ago.
 */
export const merchantPlace = (merchant: string, ...steps: readonly (string | number)[]) =>
  ['/merchants', merchant, ...steps].join('/');

export interface ExchangePlace {
  readonly month: string;
  readonly kind: string;
  readonly number: number;
}

export const exchangeSteps = ({ month, kind, number }: ExchangePlace) =>
  ['exchanges', month, kind, number] as const;

/** The merchant of this page, and places below it. */
export function useMerchant(): {
  readonly merchant: string;
  readonly place: (...steps: readonly (string | number)[]) => string;
} {
  const { merchant = '' } = useParams();
  return { merchant, place: (...steps) => merchantPlace(merchant, ...steps) };
}
