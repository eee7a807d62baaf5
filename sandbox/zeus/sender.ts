import { type CallOutcome, makeCall } from './call.ts';
import type { ZeusDesk } from './desk.ts';
import { parametersOf } from './payment.ts';
import { accountOf, recordOf } from './state.ts';

/**
 * Calls the merchant with the results of these payments, a few at a time, and keeps how each call
 * ended. ZEUS calls once: what failed stands in the error list until a person sends it again.
 *
 * @returns how many were taken and how many became send errors.
 */
export async function sendResults(
  desk: ZeusDesk,
  merchantId: string,
  orderNumbers: readonly string[],
): Promise<{ taken: number; failed: number }> {
  const { concurrency } = accountOf(desk.state, merchantId).merchant;
  const waiting = [...orderNumbers];
  let taken = 0;
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await sendResult(desk, merchantId, next);
      if (outcome.kind === 'taken') taken += 1;
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  return { taken, failed: orderNumbers.length - taken };
}

async function sendResult(
  desk: ZeusDesk,
  merchantId: string,
  orderNumber: string,
): Promise<CallOutcome> {
  const outcome = await callWithFaults(desk, merchantId, orderNumber);
  const mailLost = outcome.kind !== 'taken' && desk.strike('mail_lost', merchantId, orderNumber);
  desk.commit({ type: 'sent', merchantId, orderNumber, at: desk.now(), outcome, mailLost });
  return outcome;
}

async function callWithFaults(
  desk: ZeusDesk,
  merchantId: string,
  orderNumber: string,
): Promise<CallOutcome> {
  const { merchant } = accountOf(desk.state, merchantId);
  const { payment } = recordOf(desk.state, merchantId, orderNumber);
  if (desk.strike('not_sent', merchantId, orderNumber)) return { kind: 'not_connected' };
  const call = () =>
    makeCall({
      url: merchant.callbackUrl,
      method: merchant.method,
      encoding: merchant.encoding,
      parameters: parametersOf(payment),
      timeoutMs: merchant.timeoutMs,
    });
  if (desk.strike('sent_twice', merchantId, orderNumber)) {
    const [first] = await Promise.all([call(), call()]);
    return first;
  }
  const outcome = await call();
  return desk.strike('answer_lost', merchantId, orderNumber) ? { kind: 'timed_out' } : outcome;
}
