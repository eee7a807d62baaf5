import { type Account, countAttempts, judgeCapture } from './authorizations.ts';
import type { SandboxMerchant } from './merchant.ts';
import { judgeAuthorization } from './outcome-rules.ts';
import type { RecordResult, TransactionKind } from './state.ts';

/** A data record as it was uploaded. */
export interface RequestRecord {
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly amountYen: number;
}

/**
 * Decides every record of one file, in its order, against what the account holds; books nothing.
 * A file may name an order twice: the second record meets what the first one did.
 *
 * @param at the instant at which the processing ends, on the sandbox's clock.
 */
export function judgeFile(
  merchant: SandboxMerchant,
  account: Account,
  transactionKind: TransactionKind,
  requests: Iterable<RequestRecord>,
  at: string,
): RecordResult[] {
  return transactionKind === '売上'
    ? judgeCaptures(account, requests, at)
    : judgeAuthorizations(merchant, account, requests);
}

function judgeAuthorizations(
  merchant: SandboxMerchant,
  account: Account,
  requests: Iterable<RequestRecord>,
): RecordResult[] {
  const results: RecordResult[] = [];
  const askedInFile = new Map<string, number>();
  let lastPaymentId = account.lastPaymentId;
  for (const { orderNumber, customerNumber, amountYen } of requests) {
    const asked = (askedInFile.get(orderNumber) ?? 0) + 1;
    askedInFile.set(orderNumber, asked);
    const attempt = countAttempts(account, orderNumber) + asked;
    const request = { orderNumber, customerNumber, amountYen, attempt };
    const outcome = judgeAuthorization(merchant.outcomes, request);
    // The portal's picture shows that declined authorizations have a 決済ID too.
    lastPaymentId += 1;
    const told = outcome.kind === 'declined' ? outcome.code : outcome.kind;
    results.push([orderNumber, amountYen, String(lastPaymentId), told, customerNumber]);
  }
  return results;
}

function judgeCaptures(
  account: Account,
  requests: Iterable<RequestRecord>,
  at: string,
): RecordResult[] {
  const results: RecordResult[] = [];
  const taken = new Set<string>();
  for (const { orderNumber, customerNumber, amountYen } of requests) {
    const judgement = judgeCapture(account, { orderNumber, amountYen, at }, taken);
    if (judgement.kind === 'ok') {
      const { paymentId } = judgement.authorization;
      taken.add(paymentId);
      results.push([orderNumber, amountYen, paymentId, 'ok', customerNumber]);
    } else {
      results.push([orderNumber, amountYen, '', judgement.reason, customerNumber]);
    }
  }
  return results;
}
