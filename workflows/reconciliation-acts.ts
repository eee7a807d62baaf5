import { setHandler } from '@temporalio/workflow';
import type { Act, OfCycle } from '../activities/acts.ts';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import type { DeskAnswer } from '../activities/reconciliation-desk.ts';
import { applyDeskSheet, decideAtDesk, type OperatorAct } from './messages.ts';
import { refuseUnless } from './refusals.ts';

/**
 * Hears what people decide at the reconciliation desk. Its items are of all open months: the month
 * that is told does it for all, and the others read their rows.
 *
 * @param told runs the act once the month has its row, and has the month read its rows again
 */
export function hearReconciliationActs(
  of: (act: OperatorAct) => OfCycle & { act: Act; workflowId: string },
  told: <Result>(act: () => Promise<Result>) => Promise<Result>,
  short: MainActivities,
  files: FileActivities,
): void {
  /** A file that is reconciled by it makes room for the next one. */
  const admitting = async (
    about: OfCycle,
    act: () => Promise<DeskAnswer>,
  ): Promise<DeskAnswer['totals']> => {
    const { totals, files: touched } = await act();
    const { merchant, now } = about;
    if (touched[0] !== undefined) await short.admitFiles({ merchant, exchange: touched[0], now });
    return totals;
  };
  setHandler(
    decideAtDesk,
    ({ decisions, ...act }) =>
      told(() => admitting(of(act), () => short.decideAtDesk({ ...of(act), decisions }))),
    {
      validator: ({ decisions }) =>
        refuseUnless(decisions.length > 0, '項目を1件以上指定してください。'),
    },
  );
  setHandler(applyDeskSheet, ({ sha256, confirmed, ...act }) =>
    told(() => admitting(of(act), () => files.applyDeskSheet({ ...of(act), sha256, confirmed }))),
  );
}
