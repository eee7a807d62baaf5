import { setHandler } from '@temporalio/workflow';
import type { Act, OfCycle } from '../activities/acts.ts';
import type { FileActivities } from '../activities/index.ts';
import { approveRun, type OperatorAct, rejectRun } from './messages.ts';

/**
 * Hears what approvers decide about what a month is about to bill. No validator: only the rows tell a
 * decision that comes too late from one that is asked for again.
 *
 * @param told runs the act once the month has its row, and has the month read its rows again
 */
export function hearApprovalActs(
  of: (act: OperatorAct) => OfCycle & { act: Act; workflowId: string },
  told: <Result>(act: () => Promise<Result>) => Promise<Result>,
  files: FileActivities,
): void {
  setHandler(approveRun, ({ sha256, ...act }) =>
    told(() => files.approveRun({ ...of(act), sha256 })),
  );
  setHandler(rejectRun, ({ sha256, ...act }) =>
    told(() => files.rejectRun({ ...of(act), sha256 })),
  );
}
