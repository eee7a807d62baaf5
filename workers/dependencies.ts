import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { createActivities } from '../activities/index.ts';
import type { MailLine } from '../activities/mail-line.ts';
import type { WorkflowStarts } from '../activities/workflow-starts.ts';
import { type Config, ConfigError } from '../config.ts';
import { databaseOver, openPool } from '../db/database.ts';
import { recordAuditHeads } from '../db/queries/audit-heads.ts';
import { listSleepingDesks } from '../db/queries/delivery-wakes.ts';
import { askServer } from '../db/queries/readiness.ts';
import { removeEndedSessions } from '../db/queries/sessions.ts';
import { readSmtpUrl } from '../outside/smtp.ts';
import { probeTimeoutMs } from '../temporal/answers-in-time.ts';
import { connectTemporal, type TemporalServer } from '../temporal/client.ts';
import { wakeMail, wakeMailbox } from '../temporal/mail-workflows.ts';
import { startCardRefresh } from '../temporal/start-card-refresh.ts';
import { startCycle } from '../temporal/start-cycle.ts';
import { wakeDeliveryDesk } from '../temporal/start-delivery-desk.ts';
import { startExchange, startOrWakeExchange } from '../temporal/start-exchange.ts';
import { wakeNgDesk } from '../temporal/start-ng-desk.ts';
import { listWorkerVersions, promoteFirstBuild } from '../temporal/worker-versions.ts';
import { createWorkflowStarter, type WorkflowStarter } from '../temporal/workflow-starter.ts';
import type { WorkflowTiming } from '../workflows/activity-options.ts';
import { cycleWorkflowId, exchangeWorkflowId } from '../workflows/workflow-ids.ts';
import type { keepAuditHeads } from './audit-heads.ts';
import { keepDesksAwake } from './desk-wakes.ts';
import type { WorkerProbes } from './health.ts';
import { startMailWorkflows } from './mail-workflows.ts';
import type { BuildRegistry } from './own-build.ts';
import { type ScheduleSync, syncSchedules } from './schedules.ts';
import type { ActivitiesByQueue } from './worker.ts';

export interface Dependencies {
  readonly activities: ActivitiesByQueue;
  /** Makes the Schedules of all merchants equal to their settings. */
  readonly syncSchedules: (now: string) => Promise<ScheduleSync>;
  /** Writes down where each chain of the audit stands, once a day. */
  readonly recordAuditHeads: Parameters<typeof keepAuditHeads>[0];
  /** Removes sessions that ended long ago. */
  readonly removeEndedSessions: (now: string) => Promise<number>;
  /** Has waiting mails sent and mailboxes watched; never rejects. */
  startMailWorkflows(): Promise<void>;
  /** The builds of workers that Temporal knows. */
  readonly builds: BuildRegistry;
  /** For readiness: they resolve when the other side answers. */
  readonly probes: Pick<WorkerProbes, 'postgres' | 'temporal'>;
  /** Wakes delivery desks that something is queued for, until it is stopped. */
  keepDesksAwake(): { stop(): void };
  /** Releases connections after the workers have drained. */
  close(): Promise<void>;
}

/** A caller that leaves these out sends no mail. */
type MailConfig = Partial<Pick<Config, 'smtpUrl' | 'sandboxSmtpUrl' | 'smtpFrom' | 'consoleUrl'>>;

/** A caller that leaves it out reads no directories. */
type SourceConfig = Partial<Pick<Config, 'inboxDir'>>;

/** The only place that constructs things: pools, clients, transports, activities over them. */
export async function createDependencies(
  config: Pick<Config, 'databaseUrlApp' | 'fileKeys'> & MailConfig & SourceConfig,
  server: TemporalServer,
  logger: Logger,
  taskQueue?: string,
  timing?: Partial<WorkflowTiming>,
): Promise<Dependencies> {
  const { databaseUrlApp, fileKeys } = config;
  if (databaseUrlApp === undefined || fileKeys === undefined) {
    throw new ConfigError(
      'The worker needs TSUKIGIME_DATABASE_URL_APP and TSUKIGIME_FILE_KEYS. `tsukigime up` sets ' +
        'both for the embedded servers.',
    );
  }
  const client = await connectTemporal(server);
  const pool = openPool(databaseUrlApp, {
    applicationName: 'tsukigime-worker',
    onIdleError: (error) => logger.warn({ err: error }, 'idle connection to Postgres broke'),
  });
  const db = databaseOver(pool);
  const starter = createWorkflowStarter(client, taskQueue, timing);
  const activities = createActivities({
    db,
    pool,
    fileKeys,
    mail: mailLineOf(config),
    sources: { inboxDir: config.inboxDir },
    workflows: startsOver(starter),
  });
  return {
    activities,
    syncSchedules: (now) => syncSchedules(db, client, now, taskQueue),
    recordAuditHeads: (of) => recordAuditHeads(db, of),
    removeEndedSessions: (now) => removeEndedSessions(db, now),
    startMailWorkflows: () => startMailWorkflows(db, starter, logger),
    builds: {
      list: () => listWorkerVersions(client),
      promoteFirst: (build) => promoteFirstBuild(client, build),
    },
    probes: {
      postgres: () => askServer(db),
      temporal: () =>
        client.withDeadline(Date.now() + probeTimeoutMs, () =>
          client.workflowService.getSystemInfo({}),
        ),
    },
    keepDesksAwake: () => keepDesksAwake((now) => listSleepingDesks(db, now), starter, logger),
    async close() {
      await pool.end();
      if (client.connection instanceof Connection) await client.connection.close();
    },
  };
}

function mailLineOf(config: MailConfig): MailLine {
  const { smtpUrl, sandboxSmtpUrl, smtpFrom, consoleUrl } = config;
  return {
    servers: {
      real: smtpUrl === undefined ? null : readSmtpUrl(smtpUrl),
      sandbox: sandboxSmtpUrl === undefined ? null : readSmtpUrl(sandboxSmtpUrl),
    },
    from: smtpFrom ?? null,
    consoleUrl: consoleUrl ?? null,
  };
}

function startsOver(starter: WorkflowStarter): WorkflowStarts {
  return {
    startCycle: (merchant, month, startedBy) => startCycle(starter, merchant, month, startedBy),
    startCardRefresh: (merchant, month, startedBy) =>
      startCardRefresh(starter, merchant, month, { startedBy }),
    startExchange: (merchant, exchange, how) =>
      (how?.wakes === true ? startOrWakeExchange : startExchange)(starter, merchant, exchange),
    wakeDeliveryDesk: (merchant, endpoint) => wakeDeliveryDesk(starter, merchant, endpoint),
    wakeNgDesk: (merchant) => wakeNgDesk(starter, merchant),
    wakeMail: (merchant) => wakeMail(starter, merchant),
    wakeMailbox: (merchant) => wakeMailbox(starter, merchant),
    async wakeExchange(merchant, { billingMonth, kind, number }) {
      const exchange = exchangeWorkflowId(merchant, billingMonth, kind, number);
      await starter.reportRowChanged(exchange, { kind: 'exchange', id: `${kind}-${number}` });
    },
    async wakeCycle(merchant, billingMonth, changed) {
      const cycle = cycleWorkflowId(merchant, billingMonth);
      await starter.reportRowChanged(cycle, { kind: 'exchange', id: changed });
    },
  };
}
