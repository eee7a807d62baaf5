import { setHandler } from '@temporalio/workflow';
import type { Act, OfCycle } from '../activities/acts.ts';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import { hearApprovalActs } from './approval-acts.ts';
import { hearCaptureActs } from './capture-acts.ts';
import { hearCorrectionActs } from './correction-acts.ts';
import {
  endCharges,
  type OperatorAct,
  rebuildFiles,
  resumeCycle,
  startRun,
  useOrderExport,
} from './messages.ts';
import { hearOrderActs } from './order-acts.ts';
import { hearPortalActs } from './portal-acts.ts';
import { hearReconciliationActs } from './reconciliation-acts.ts';
import { refuseUnless } from './refusals.ts';

/** How the workflow of a month takes an act: when it may, and what follows. */
export interface CycleActTaker {
  /** What every activity of the month is given, at this moment of the business clock. */
  readonly of: () => OfCycle;
  readonly workflowId: string;
  /** Runs it once the month has its row; then the month looks where it stands. */
  readonly told: <Result>(act: () => Promise<Result>) => Promise<Result>;
  /** Whether the month stands still because a step was refused. */
  readonly isTroubled: () => boolean;
}

const namesOrders = ({ orderNumbers }: { readonly orderNumbers: readonly string[] | null }) =>
  refuseUnless(orderNumbers?.length !== 0, '注文番号を1件以上指定してください。');

/** Hears everything that people tell the workflow of a month. */
export function hearCycleActs(
  { of, workflowId, told, isTroubled }: CycleActTaker,
  short: MainActivities,
  files: FileActivities,
): void {
  const by = (act: OperatorAct): OfCycle & { workflowId: string; act: Act } => ({
    ...of(),
    workflowId,
    act,
  });

  // No validator: only the rows tell an export that comes too late from one whose sender asks again
  // because the first answer was lost with Temporal's state.
  setHandler(useOrderExport, ({ sha256, ...act }) =>
    told(() => files.collectOrders({ ...by(act), sha256 })),
  );
  setHandler(
    startRun,
    ({ orderNumbers, confirmed, ...act }) =>
      told(() => files.openRun({ ...by(act), orderNumbers, confirmed })),
    { validator: namesOrders },
  );
  hearCaptureActs(by, told, files);
  setHandler(
    endCharges,
    ({ orderNumbers, kind, ...act }) =>
      told(() => short.endCharges({ ...by(act), orderNumbers, kind })),
    { validator: namesOrders },
  );
  setHandler(rebuildFiles, ({ kind, ...act }) =>
    told(async () => {
      const built = await files.rebuildFiles({ ...by(act), kind });
      await short.startExchanges(of());
      return built;
    }),
  );
  hearOrderActs(by, told, short);
  hearApprovalActs(by, told, files);
  hearCorrectionActs(by, told, short);
  hearPortalActs(by, told, short, files);
  hearReconciliationActs(by, told, short, files);
  setHandler(resumeCycle, (act) => told(() => short.resumeCycle(by(act))), {
    validator: (_act) => refuseUnless(isTroubled(), 'この月の処理は止まっていません。'),
  });
}
