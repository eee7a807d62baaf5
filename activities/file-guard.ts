import { DESK_SHEET_KIND, deskSheetOwnNumbers } from '../billing/desk-sheet.ts';
import { type ImportKind, importFileKinds } from '../billing/file-import.ts';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import { ownNumberColumns } from '../billing/order-profile.ts';
import { RETURNED_FILE_KIND } from '../billing/returned-cards.ts';
import { type CardNumberGuard, createCardNumberGuard } from '../imports/card-number-guard.ts';
import { importGuardOptions } from '../imports/import-columns.ts';
import { checkImportHead, type ImportHead } from '../imports/import-head.ts';
import { checkReturnedHead, returnedGuardOptions } from '../imports/returned-cards.ts';
import { refreshOwnNumberColumns } from '../psp/gmo/refresh-layouts.ts';
import { ownNumberColumnNumbers } from '../psp/paygent/layouts.ts';
import { inquiryNumberColumns } from '../psp/paygent/payment-inquiry.ts';

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
    case 'payment-inquiry':
      return createCardNumberGuard({ header: true, exemptColumns: inquiryNumberColumns });
    case DESK_SHEET_KIND:
      return createCardNumberGuard({ header: true, exemptColumns: deskSheetOwnNumbers });
    case importFileKinds.customers:
      return createImportGuard('customers', settings);
    case importFileKinds.cards:
      return createImportGuard('cards', settings);
    case 'refresh-result':
      return createCardNumberGuard({
        header: false,
        exemptColumnNumbers: refreshOwnNumberColumns(settings.cardRefresh.resultLayout),
      });
    case RETURNED_FILE_KIND:
      return createReturnedGuard(settings);
    default:
      return createCardNumberGuard({ header: false });
  }
}

/** The file that the PSP of the settings returns; without one, nothing tells its columns. */
function createReturnedGuard(settings: MerchantSettings): CardNumberGuard {
  const { paymentMethods, cardMigration, imports } = settings;
  const service = paymentMethods.cardService;
  if (service === null) return createCardNumberGuard({ header: false });
  const form = { service, layout: cardMigration.returned[service] };
  const guard = createCardNumberGuard(returnedGuardOptions(form, imports.exemptColumns));
  return withHead(guard, checkReturnedHead(form));
}

/**
 * For a customer or card file the guard also throws UnusableFileError for what is none: such a file is
 * refused before anything of it is kept.
 */
function createImportGuard(kind: ImportKind, settings: MerchantSettings): CardNumberGuard {
  const guard = createCardNumberGuard(importGuardOptions(kind, settings.imports.exemptColumns));
  return withHead(guard, checkImportHead(kind));
}

function withHead(guard: CardNumberGuard, head: ImportHead): CardNumberGuard {
  return {
    write(chunk) {
      head.write(chunk);
      guard.write(chunk);
    },
    end() {
      head.end();
      return guard.end();
    },
    get finding() {
      return guard.finding;
    },
  };
}
