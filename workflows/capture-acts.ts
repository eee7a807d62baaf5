import { setHandler } from '@temporalio/workflow';
import type { Act, OfCycle } from '../activities/acts.ts';
import type { FileActivities } from '../activities/index.ts';
import {
  captureCharges,
  type OperatorAct,
  reauthorizeCharges,
  recordShipments,
} from './messages.ts';
import { refuseUnless } from './refusals.ts';

/**
 * Hears what people decide about authorizations: which are captured, and which are asked for again.
 *
 * @param told runs the act once the month has its row, and has the month read its rows again
 */
export function hearCaptureActs(
  of: (act: OperatorAct) => OfCycle & { act: Act; workflowId: string },
  told: <Result>(act: () => Promise<Result>) => Promise<Result>,
  files: FileActivities,
): void {
  const validator = ({ orderNumbers }: { readonly orderNumbers: readonly string[] }) =>
    refuseUnless(orderNumbers.length > 0, '注文番号を1件以上指定してください。');
  setHandler(
    captureCharges,
    ({ orderNumbers, partialAmounts, confirmed, ...act }) =>
      told(() => files.requestCaptures({ ...of(act), orderNumbers, partialAmounts, confirmed })),
    { validator },
  );
  setHandler(recordShipments, ({ shipments, ...act }) =>
    told(() => files.recordShipments({ ...of(act), shipments })),
  );
  setHandler(
    reauthorizeCharges,
    ({ orderNumbers, confirmed, ...act }) =>
      told(() => files.reauthorizeCharges({ ...of(act), orderNumbers, confirmed })),
    { validator },
  );
}
