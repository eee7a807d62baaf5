import { countResendTasks, listResendTasks } from '../../db/queries/carrier-resend-tasks.ts';
import { wakeMailbox } from '../../temporal/mail-workflows.ts';
import { closeResendTasks } from '../../workflows/messages.ts';
import { mailboxWatchWorkflowId } from '../../workflows/workflow-ids.ts';
import type { carrierResendTaskRoutes } from '../contract/carrier-resend-tasks.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellWorkflow } from '../tell-workflow.ts';

export const carrierResendTaskHandlers: Handlers<typeof carrierResendTaskRoutes> = {
  async listCarrierResendTasks({ deps, merchant, query }) {
    const { state, before = null, limit } = query;
    const found = await listResendTasks(deps.db, merchant.id, { state, before, limit: limit + 1 });
    const tasks = found.slice(0, limit);
    const nextBefore = found.length > limit ? (tasks.at(-1)?.id ?? null) : null;
    return { status: 200, body: { tasks, nextBefore } };
  },

  async closeCarrierResendTasks({ deps, identity, merchant, body, idempotencyKey }) {
    const known = await countResendTasks(deps.db, merchant.id, body.tasks);
    if (known < body.tasks.length) throw new Problem('resend-task-not-found');
    // The mailbox may have been taken out of the settings since: then the watch only does this.
    await wakeMailbox(deps.workflows, merchant);
    return await tellWorkflow(deps, {
      workflowId: mailboxWatchWorkflowId(merchant.slug),
      location: `/v1/merchants/${merchant.slug}/carrier-resend-tasks?state=closed`,
      update: closeResendTasks,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
  },
};
