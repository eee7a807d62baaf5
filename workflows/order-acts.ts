import { setHandler } from '@temporalio/workflow';
import type { Act, OfCycle } from '../activities/acts.ts';
import type { MainActivities } from '../activities/index.ts';
import { holdOrders, type OperatorAct, releaseCharges, releaseHolds } from './messages.ts';
import { refuseUnless } from './refusals.ts';

/**
 * Hears what people decide about single orders of a month.
 *
 * @param told runs the act once the month has its row, and has the month read its rows again
 */
export function hearOrderActs(
  of: (act: OperatorAct) => OfCycle & { act: Act; workflowId: string },
  told: <Result>(act: () => Promise<Result>) => Promise<Result>,
  short: MainActivities,
): void {
  const validator = ({ orderNumbers }: { readonly orderNumbers: readonly string[] }) =>
    refuseUnless(orderNumbers.length > 0, '注文番号を1件以上指定してください。');
  setHandler(
    holdOrders,
    ({ orderNumbers, ...act }) => told(() => short.holdOrders({ ...of(act), orderNumbers })),
    { validator },
  );
  setHandler(
    releaseHolds,
    ({ orderNumbers, seen, ...act }) =>
      told(() => short.releaseHolds({ ...of(act), orderNumbers, seen })),
    { validator },
  );
  setHandler(
    releaseCharges,
    ({ orderNumbers, ...act }) => told(() => short.releaseCharges({ ...of(act), orderNumbers })),
    { validator },
  );
}
