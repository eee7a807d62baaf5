import { appendAudit } from '../../db/queries/audit.ts';
import { listUnfinishedWork } from '../../db/queries/unfinished-work.ts';
import { recoverWorkflows } from '../../temporal/recover.ts';
import type { recoveryRoutes } from '../contract/recovery.ts';
import { followSchedule } from '../follow-schedule.ts';
import type { Handlers } from '../handler.ts';
import { withPatience } from '../patience.ts';

/** Some dozens of workflows are looked for one by one. */
const RECOVERY_PATIENCE_MS = 60_000;

export const recoveryHandlers: Handlers<typeof recoveryRoutes> = {
  async recoverWorkflows({ deps, identity, merchant, now }) {
    const work = await listUnfinishedWork(deps.db, merchant.id);
    const workflows = await withPatience(deps.temporal, RECOVERY_PATIENCE_MS, () =>
      recoverWorkflows(deps.temporal, deps.workflows, merchant, work),
    );
    await followSchedule(deps, merchant);
    const started = workflows.filter(({ found }) => found === 'started').length;
    if (started > 0) {
      await appendAudit(deps.db, merchant.id, {
        ...{ at: now, actor: identity.actor, act: 'workflows.recovered' },
        ...{ subject: merchant.slug, reason: null, details: { started } },
      });
    }
    return { status: 200, body: { workflows } };
  },
};
