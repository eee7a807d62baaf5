import { LINK_FILE_KIND } from './card-migration.ts';
import { importFileKinds } from './file-import.ts';
import { storedConfirmationKinds } from './send-error-confirmation.ts';

/** What a person may upload. A kind tells the guard which columns hold our own long numbers. */
export const uploadKinds = [
  'order-export',
  'auth-result',
  'capture-result',
  'sent-file',
  'payment-inquiry',
  'desk-decisions',
  'refresh-result',
] as const;

/**
 * Kinds of stored files that hold names, addresses, mails or phones of customers, or say who was whose
 * customer. Retention blanks each of them (a test compares).
 */
export const personalFileKinds: readonly string[] = [
  'order-export',
  ...Object.values(importFileKinds),
  LINK_FILE_KIND,
  'mail',
  ...storedConfirmationKinds,
];

/** Whether taking a file out takes the right `exportPersonalData`. */
export function holdsPersonalData(kind: string): boolean {
  return personalFileKinds.includes(kind);
}
