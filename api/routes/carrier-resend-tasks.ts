import { listResendTasks } from '../../db/queries/carrier-resend-tasks.ts';
import type { carrierResendTaskRoutes } from '../contract/carrier-resend-tasks.ts';
import type { Handlers } from '../handler.ts';

export const carrierResendTaskHandlers: Handlers<typeof carrierResendTaskRoutes> = {
  async listCarrierResendTasks({ deps, merchant, query }) {
    const { state, before = null, limit } = query;
    const found = await listResendTasks(deps.db, merchant.id, { state, before, limit: limit + 1 });
    const tasks = found.slice(0, limit);
    const nextBefore = found.length > limit ? (tasks.at(-1)?.id ?? null) : null;
    return { status: 200, body: { tasks, nextBefore } };
  },
};
