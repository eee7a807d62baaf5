import type { RowsAndYen } from '../billing/cycle.ts';
import { defineOperatorUpdate } from './messages.ts';

/** What people tell a month of their work on the PSP's portal. */

/** Authorized charges are put on the list of those to void on the portal: all of those named, or none. */
export const voidCharges = defineOperatorUpdate<
  { readonly orderNumbers: readonly string[]; readonly confirmed: RowsAndYen },
  RowsAndYen
>('voidCharges');

/** What became of voids on the portal: all of those named, or none. */
export const confirmVoids = defineOperatorUpdate<
  {
    readonly orderNumbers: readonly string[];
    readonly result: 'voided' | 'refused' | 'not_sent';
  },
  { answered: number }
>('confirmVoids');

/** The portal's own list of payments (情報照会): stored bytes, named by their hash. Nothing changes yet. */
export const readInquiry = defineOperatorUpdate<
  { readonly sha256: string },
  { n: number; rows: number }
>('readInquiry');

/** What a list tells goes into the record, when it is still what a person confirmed. */
export const useInquiry = defineOperatorUpdate<
  { readonly n: number; readonly confirmed: RowsAndYen },
  RowsAndYen
>('useInquiry');

/** A person has looked at what a list says otherwise than the record. */
export const acknowledgeInquiry = defineOperatorUpdate<
  { readonly n: number; readonly confirmed: RowsAndYen },
  RowsAndYen
>('acknowledgeInquiry');

/** What became of captures on the portal: of the named ones, or (null) of all on the month's list. */
export const confirmPortalCaptures = defineOperatorUpdate<
  {
    readonly orderNumbers: readonly string[] | null;
    readonly confirmed: RowsAndYen;
    readonly result: 'captured' | 'refused' | 'not_sent';
  },
  RowsAndYen
>('confirmPortalCaptures');
