import { openDatabase } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { listMerchants } from '../db/queries/merchants.ts';
import { listUnfinishedWork } from '../db/queries/unfinished-work.ts';
import { connectTemporal } from '../temporal/client.ts';
import { recoverWorkflows } from '../temporal/recover.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { refuseFailed, syncSchedules } from '../workers/schedules.ts';
import { readActor } from './record-access.ts';
import { describeSynced, findServers, serversMissing } from './schedules.ts';

/**
 * `tsukigime recover`: starts again, from Postgres, every workflow that is missing in Temporal, of
 * one merchant or of all, and makes the Schedules anew. Repeating it changes nothing.
 * @returns the exit code: 0 when all run, 1 when it did not work, 2 without the servers or for a
 * merchant that is not there.
 */
export async function runRecover(command: {
  readonly merchant?: string;
  readonly json?: boolean;
}): Promise<number> {
  const servers = await findServers();
  if (servers === undefined) {
    console.error(serversMissing);
    return 2;
  }
  const now = new Date().toISOString();
  const db = openDatabase(servers.databaseUrl, { maxConnections: 2 });
  try {
    const merchants = (await listMerchants(db, null)).filter(
      ({ slug }) => command.merchant === undefined || slug === command.merchant,
    );
    if (merchants.length === 0 && command.merchant !== undefined) {
      console.error(`There is no merchant ${command.merchant}.`);
      return 2;
    }
    const client = await connectTemporal(servers.temporal);
    try {
      const starter = createWorkflowStarter(client);
      const all = [];
      for (const merchant of merchants) {
        const work = await listUnfinishedWork(db, merchant.id);
        const workflows = await recoverWorkflows(client, starter, merchant, work);
        const started = workflows.filter(({ found }) => found === 'started').length;
        if (started > 0) {
          await appendAudit(db, merchant.id, {
            ...{ at: now, actor: readActor(), act: 'workflows.recovered' },
            ...{ subject: merchant.slug, reason: null, details: { started } },
          });
        }
        all.push({ merchant: merchant.slug, workflows });
        if (command.json) continue;
        for (const one of workflows) console.log(`${one.found} ${one.workflowId}`);
        if (workflows.length === 0) console.log(`nothing to do for ${merchant.slug}`);
      }
      const sync = await syncSchedules(db, client, now);
      if (command.json) console.log(JSON.stringify({ merchants: all, schedules: sync.synced }));
      else for (const one of sync.synced) console.log(`schedule ${describeSynced(one)}`);
      refuseFailed(sync);
    } finally {
      await client.connection.close();
    }
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await db.destroy();
  }
}
