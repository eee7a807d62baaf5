import { sql } from 'kysely';
import type { CardService } from '../../billing/card-service.ts';
import type { Trx } from '../database.ts';
import { cardColumns } from '../import-stage.ts';
import { supersedeRounds } from './migration-files.ts';

/**
 * The cards that a migration's imports touched, as they were before. The caller holds `lock_customers`.
 * A card that somebody else has changed since is theirs: it is known by the import that wrote it last,
 * and by when. A refresh that renewed it, or a customer who was deleted, is not undone.
 */

const before = [...cardColumns, 'import_id', 'updated_at', 'deleted_at'] as const;
const names = sql.join(before.map((name) => sql.ref(name)));

/** Writes down the cards that the staged rows will change, before they do. */
export async function recordCardsBefore(
  trx: Trx,
  merchantId: number,
  of: { readonly roundId: number; readonly service: CardService },
): Promise<void> {
  const card = sql.join(before.map((name) => sql.ref(`c.${name}`)));
  await sql`
    insert into migration_card_changes (round_id, card_id, merchant_id, created, ${names})
    select ${of.roundId}::bigint, c.id, c.merchant_id, false, ${card}
      from cards c
     where c.merchant_id = ${merchantId} and c.service = ${of.service}
       and c.identity in (select identity from staged_cards where errors is null)`.execute(trx);
}

/** Writes down the cards that a merge has just made. */
export async function recordCardsCreated(
  trx: Trx,
  merchantId: number,
  of: { readonly roundId: number; readonly importId: number },
): Promise<void> {
  await sql`
    insert into migration_card_changes (round_id, card_id, merchant_id, created)
    select ${of.roundId}::bigint, c.id, c.merchant_id, true
      from cards c
     where c.merchant_id = ${merchantId} and c.import_id = ${of.importId}
       and not exists (select from migration_card_changes m
         where m.round_id = ${of.roundId} and m.card_id = c.id)`.execute(trx);
}

/**
 * Takes back what the rounds of a migration that count did to cards, the newest first: what they made is
 * removed, what they changed is as it was before. Reviews that only they asked for are closed.
 *
 * @returns how many cards were removed, and how many are as they were before
 */
export async function restoreCards(
  trx: Trx,
  merchantId: number,
  of: { readonly migrationId: number; readonly actor: string; readonly now: string },
): Promise<{ readonly removed: number; readonly restored: number }> {
  const rounds = await trx
    .selectFrom('migration_rounds')
    .where('merchant_id', '=', merchantId)
    .where('migration_id', '=', of.migrationId)
    .where('state', '=', 'done')
    .where('superseded_at', 'is', null)
    .orderBy('n', 'desc')
    .select(['id', 'import_id'])
    .execute();
  const counts = { removed: 0, restored: 0 };
  for (const { id, import_id: importId } of rounds) {
    // A rehearsal has imported nothing.
    if (importId === null) continue;
    const round = { roundId: id, importId, ...of };
    counts.restored += await bringBack(trx, merchantId, round);
    counts.removed += await removeCreated(trx, merchantId, round);
    await closeReviews(trx, merchantId, round);
  }
  await supersedeRounds(trx, merchantId, of);
  return counts;
}

interface OfRound {
  readonly roundId: number;
  readonly importId: number;
  readonly actor: string;
  readonly now: string;
}

async function bringBack(trx: Trx, merchantId: number, of: OfRound): Promise<number> {
  const set = sql.join(before.map((name) => sql`${sql.ref(name)} = b.${sql.ref(name)}`));
  const { numAffectedRows } = await sql`
    update cards c set ${set}
      from migration_card_changes b
      join migration_rounds r on r.id = b.round_id
     where b.round_id = ${of.roundId} and not b.created and c.id = b.card_id
       and c.merchant_id = ${merchantId} and c.import_id = ${of.importId}
       and c.updated_at = r.finished_at`.execute(trx);
  return Number(numAffectedRows ?? 0n);
}

/** Nobody uses what it held in secret any more. */
async function removeCreated(trx: Trx, merchantId: number, of: OfRound): Promise<number> {
  const { numAffectedRows } = await sql`
    update cards c
       set deleted_at = ${of.now}, updated_at = ${of.now}, auth_key_id = null, auth_key_iv = null,
           auth_key_data = null
      from migration_card_changes b
     where b.round_id = ${of.roundId} and b.created and c.id = b.card_id
       and c.merchant_id = ${merchantId} and c.import_id = ${of.importId}
       and c.deleted_at is null`.execute(trx);
  return Number(numAffectedRows ?? 0n);
}

async function closeReviews(trx: Trx, merchantId: number, of: OfRound): Promise<void> {
  await sql`
    update customer_reviews r set acknowledged_at = ${of.now}, acknowledged_by = ${of.actor}
     where r.merchant_id = ${merchantId} and r.import_id = ${of.importId}
       and r.acknowledged_at is null
       and not exists (select from cards c
         where c.merchant_id = ${merchantId} and c.customer_id = r.customer_id
           and c.deleted_at is null
         group by c.service having count(*) > 1)`.execute(trx);
}

/** What cards held in secret before is kept no longer once nothing can be brought back. */
export async function forgetCardsBefore(
  trx: Trx,
  merchantId: number,
  migrationId: number,
): Promise<void> {
  await sql`
    update migration_card_changes m
       set holder = null, auth_key_id = null, auth_key_iv = null, auth_key_data = null
      from migration_rounds r
     where r.migration_id = ${migrationId} and r.merchant_id = ${merchantId}
       and m.round_id = r.id and num_nonnulls(m.holder, m.auth_key_id) > 0`.execute(trx);
}

export interface RoundOfImport {
  readonly roundId: number;
  readonly n: number;
  readonly migrationId: number;
  /** The migration's number. */
  readonly number: number;
  readonly service: CardService;
  readonly addition: boolean;
}

/** The round of whose returned file an import was made; undefined for every other import. */
export async function findRoundOfImport(
  trx: Trx,
  merchantId: number,
  importId: number,
): Promise<RoundOfImport | undefined> {
  return await trx
    .selectFrom('migration_rounds as r')
    .innerJoin('card_migrations as m', 'm.id', 'r.migration_id')
    .where('r.merchant_id', '=', merchantId)
    .where('r.import_id', '=', importId)
    .select(['r.id as roundId', 'r.n', 'r.migration_id as migrationId', 'r.addition'])
    .select(['m.number', 'm.service'])
    .executeTakeFirst();
}
