import type { PaygentOutcome } from '../../../psp/paygent/result-file.ts';
import type { TransactionRecord } from '../../../psp/paygent/transaction-file.ts';

/** A record that fits, with the given fields. */
export function record(fields: Partial<TransactionRecord> = {}): TransactionRecord {
  return {
    orderNumber: '338',
    amountYen: 11_246,
    previousOrderNumber: '200',
    customerNumber: '285',
    ...fields,
  };
}

export const approved: PaygentOutcome = {
  resultCode: '0',
  paymentId: '226860',
  responseCode: null,
  responseDetail: null,
  processedAt: '2026-11-22T01:15:00.000Z',
};

export const declined: PaygentOutcome = {
  ...approved,
  resultCode: '1',
  paymentId: null,
  responseCode: 'P0001',
  responseDetail: '1G83',
};
