import { Kysely, type Migration, type MigrationProvider, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import * as merchants from './migrations/2026-11-22-01-merchants.ts';
import * as filesAndOutboxes from './migrations/2026-11-22-02-files-and-outboxes.ts';
import * as cyclesAndOrders from './migrations/2026-11-22-03-cycles-and-orders.ts';
import * as money from './migrations/2026-11-22-04-money.ts';
import * as rules from './migrations/2026-11-22-05-rules.ts';
import * as chargeStates from './migrations/2026-11-22-06-charge-states.ts';
import * as refusedSteps from './migrations/2026-11-22-07-refused-steps.ts';
import * as orderIdentity from './migrations/2026-11-22-08-order-identity.ts';
import * as secrets from './migrations/2026-11-22-09-secrets.ts';
import * as mail from './migrations/2026-11-22-10-mail.ts';
import * as runs from './migrations/2026-11-22-11-runs.ts';
import * as exchangeDepth from './migrations/2026-11-22-12-exchange-depth.ts';
import * as carrier from './migrations/2026-11-22-13-carrier.ts';
import * as imports from './migrations/2026-11-22-14-imports.ts';
import * as ordersSearch from './migrations/2026-11-22-15-orders-search.ts';
import * as sendErrors from './migrations/2026-11-22-16-send-errors.ts';
import * as newestVerdicts from './migrations/2026-11-22-17-newest-verdicts.ts';
import * as authorizationRequests from './migrations/2026-11-22-18-authorization-requests.ts';
import * as approvals from './migrations/2026-11-22-19-approvals.ts';
import * as transports from './migrations/2026-11-22-20-transports.ts';
import * as reconciliationDesk from './migrations/2026-11-22-21-reconciliation-desk.ts';
import * as captureWindow from './migrations/2026-11-22-22-capture-window.ts';
import * as voids from './migrations/2026-11-22-23-voids.ts';
import * as corrections from './migrations/2026-11-22-24-corrections.ts';
import * as ngDesk from './migrations/2026-11-22-25-ng-desk.ts';
import * as customerContact from './migrations/2026-11-22-26-customer-contact.ts';
import * as carryOver from './migrations/2026-11-22-27-carry-over.ts';
import * as retention from './migrations/2026-11-22-28-retention.ts';
import * as cardMigrations from './migrations/2026-11-23-29-card-migrations.ts';
import * as cardRefresh from './migrations/2026-11-23-30-card-refresh.ts';
import * as cardLocks from './migrations/2026-11-23-31-card-locks.ts';
import * as users from './migrations/2026-11-23-32-users.ts';
import * as cardNotices from './migrations/2026-11-23-33-card-notices.ts';
import * as endedSessions from './migrations/2026-11-23-34-ended-sessions.ts';
import * as webhooks from './migrations/2026-11-23-35-webhooks.ts';
import * as scheduleDecisions from './migrations/2026-11-23-36-schedule-decisions.ts';
import * as rareStates from './migrations/2026-11-23-38-rare-states.ts';
import * as retentionAndRetirement from './migrations/2026-11-23-40-retention-and-retirement.ts';
import * as lockEscapes from './migrations/2026-11-23-41-lock-escapes.ts';
import * as chargeTallies from './migrations/2026-11-23-42-charge-tallies.ts';
import * as ngCasesByCharge from './migrations/2026-11-23-43-ng-cases-by-charge.ts';
import * as lineChecks from './migrations/2026-11-23-44-line-checks.ts';
import * as ngWorklist from './migrations/2026-11-23-45-ng-worklist.ts';
import * as listIndexes from './migrations/2026-11-23-46-list-indexes.ts';
import * as chosenOrders from './migrations/2026-11-23-47-chosen-orders.ts';
import * as cheaperChecks from './migrations/2026-11-23-48-cheaper-checks.ts';

/** Every migration by its file name. Imported, not searched for: a bundle holds them as well. */
export const migrations: Readonly<Record<string, Migration>> = {
  '2026-11-22-01-merchants': merchants,
  '2026-11-22-02-files-and-outboxes': filesAndOutboxes,
  '2026-11-22-03-cycles-and-orders': cyclesAndOrders,
  '2026-11-22-04-money': money,
  '2026-11-22-05-rules': rules,
  '2026-11-22-06-charge-states': chargeStates,
  '2026-11-22-07-refused-steps': refusedSteps,
  '2026-11-22-08-order-identity': orderIdentity,
  '2026-11-22-09-secrets': secrets,
  '2026-11-22-10-mail': mail,
  '2026-11-22-11-runs': runs,
  '2026-11-22-12-exchange-depth': exchangeDepth,
  '2026-11-22-13-carrier': carrier,
  '2026-11-22-14-imports': imports,
  '2026-11-22-15-orders-search': ordersSearch,
  '2026-11-22-16-send-errors': sendErrors,
  '2026-11-22-17-newest-verdicts': newestVerdicts,
  '2026-11-22-18-authorization-requests': authorizationRequests,
  '2026-11-22-19-approvals': approvals,
  '2026-11-22-20-transports': transports,
  '2026-11-22-21-reconciliation-desk': reconciliationDesk,
  '2026-11-22-22-capture-window': captureWindow,
  '2026-11-22-23-voids': voids,
  '2026-11-22-24-corrections': corrections,
  '2026-11-22-25-ng-desk': ngDesk,
  '2026-11-22-26-customer-contact': customerContact,
  '2026-11-22-27-carry-over': carryOver,
  '2026-11-22-28-retention': retention,
  '2026-11-23-29-card-migrations': cardMigrations,
  '2026-11-23-30-card-refresh': cardRefresh,
  '2026-11-23-31-card-locks': cardLocks,
  '2026-11-23-32-users': users,
  '2026-11-23-33-card-notices': cardNotices,
  '2026-11-23-34-ended-sessions': endedSessions,
  '2026-11-23-35-webhooks': webhooks,
  '2026-11-23-36-schedule-decisions': scheduleDecisions,
  '2026-11-23-38-rare-states': rareStates,
  '2026-11-23-40-retention-and-retirement': retentionAndRetirement,
  '2026-11-23-41-lock-escapes': lockEscapes,
  '2026-11-23-42-charge-tallies': chargeTallies,
  '2026-11-23-43-ng-cases-by-charge': ngCasesByCharge,
  '2026-11-23-44-line-checks': lineChecks,
  '2026-11-23-45-ng-worklist': ngWorklist,
  '2026-11-23-46-list-indexes': listIndexes,
  '2026-11-23-47-chosen-orders': chosenOrders,
  '2026-11-23-48-cheaper-checks': cheaperChecks,
};

const provider: MigrationProvider = { getMigrations: async () => ({ ...migrations }) };

/** "TSUKIGIM" in ASCII: one bigint, so it never meets the two-int locks of merchants and chains. */
const MIGRATION_LOCK = '0x5453554b4947494d';

/**
 * Brings the database of `ownerUrl` to the latest schema and returns the names of the migrations
 * that this call applied (none when it was up to date). All of them or none: one transaction. Two
 * calls at once wait for each other. The owner needs CREATEROLE unless the role `tsukigime_app`
 * exists already.
 *
 * @throws the error of the failed statement, with the migration's name before its message
 */
export async function migrateToLatest(ownerUrl: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 2 });
  // A connection that breaks while it is idle or closing harms nobody: statements say it themselves.
  pool.on('error', () => {});
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    // Kysely locks as well, but only after it has created its own tables, and that is a race too.
    const lock = await pool.connect();
    try {
      await lock.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
      return await runMigrations(db);
    } finally {
      // Ends the session and with it the lock, whatever state the connection is in.
      lock.release(true);
    }
  } finally {
    await db.destroy();
  }
}

async function runMigrations(db: Kysely<unknown>): Promise<string[]> {
  const { error, results = [] } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    const failed = results.find((result) => result.status === 'Error')?.migrationName;
    if (error instanceof Error && failed !== undefined) {
      error.message = `migration ${failed}: ${error.message}`;
    }
    throw error;
  }
  return results.map((result) => result.migrationName);
}
