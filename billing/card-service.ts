/** PSPs that keep cards under a key of ours, by the names that files and settings use (manual 000, 001). */
export const cardServices = ['ZEUS', 'GMO', 'YAMATO'] as const;
export type CardService = (typeof cardServices)[number];

/** PSPs that have payment settings of their own: the one that bills the months, and those that keep cards. */
export const paymentServices = ['PAYGENT', ...cardServices] as const;
export type PaymentService = (typeof paymentServices)[number];

export const cardBrands = ['VISA', 'MASTER', 'JCB', 'AMEX', 'DINERS'] as const;
export type CardBrand = (typeof cardBrands)[number];

/** How a service writes the expiry of a card. */
export function expiryFormat(service: CardService): 'MMYY' | 'YYMM' {
  return service === 'ZEUS' ? 'MMYY' : 'YYMM';
}
