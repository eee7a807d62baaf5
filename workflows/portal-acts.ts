import { setHandler } from '@temporalio/workflow';
import type { Act, OfCycle } from '../activities/acts.ts';
import type { MainActivities } from '../activities/index.ts';
import { confirmVoids, type OperatorAct, voidCharges } from './messages.ts';
import { refuseUnless } from './refusals.ts';

/**
 * Hears what people do on the portal by a list instead of a file.
 *
 * @param told runs the act once the month has its row, and has the month read its rows again
 */
export function hearPortalActs(
  of: (act: OperatorAct) => OfCycle & { act: Act; workflowId: string },
  told: <Result>(act: () => Promise<Result>) => Promise<Result>,
  short: MainActivities,
): void {
  const validator = ({ orderNumbers }: { readonly orderNumbers: readonly string[] }) =>
    refuseUnless(orderNumbers.length > 0, '注文番号を1件以上指定してください。');
  setHandler(
    voidCharges,
    ({ orderNumbers, confirmed, ...act }) =>
      told(() => short.voidCharges({ ...of(act), orderNumbers, confirmed })),
    { validator },
  );
  setHandler(
    confirmVoids,
    ({ orderNumbers, result, ...act }) =>
      told(() => short.confirmVoids({ ...of(act), orderNumbers, result })),
    { validator },
  );
}
