import type { MerchantSettings } from '../billing/merchant-settings.ts';
import { ownNumberColumns } from '../billing/order-profile.ts';
import { type CardNumberGuard, createCardNumberGuard } from '../imports/card-number-guard.ts';
import { ownNumberColumnNumbers } from '../psp/paygent/layouts.ts';

/**
 * The card-number guard for one inbound file. Columns that hold our own numbers or the PSP's may be
 * as long as a card number, so they pass; an unknown kind exempts nothing.
 */
export function createFileGuard(kind: string, settings: MerchantSettings): CardNumberGuard {
  switch (kind) {
    case 'order-export':
      return createCardNumberGuard({
        header: true,
        exemptColumns: ownNumberColumns(settings.orderProfile),
      });
    // The first row is Paygent's header record, not a row of names: columns by position.
    case 'auth-result':
    case 'capture-result':
    case 'sent-file':
      return createCardNumberGuard({
        header: false,
        exemptColumnNumbers: ownNumberColumnNumbers(settings.paygent.width),
      });
    default:
      return createCardNumberGuard({ header: false });
  }
}
