import { describeApprovalReasons, findApprovalReasons } from '../../billing/approval.ts';
import type { MerchantSettings } from '../../billing/merchant-settings.ts';
import { FINDINGS_HEAD, findingLabels, findingRow } from '../../billing/preview.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { findCycle } from '../../db/queries/cycles.ts';
import { openFile } from '../../db/queries/files.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import {
  findPreview,
  listFindings,
  listPreviews,
  type PreviewRecord,
  registerPreview,
} from '../../db/queries/preview-record.ts';
import { findSettings } from '../../db/queries/settings.ts';
import { startCyclePreview } from '../../temporal/start-cycle-preview.ts';
import { approveRun, rejectRun } from '../../workflows/messages.ts';
import { previewWorkflowId } from '../../workflows/workflow-ids.ts';
import type { previewRoutes } from '../contract/previews.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, paginate, sayWhyCycleIsAway } from './cycles.ts';

export const previewHandlers: Handlers<typeof previewRoutes> = {
  async listPreviews({ deps, merchant, params, query }) {
    const rows = await listPreviews(deps.db, merchant.id, {
      month: params.month,
      before: query.after ?? null,
      limit: query.limit + 1,
    });
    const { page, nextAfter } = paginate(rows, query.limit, ({ n }) => n);
    const settingsOf = rememberSettings(deps, merchant);
    const previews = [];
    for (const preview of page) previews.push(show(preview, await settingsOf(preview)));
    return { status: 200, body: { previews, nextAfter } };
  },

  /** The row first: it is the number, and a lost workflow is started again by the same request. */
  async requestPreview({ deps, identity, merchant, params, body, idempotencyKey, now }) {
    const { month } = params;
    const cycle = await findCycle(deps.db, merchant.id, month);
    if (cycle === undefined && body.sha256 === null) throw new Problem('cycle-not-found');
    if (cycle?.stage === 'closed') {
      throw new Problem('conflict', {
        detail: `${month} の請求は締め済みです。何も変更していません。試算は締めていない月に行ってください。`,
      });
    }
    const file =
      body.sha256 === null
        ? undefined
        : await openFile(deps.db, merchant.id, body.sha256, deps.fileKeys);
    if (body.sha256 !== null && file === undefined) throw new Problem('file-not-found');
    const registered = await registerPreview(deps.db, merchant.id, {
      month,
      kind: 'dry_run',
      fileId: file?.fileId ?? null,
      requesters: [identity.actor],
      requestKey: idempotencyKey,
      now,
    });
    if (registered === undefined) {
      throw new Problem('conflict', {
        detail:
          'この操作キーは別の試算で使用済みです。何も実行していません。新しいキーで送信してください。',
      });
    }
    if (registered.isNew) {
      await appendAudit(deps.db, merchant.id, {
        at: now,
        actor: identity.actor,
        act: 'preview.requested',
        subject: previewWorkflowId(merchant.slug, month, registered.n),
        reason: null,
        details: { sha256: body.sha256 },
      });
    }
    await startCyclePreview(deps.workflows, merchant, { month, n: registered.n });
    const preview = await requirePreview(deps, merchant, { month, n: registered.n });
    const location = `/v1/merchants/${merchant.slug}/cycles/${month}/previews/${registered.n}`;
    const settings = await rememberSettings(deps, merchant)(preview);
    return { status: 202, headers: { Location: location }, body: show(preview, settings) };
  },

  async readPreview({ deps, merchant, params }) {
    const preview = await requirePreview(deps, merchant, params);
    const settings = await rememberSettings(deps, merchant)(preview);
    return { status: 200, body: { ...show(preview, settings), summary: preview.summary } };
  },

  async listFindings({ deps, merchant, params, query }) {
    const { id: previewId } = await requirePreview(deps, merchant, params);
    const { after, limit, kind = null } = query;
    const of = { previewId, kind, after, limit: limit + 1 };
    const { page, nextAfter } = paginate(
      await listFindings(deps.db, merchant.id, of),
      limit,
      ({ i }) => i,
    );
    const findings = page.map((found) => ({ ...found, label: findingLabels[found.kind] }));
    return { status: 200, body: { findings, nextAfter } };
  },

  async downloadFindings({ deps, merchant, params, query }) {
    const { id: previewId } = await requirePreview(deps, merchant, params);
    const { encoding, kind = null } = query;
    return await replyWithCsv({
      fileName: `preview-${params.month}-${params.n}.csv`,
      encoding,
      head: FINDINGS_HEAD,
      page: (after, limit) => listFindings(deps.db, merchant.id, { previewId, kind, after, limit }),
      positionOf: ({ i }) => i,
      rowOf: findingRow,
    });
  },

  async approveRun({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: approveRun,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async rejectRun({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: rejectRun,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },
};

/** @throws Problem `preview-not-found`. */
async function requirePreview(
  deps: ApiDependencies,
  merchant: Merchant,
  of: { month: string; n: number },
): Promise<PreviewRecord> {
  const preview = await findPreview(deps.db, merchant.id, of);
  if (preview === undefined) throw new Problem('preview-not-found');
  return preview;
}

/** The settings under which a preview was made: they say why it needs an approval. */
function rememberSettings(deps: ApiDependencies, merchant: Merchant) {
  const known = new Map<number, MerchantSettings | undefined>();
  return async ({ settingsVersion }: PreviewRecord): Promise<MerchantSettings | undefined> => {
    if (settingsVersion === null) return undefined;
    if (!known.has(settingsVersion)) {
      const found = await findSettings(deps.db, merchant.id, settingsVersion);
      known.set(settingsVersion, found?.settings);
    }
    return known.get(settingsVersion);
  };
}

function show(preview: PreviewRecord, settings: MerchantSettings | undefined) {
  const { id: _, summary, ...shown } = preview;
  const reasons =
    settings === undefined || summary === null
      ? []
      : findApprovalReasons(summary, settings.approval);
  const why =
    reasons.length > 0 && summary !== null ? describeApprovalReasons(reasons, summary) : null;
  return { ...shown, why };
}
