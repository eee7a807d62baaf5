import { describeContentChange, isAnotherPerson } from '../billing/approval.ts';
import type { RowsAndYen } from '../billing/cycle.ts';
import type { Trx } from '../db/database.ts';
import {
  findAwaitedApproval,
  listUnclearedOrders,
  recordClearance,
  withdrawRuns,
} from '../db/queries/approval.ts';
import type { CycleRow } from '../db/queries/cycles.ts';
import { insertHolds } from '../db/queries/holds.ts';
import { findRunPreview, type PreviewRecord } from '../db/queries/preview-record.ts';
import { findSettings } from '../db/queries/settings.ts';
import { actOnCycle, type OfAct } from './cycle-act.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';

export function createApprovalActivities(deps: ActivityDependencies) {
  return {
    /**
     * An approver lets what a preview showed be billed. It names the content by its hash: what has
     * changed since is refused with what differs. Of people who decide at the same time one wins.
     */
    async approveRun(of: OfAct & { sha256: string }): Promise<RowsAndYen> {
      const { sha256 } = of;
      return await actOnCycle(
        deps,
        of,
        { act: 'approve-run', body: { sha256 } },
        async (trx, merchantId, cycle, decisionId) => {
          const { preview, settingsVersion, fourEyes } = await requireAwaited(
            trx,
            merchantId,
            cycle,
            sha256,
          );
          if (fourEyes && !isAnotherPerson(of.act.actor, preview.requesters)) {
            throw refusal(
              'ApproverIsRequester',
              'この請求を依頼した本人は承認できません（設定: 2名確認）。何も変更していません。別の承認者に依頼してください。',
            );
          }
          await recordClearance(trx, merchantId, {
            previewId: preview.id,
            cycleId: cycle.id,
            verdict: 'approved',
            settingsVersion,
            decisionId,
            now: of.now,
          });
          return { rows: preview.rows ?? 0, yen: preview.yen ?? 0 };
        },
        async (trx, merchantId, cycle) => {
          const { billingMonth: month } = cycle;
          const preview = await findRunPreview(trx, merchantId, { month, sha256 });
          return { rows: preview?.rows ?? 0, yen: preview?.yen ?? 0 };
        },
      );
    },

    /**
     * An approver sends what a preview showed back: its runs are withdrawn and their orders wait for
     * another run; charges that came back from a file are put on hold.
     */
    async rejectRun(of: OfAct & { sha256: string }): Promise<{ withdrawn: number; held: number }> {
      const { sha256, now } = of;
      return await actOnCycle(
        deps,
        of,
        { act: 'reject-run', body: { sha256 } },
        async (trx, merchantId, cycle, decisionId) => {
          const awaited = await requireAwaited(trx, merchantId, cycle, sha256);
          const { preview, settingsVersion } = awaited;
          const cycleId = cycle.id;
          const charged = await listUnclearedOrders(trx, merchantId, { cycleId, settingsVersion });
          await recordClearance(trx, merchantId, {
            previewId: preview.id,
            cycleId,
            verdict: 'rejected',
            settingsVersion,
            decisionId,
            now,
          });
          await withdrawRuns(trx, merchantId, { cycleId, decisionId, now });
          if (charged.length > 0) {
            await insertHolds(trx, merchantId, { cycleId, orderNumbers: charged, decisionId, now });
          }
          return { withdrawn: (preview.rows ?? 0) - charged.length, held: charged.length };
        },
        async () => ({ withdrawn: 0, held: 0 }),
      );
    },
  };
}

/** The preview that a decision names, when it is the one that the month waits with. */
async function requireAwaited(
  trx: Trx,
  merchantId: number,
  cycle: CycleRow,
  sha256: string,
): Promise<{ preview: PreviewRecord; settingsVersion: number; fourEyes: boolean }> {
  const month = cycle.billingMonth;
  const seen = await findRunPreview(trx, merchantId, { month, sha256 });
  if (seen?.verdict === 'approved' || seen?.verdict === 'rejected') {
    const what = seen.verdict === 'approved' ? '承認' : '差し戻し';
    throw refusal(
      'StageConflict',
      `この内容は ${seen.decidedBy} がすでに${what}しています。何も変更していません。`,
    );
  }
  if (cycle.stage !== 'awaiting_approval') {
    throw refusal('StageConflict', `${month} の請求は承認を待っていません。何も変更していません。`);
  }
  const current = await findSettings(trx, merchantId);
  if (current === undefined) throw new Error('a month has its settings');
  const preview = await findRunPreview(trx, merchantId, { month });
  const awaited = await findAwaitedApproval(trx, merchantId, {
    cycleId: cycle.id,
    month,
    current,
  });
  if (preview === undefined || awaited === null) throw new Error('what is awaited has its preview');
  if (preview.sha256 !== sha256) throw changed(seen, preview);
  if (!awaited.current) {
    throw refusal(
      'PreviewChanged',
      `プレビュー ${preview.n} の後に、注文・保留・設定のいずれかが変わりました。何も変更していません。まもなく新しいプレビューができます。内容を確認してやり直してください。`,
    );
  }
  const fourEyes = current.settings.approval.policy === 'four-eyes';
  return { preview, settingsVersion: current.version, fourEyes };
}

function changed(seen: PreviewRecord | undefined, now: PreviewRecord) {
  const difference =
    seen === undefined
      ? '指定された内容は、この月のプレビューにありません'
      : `確認した内容から変わっています（${describeContentChange(contentOf(seen), contentOf(now))}）`;
  return refusal(
    'PreviewChanged',
    `${difference}。何も変更していません。プレビュー ${now.n} を確認してやり直してください。`,
  );
}

const contentOf = ({ sha256, settingsVersion, rows, yen }: PreviewRecord) => ({
  sha256: sha256 ?? '',
  settingsVersion: settingsVersion ?? 0,
  rows: rows ?? 0,
  yen: yen ?? 0,
});
