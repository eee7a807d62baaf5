import type { MerchantSettings } from '../../billing/merchant-settings.ts';
import { listAudit } from '../../db/queries/audit.ts';
import { createMerchant, listMerchants, type Merchant } from '../../db/queries/merchants.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import type { merchantRoutes } from '../contract/merchants.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { followMailbox } from '../follow-mailbox.ts';
import { followSchedule } from '../follow-schedule.ts';
import { followSettings } from '../follow-settings.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { showEntry } from './audit.ts';

export const merchantHandlers: Handlers<typeof merchantRoutes> = {
  async listMerchants({ deps, identity }) {
    const { scope } = identity;
    const merchants = await listMerchants(deps.db, scope.all ? null : scope.merchantIds);
    return {
      status: 200,
      body: { merchants: merchants.map((merchant) => showMerchant(deps, merchant)) },
    };
  },

  async createMerchant({ deps, identity, body, now }) {
    const { merchant: slug, ...rest } = body;
    const created = await createMerchant(deps.db, { slug, ...rest, actor: identity.actor, now });
    if (hasSchedule(rest.settings)) await followSchedule(deps, created);
    if (rest.settings.mailbox !== null) await followMailbox(deps, created);
    return {
      status: 201,
      headers: { Location: `/v1/merchants/${slug}` },
      body: showMerchant(deps, created),
    };
  },

  async readMerchant({ deps, merchant }) {
    return { status: 200, body: showMerchant(deps, merchant) };
  },

  async readSettings({ deps, merchant, query }) {
    const found = await findSettings(deps.db, merchant.id, query.version);
    if (found === undefined) throw new Problem('settings-not-found');
    return { status: 200, body: found };
  },

  async saveSettings({ deps, identity, merchant, body, now }) {
    const before = await findSettings(deps.db, merchant.id, body.version);
    const saved = await saveSettings(deps.db, merchant.id, {
      seenVersion: body.version,
      settings: body.settings,
      actor: identity.actor,
      reason: body.reason,
      confirmedLocks: body.confirmedLocks,
      now,
    });
    const scheduled = [before?.settings, saved.settings].some(
      (settings) => settings !== undefined && hasSchedule(settings),
    );
    if (scheduled) await followSchedule(deps, merchant);
    // Also when it was taken out: then the watch ends.
    const mailboxes = [before?.settings.mailbox, saved.settings.mailbox];
    if (mailboxes.some((mailbox) => mailbox)) await followMailbox(deps, merchant);
    await followSettings(deps, merchant, saved.version);
    return { status: 200, body: saved };
  },

  async readAudit({ deps, merchant, query }) {
    const { after, limit } = query;
    const recorded = await listAudit(deps.db, merchant.id, { afterN: after, limit: limit + 1 });
    const page = recorded.slice(0, limit);
    const nextAfter = recorded.length > limit ? (page.at(-1)?.n ?? null) : null;
    return { status: 200, body: { entries: page.map(showEntry), nextAfter } };
  },
};

/** Whether months or card refreshes are started without a person. */
function hasSchedule({ schedule, cardRefresh }: MerchantSettings): boolean {
  return schedule.cycleDay !== null || cardRefresh.enabled;
}

export function showMerchant(deps: ApiDependencies, merchant: Merchant) {
  return {
    merchant: merchant.slug,
    name: merchant.name,
    kind: merchant.kind,
    createdAt: merchant.createdAt,
    businessNow: new Date(deps.realNow().getTime() + merchant.clockOffsetMs).toISOString(),
  };
}
