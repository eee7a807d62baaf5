import { setHandler } from '@temporalio/workflow';
import type { Act, OfCycle } from '../activities/acts.ts';
import type { MainActivities } from '../activities/index.ts';
import { acknowledgeCorrection, type OperatorAct, recordCorrection } from './messages.ts';

/**
 * Hears what people tell of a month that is closed; of an open one the record refuses it.
 *
 * @param told runs the act once the month has its row, and has the month read its rows again
 */
export function hearCorrectionActs(
  by: (act: OperatorAct) => OfCycle & { workflowId: string; act: Act },
  told: <Result>(act: () => Promise<Result>) => Promise<Result>,
  short: MainActivities,
): void {
  setHandler(recordCorrection, ({ kind, orderNumber, yen, ...act }) =>
    told(() => short.recordCorrection({ ...by(act), kind, orderNumber, yen })),
  );
  setHandler(acknowledgeCorrection, ({ number, ...act }) =>
    told(() => short.acknowledgeCorrection({ ...by(act), number })),
  );
}
