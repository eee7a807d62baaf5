import type { scheduleRoutes } from '../contract/schedules.ts';
import { syncMerchant } from '../follow-schedule.ts';
import type { Handlers } from '../handler.ts';
import { decideOnSchedule, showSchedules } from '../scheduled-work.ts';

export const scheduleHandlers: Handlers<typeof scheduleRoutes> = {
  async listSchedules({ deps, merchant }) {
    return { status: 200, body: { schedules: await showSchedules(deps, merchant) } };
  },

  async syncSchedules({ deps, merchant }) {
    await syncMerchant(deps, merchant);
    return { status: 200, body: { schedules: await showSchedules(deps, merchant) } };
  },

  async pauseSchedule({ deps, identity, merchant, params, body, now }) {
    const decision = { what: params.what, reason: body.reason, actor: identity.actor, now };
    const shown = await decideOnSchedule(deps, merchant, { ...decision, paused: true });
    return { status: 200, body: shown };
  },

  async resumeSchedule({ deps, identity, merchant, params, body, now }) {
    const decision = { what: params.what, reason: body.reason, actor: identity.actor, now };
    const shown = await decideOnSchedule(deps, merchant, { ...decision, paused: false });
    return { status: 200, body: shown };
  },
};
