import type { MerchantSettings } from '../billing/merchant-settings.ts';
import { type CardNumberGuard, createCardNumberGuard } from '../imports/card-number-guard.ts';
import { dataLayout, resultLayout } from '../psp/paygent/layouts.ts';
import { fieldIndex } from '../psp/record-layout.ts';

/**
 * The card-number guard for one inbound file. Columns that hold our own numbers or the PSP's may be
 * as long as a card number, so they pass; an unknown kind exempts nothing.
 */
export function createFileGuard(kind: string, settings: MerchantSettings): CardNumberGuard {
  switch (kind) {
    case 'order-export': {
      const { orderNumber, previousOrderNumber, customerNumber } = settings.orderProfile.columns;
      const columns = [orderNumber, previousOrderNumber, customerNumber];
      return createCardNumberGuard({
        header: true,
        exemptColumns: columns.map((column) => column.name),
      });
    }
    case 'auth-result':
      return createResultGuard('authorization', settings.paygent.width);
    case 'capture-result':
      return createResultGuard('capture', settings.paygent.width);
    default:
      return createCardNumberGuard({ header: false });
  }
}

/** A result file's first row is Paygent's header record, not a row of names: columns by position. */
function createResultGuard(kind: 'authorization' | 'capture', width: number): CardNumberGuard {
  const layout = dataLayout(kind, width);
  const own = ['orderNumber', 'previousOrderNumber', 'customerNumber'];
  return createCardNumberGuard({
    header: false,
    exemptColumnNumbers: [
      ...own.map((id) => fieldIndex(layout, id) + 1),
      layout.fields.length + fieldIndex(resultLayout, 'paymentId') + 1,
    ],
  });
}
