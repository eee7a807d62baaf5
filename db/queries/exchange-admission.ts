import { sql } from 'kysely';
import type { ExchangeName } from '../../billing/exchange.ts';
import type { FilesInHand, WaitingFile } from '../../billing/exchange-admission.ts';
import type { Db } from '../database.ts';
import { lockedLinesOf } from '../locked-cards.ts';

/** A file that was built and is not open to the operator yet. */
export type BuiltFile = WaitingFile & ExchangeName;

/**
 * What decides which files may be handed over: those that wait, in the order they were built, and
 * those in hand. Whoever opens files holds the merchant's lock from before this look.
 */
export async function readAdmission(
  db: Db,
  merchantId: number,
): Promise<{ waiting: BuiltFile[]; inHand: FilesInHand }> {
  const { rows } = await sql<BuiltFile & { built: boolean }>`
    select e.id, e.cycle_id as "cycleId", e.billing_month as "billingMonth", e.kind, e.number,
           e.stage = 'built' as built, ${lockedLinesOf(merchantId)} as "lockedLines"
      from exchanges e
     where e.merchant_id = ${merchantId} and e.transport = 'portal'
       and e.stage not in ('reconciled', 'rejected', 'cancelled')
       and not exists (select from result_files f where f.exchange_id = e.id)
     order by e.id`.execute(db);
  const inHand = rows.filter((row) => !row.built);
  const byCycle = new Map<number, number>();
  for (const { cycleId } of inHand) {
    if (cycleId !== null) byCycle.set(cycleId, (byCycle.get(cycleId) ?? 0) + 1);
  }
  return {
    waiting: rows.filter((row) => row.built).map(({ built: _, ...file }) => file),
    inHand: { byCycle, ofAccount: inHand.length },
  };
}

/** Whether any file waits to be opened to the operator. */
export async function hasWaitingFiles(db: Db, merchantId: number): Promise<boolean> {
  const waiting = await db
    .selectFrom('exchanges')
    .select('id')
    .where('merchant_id', '=', merchantId)
    .where('transport', '=', 'portal')
    .where('stage', '=', 'built')
    .limit(1)
    .executeTakeFirst();
  return waiting !== undefined;
}

/** The files that are open to the operator and have no answer yet, by name. */
export async function listOpenHandOvers(db: Db, merchantId: number): Promise<ExchangeName[]> {
  return await db
    .selectFrom('exchanges')
    .select(['billing_month as billingMonth', 'kind', 'number'])
    .where('merchant_id', '=', merchantId)
    .where('stage', '=', 'handing_over')
    .orderBy('id')
    .execute();
}

/** The files that were taken back at `at`, by name. A step that is tried again finds its own by its instant. */
export async function listTakenBack(
  db: Db,
  merchantId: number,
  at: string,
): Promise<ExchangeName[]> {
  return await db
    .selectFrom('exchanges')
    .select(['billing_month as billingMonth', 'kind', 'number'])
    .where('merchant_id', '=', merchantId)
    .where('stage', '=', 'cancelled')
    .where('finished_at', '=', at)
    .orderBy('id')
    .execute();
}

/**
 * Whether stored bytes are a file for the PSP that nobody is to have: they leave only once the intent to
 * send them is on record, and never once the file was taken back.
 */
export async function isUnopenedFile(db: Db, merchantId: number, sha256: string): Promise<boolean> {
  const { rows } = await sql<{ unopened: boolean }>`
    select coalesce(bool_and(e.stage in ('built', 'cancelled')), false) as unopened
      from exchanges e join files f on f.id = e.file_id
     where e.merchant_id = ${merchantId} and f.merchant_id = ${merchantId}
       and f.sha256 = ${sha256}`.execute(db);
  return rows[0]?.unopened ?? false;
}
