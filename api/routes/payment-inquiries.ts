import { INQUIRY_CLASS_LABELS_JA, sumChanges } from '../../billing/payment-inquiry.ts';
import {
  countDifferences,
  countInquiry,
  countUnlisted,
  listComparedPayments,
} from '../../db/queries/inquiry-comparison.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import {
  findInquiry,
  listInquiries,
  type PaymentInquiry,
} from '../../db/queries/payment-inquiry.ts';
import { acknowledgeInquiry, readInquiry, useInquiry } from '../../workflows/portal-messages.ts';
import type { paymentInquiryRoutes } from '../contract/payment-inquiries.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { cycleOf, paginate, requireCycle, sayWhyCycleIsAway } from './cycles.ts';

export const paymentInquiryHandlers: Handlers<typeof paymentInquiryRoutes> = {
  async listInquiries({ deps, merchant, params }) {
    const { id } = await requireCycle(deps, merchant, params.month);
    const inquiries = await listInquiries(deps.db, merchant.id, id);
    return { status: 200, body: { inquiries: inquiries.map(showInquiry) } };
  },

  async readInquiry({ deps, identity, merchant, params, body, idempotencyKey }) {
    const told = tellWorkflow(deps, {
      ...cycleOf(merchant, params.month),
      update: readInquiry,
      act: { actor: identity.actor, idempotencyKey, reason: null, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, params.month));
  },

  async compareInquiry({ deps, merchant, params }) {
    const { inquiry, place } = await requireInquiry(deps, merchant, params);
    const counts = await countInquiry(deps.db, merchant.id, place);
    return {
      status: 200,
      body: {
        ...showInquiry(inquiry),
        counts: counts.map((count) => ({ ...count, label: INQUIRY_CLASS_LABELS_JA[count.class] })),
        changes: sumChanges(counts),
        differences: await countDifferences(deps.db, merchant.id, place),
        unlisted: await countUnlisted(deps.db, merchant.id, place),
      },
    };
  },

  async listComparedPayments({ deps, merchant, params, query }) {
    const { place } = await requireInquiry(deps, merchant, params);
    const rows = await listComparedPayments(deps.db, merchant.id, {
      ...place,
      class: query.class ?? null,
      afterLine: query.after,
      limit: query.limit + 1,
    });
    const { page, nextAfter } = paginate(rows, query.limit, (row) => row.line);
    return { status: 200, body: { payments: page, nextAfter } };
  },

  async acknowledgeInquiry({ deps, identity, merchant, params, body, idempotencyKey }) {
    const { month, n } = params;
    await requireInquiry(deps, merchant, params);
    const { workflowId, location } = cycleOf(merchant, month);
    const told = tellWorkflow(deps, {
      workflowId,
      location: `${location}/payment-inquiries/${n}`,
      update: acknowledgeInquiry,
      act: { actor: identity.actor, idempotencyKey, n, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, month));
  },

  async useInquiry({ deps, identity, merchant, params, body, idempotencyKey }) {
    const { month, n } = params;
    await requireInquiry(deps, merchant, params);
    const { workflowId, location } = cycleOf(merchant, month);
    const told = tellWorkflow(deps, {
      workflowId,
      location: `${location}/payment-inquiries/${n}`,
      update: useInquiry,
      act: { actor: identity.actor, idempotencyKey, n, ...body },
    });
    return await told.catch(sayWhyCycleIsAway(deps, merchant, month));
  },
};

/** @throws Problem `cycle-not-found`, `inquiry-not-found` */
async function requireInquiry(
  deps: ApiDependencies,
  merchant: Merchant,
  { month, n }: { month: string; n: number },
) {
  const { id: cycleId } = await requireCycle(deps, merchant, month);
  const inquiry = await findInquiry(deps.db, merchant.id, { cycleId, n });
  if (inquiry === undefined) throw new Problem('inquiry-not-found');
  return { inquiry, place: { inquiryId: inquiry.id, cycleId } };
}

function showInquiry({ id: _, ...inquiry }: PaymentInquiry) {
  return inquiry;
}
