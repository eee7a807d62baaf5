import type { ExchangeKind } from '../../billing/exchange.ts';
import type { Db } from '../database.ts';
import { listOpenMigrations } from './card-migrations.ts';
import { listOpenRefreshMonths } from './card-refresh.ts';
import { hasNgDesk } from './ng-cases.ts';
import { findSettings } from './settings.ts';

/**
 * Moves a merchant's business clock if it still stands where the caller saw it.
 * @returns false when somebody else moved it.
 * @throws when the merchant is real (constraint real_merchants_live_in_real_time).
 */
export async function moveBusinessClock(
  db: Db,
  merchantId: number,
  move: { offsetMs: number; oldOffsetMs: number },
): Promise<boolean> {
  const result = await db
    .updateTable('merchants')
    .set({ clock_offset_ms: move.offsetMs })
    .where('id', '=', merchantId)
    .where('clock_offset_ms', '=', move.oldOffsetMs)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export interface OpenWork {
  /** Billing months of cycles that are not closed. */
  readonly cycleMonths: readonly string[];
  readonly exchanges: readonly {
    readonly billingMonth: string;
    readonly kind: ExchangeKind;
    readonly number: number;
  }[];
  /** Dry runs that are at work. */
  readonly dryRuns: readonly { readonly billingMonth: string; readonly n: number }[];
  /** Numbers of imports that are held or run. */
  readonly importNumbers: readonly number[];
  /** Numbers of card migrations that are not over. */
  readonly migrationNumbers: readonly number[];
  /** Months of card refreshes that are not finished. */
  readonly refreshMonths: readonly string[];
  /** Slugs of delivery endpoints that are not retired. */
  readonly endpoints: readonly string[];
  /** Declined charges have, or are about to have, cases. */
  readonly ngDesk: boolean;
  /** Mails wait in the outbox, or for a person's word. */
  readonly mails: boolean;
  /** The settings name a mailbox to watch. */
  readonly mailbox: boolean;
}

/** Everything of a merchant on which a workflow is, or is about to be, at work. */
export async function listOpenWork(db: Db, merchantId: number): Promise<OpenWork> {
  const cycles = await db
    .selectFrom('cycles')
    .select('billing_month')
    .where('merchant_id', '=', merchantId)
    .where('closed_at', 'is', null)
    .execute();
  const exchanges = await db
    .selectFrom('exchanges')
    .select(['billing_month as billingMonth', 'kind', 'number'])
    .where('merchant_id', '=', merchantId)
    .where('stage', 'not in', ['reconciled', 'rejected', 'cancelled'])
    .execute();
  const mail = await db
    .selectFrom('mail_outbox')
    .select('id')
    .where('merchant_id', '=', merchantId)
    .where('state', 'in', ['waiting', 'sending', 'unknown'])
    .limit(1)
    .executeTakeFirst();
  const dryRuns = await db
    .selectFrom('previews')
    .leftJoin('preview_results', 'preview_results.preview_id', 'previews.id')
    .select(['previews.billing_month as billingMonth', 'previews.n'])
    .where('previews.merchant_id', '=', merchantId)
    .where('previews.kind', '=', 'dry_run')
    .where('preview_results.preview_id', 'is', null)
    .execute();
  const endpoints = await db
    .selectFrom('delivery_endpoints')
    .select('slug')
    .where('merchant_id', '=', merchantId)
    .where('state', '<>', 'retired')
    .execute();
  const current = await findSettings(db, merchantId);
  return {
    migrationNumbers: await listOpenMigrations(db, merchantId),
    refreshMonths: await listOpenRefreshMonths(db, merchantId),
    importNumbers: await listOpenImports(db, merchantId),
    cycleMonths: cycles.map((cycle) => cycle.billing_month),
    exchanges,
    dryRuns,
    endpoints: endpoints.map(({ slug }) => slug),
    ngDesk: await hasNgDesk(db, merchantId),
    mails: mail !== undefined,
    mailbox: current !== undefined && current.settings.mailbox !== null,
  };
}

/** Numbers of imports that are held or run; those of a card migration are its own workflow's work. */
async function listOpenImports(db: Db, merchantId: number): Promise<number[]> {
  const rows = await db
    .selectFrom('imports')
    .select('number')
    .where('merchant_id', '=', merchantId)
    .where('stage', 'in', ['uploaded', 'running'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('migration_rounds')
            .select('migration_rounds.id')
            .whereRef('migration_rounds.import_id', '=', 'imports.id'),
        ),
      ),
    )
    .execute();
  return rows.map(({ number }) => number);
}
