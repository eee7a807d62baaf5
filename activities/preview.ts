import { describeApprovalReasons, findApprovalReasons, peopleOf } from '../billing/approval.ts';
import { TROUBLES_BEFORE_BILLING } from '../billing/carry-over.ts';
import { identityMonth } from '../billing/order.ts';
import type { PreviewSummary } from '../billing/preview.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { concernsSame, listRequesters, recordClearance } from '../db/queries/approval.ts';
import { returnMissedCarryOvers } from '../db/queries/carry-over.ts';
import { moveCycle, requireCycle } from '../db/queries/cycles.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import type { PreviewContent, PreviewedMonth } from '../db/queries/preview.ts';
import {
  findRunPreview,
  keepStagedFindings,
  recordPreview,
  registerPreview,
} from '../db/queries/preview-record.ts';
import { findLatestCollection } from '../db/queries/selection.ts';
import { allowMonthInMemory } from '../db/statistics.ts';
import type { OfCycle } from './acts.ts';
import { computePreview } from './compute-preview.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { makeStagedCharges, type PlannedMonth } from './make-charges.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { wakeChangedMonths } from './wake-months.ts';

export function createPreviewActivities(deps: ActivityDependencies) {
  return {
    /**
     * Shows what the month is about to bill, and lets it go or asks for an approval, as the settings
     * say. A preview that is newer than an approval makes that one void: content and settings of then
     * are no longer those of now. Where none is needed, the charges are made with it, of what it staged.
     */
    async previewRun(of: OfCycle): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      let returned: readonly string[] = [];
      let carriedFrom: readonly string[] = [];
      await withHeartbeat(() =>
        deps.db.transaction().execute(async (trx) => {
          await lockMerchant(trx, merchant.id);
          // Under the lock: another month may have had it for minutes, and an approval be wanted by now.
          const { current } = await loadMerchantWithSettings({ db: trx }, of.merchant);
          await allowMonthInMemory(trx);
          const { id: cycleId, stage } = await requireCycle(trx, merchant.id, of.month);
          // An earlier try may have died after its commit.
          if (stage !== 'previewing') return;
          const month = { cycleId, month: of.month, settingsVersion: current.version, now: of.now };
          const computed = await computePreview(trx, merchant.id, {
            ...month,
            settings: current.settings,
          });
          const reasons = findApprovalReasons(computed.summary, current.settings.approval);
          // People may still choose while the preview waits for them.
          const missed = { month: of.month, troubles: TROUBLES_BEFORE_BILLING, now: of.now };
          returned = await returnMissedCarryOvers(trx, merchant.id, missed);
          const preview = await keepPreview(trx, merchant.id, { ...month, ...computed });
          const to = reasons.length === 0 ? 'handing_over' : 'awaiting_approval';
          if (to === 'handing_over') {
            const cleared = {
              previewId: preview.id,
              verdict: 'not_needed',
              decisionId: null,
            } as const;
            await recordClearance(trx, merchant.id, { ...month, ...cleared });
            // Given back to people, a charge may leave another sum: it is staged anew then.
            if (returned.length === 0) {
              const identity = identityMonth(current.settings.orderIdentity, of.month);
              const plan = { ...month, previewId: preview.id, identityMonth: identity };
              carriedFrom = await makeChargesAtOnce(trx, merchant.id, plan);
            }
          } else if (preview.isNews) {
            const why = describeApprovalReasons(reasons, computed.summary);
            await askForApproval(trx, merchant.id, { ...month, ...computed.content, preview, why });
          }
          const attention = to === 'awaiting_approval';
          await moveCycle(trx, merchant.id, { cycleId, from: stage, to, attention, now: of.now });
        }),
      );
      await wakeChangedMonths(deps, merchant, [...returned, ...carriedFrom]);
      await deps.workflows.wakeMail(merchant);
    },
  };
}

/**
 * Makes the charges of the preview that was just cleared. An export that came since the selection, or
 * orders that are no longer free, are left to `planCharges`, which selects anew.
 *
 * @returns the months to wake
 */
async function makeChargesAtOnce(
  trx: Trx,
  merchantId: number,
  plan: PlannedMonth & { previewId: number },
): Promise<readonly string[]> {
  const latest = await findLatestCollection(trx, merchantId, plan.cycleId);
  if (latest === undefined || latest.selectionId === null) return [];
  const made = await makeStagedCharges(trx, merchantId, plan);
  return made?.carriedFrom ?? [];
}

interface KeptPreview {
  readonly id: number;
  readonly n: number;
  /** Whether it shows anything else than the one before, which nobody has decided about yet. */
  readonly isNews: boolean;
  /** The billing was shown, perhaps approved, with other contents. */
  readonly voidsEarlier: boolean;
}

/** Keeps the preview that was computed in this transaction. */
async function keepPreview(
  trx: Trx,
  merchantId: number,
  of: PreviewedMonth & { content: PreviewContent; summary: PreviewSummary; now: string },
): Promise<KeptPreview> {
  const { cycleId, month, now, content } = of;
  const before = await findRunPreview(trx, merchantId, { month });
  const preview = await registerPreview(trx, merchantId, {
    month,
    kind: 'run',
    fileId: null,
    requesters: peopleOf(await listRequesters(trx, merchantId, cycleId)),
    requestKey: null,
    now,
  });
  if (preview === undefined) throw new Error('a preview without a key is always new');
  await keepStagedFindings(trx, merchantId, preview.id);
  await recordPreview(trx, merchantId, { ...of, previewId: preview.id });
  const isNews = before?.sha256 !== content.sha256 || before.verdict !== null;
  const previewId = before?.id ?? null;
  const voidsEarlier = isNews && (await concernsSame(trx, merchantId, { cycleId, previewId }));
  return { ...preview, isNews, voidsEarlier };
}

/** Tells operators at once; the month's reminders follow. */
async function askForApproval(
  trx: Trx,
  merchantId: number,
  of: { month: string; now: string; preview: KeptPreview; rows: number; yen: number; why: string },
): Promise<void> {
  const { month, now, preview } = of;
  await notifyOperators(trx, merchantId, {
    key: `approval:${month}:${preview.n}`,
    template: 'approval_waiting',
    parameters: {
      month,
      preview: preview.n,
      charges: of.rows,
      amountYen: of.yen,
      why: of.why,
      again: preview.voidsEarlier,
      waitingDays: 0,
    },
    now,
  });
}
