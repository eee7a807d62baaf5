import {
  CARD_NOTICES_OFF,
  explainUnconfirmed,
  planCardNotices,
} from '../../billing/card-notice.ts';
import { parseCustomerId } from '../../billing/customer-id.ts';
import { countCardNotices, notifyCardCustomers } from '../../db/queries/card-notices.ts';
import { IdempotencyConflict } from '../../db/queries/decisions.ts';
import { findSettings } from '../../db/queries/settings.ts';
import { wakeMail } from '../../temporal/mail-workflows.ts';
import type { cardNoticeRoutes } from '../contract/card-notices.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const cardNoticeHandlers: Handlers<typeof cardNoticeRoutes> = {
  async countCardNotices({ deps, merchant, query, now }) {
    const contact = await requireContact(deps, merchant.id);
    const plan = planCardNotices(contact, now);
    const choice = { ...plan, need: query.need, customerIds: null };
    const counts = await countCardNotices(deps.db, merchant.id, choice);
    const customers = counts.refused + counts.expiring;
    const { enabled } = contact;
    return { status: 200, body: { enabled, customers, ...counts, earliestAt: plan.firstAt } };
  },

  async postCardNotices({ deps, identity, merchant, body, idempotencyKey, now }) {
    const contact = await requireContact(deps, merchant.id);
    if (!contact.enabled) throw conflict(CARD_NOTICES_OFF, 'settings.ng.contact.enabled');
    const { confirmed } = body;
    const customerIds = body.customerIds?.map((id) => parseCustomerId(id) ?? 0) ?? null;
    const act = { ...body, customerIds, key: idempotencyKey, actor: identity.actor, now };
    try {
      await deps.db.transaction().execute(async (trx) => {
        const plan = planCardNotices(contact, now);
        const done = await notifyCardCustomers(trx, merchant.id, { ...plan, ...act });
        if (done.confirmed) return;
        throw conflict(explainUnconfirmed(confirmed, done.customers), 'body.confirmed');
      });
    } catch (error) {
      if (!(error instanceof IdempotencyConflict)) throw error;
      throw conflict(
        'この操作キーは別の操作で使用済みです。何も変更していません。新しいキーで送信してください。',
        'header.Idempotency-Key',
      );
    }
    await wakeMail(deps.workflows, merchant);
    return { status: 200, body: { customers: confirmed } };
  },
};

async function requireContact({ db }: ApiDependencies, merchantId: number) {
  const current = await findSettings(db, merchantId);
  if (current === undefined) throw new Problem('settings-not-found');
  return current.settings.ng.contact;
}

const conflict = (detail: string, path: string) =>
  new Problem('conflict', { detail, errors: [{ path, message: detail }] });
