import { sql } from 'kysely';
import type { Trx } from '../database.ts';
import { appendAudit } from './audit.ts';

export interface Blanked {
  readonly customers: number;
  readonly cards: number;
  readonly files: number;
}

/**
 * Blanks what the merchant keeps no longer: the personal columns of customers that were deleted before
 * an instant, what their cards hold in secret, and the bytes of import files whose imports all ended
 * before it. IDs, numbers, hashes and counts stay. Runs as the owner: the application has no right to
 * remove bytes.
 */
export async function blankExpired(
  trx: Trx,
  merchantId: number,
  of: {
    /** ISO instant: what ended before it is blanked. */
    readonly before: string;
    readonly actor: string;
    readonly now: string;
  },
): Promise<Blanked> {
  const customers = await sql`
    update customers
       set name = null, kana = null, postal_code = null, prefecture = null, city = null, street = null,
           building = null, phone = null, email = null, gender = null, birth_date = null,
           occupation_id = null, tag_ids = '{}', newsletter = null, customer_type = null,
           blanked_at = ${of.now}
     where merchant_id = ${merchantId} and deleted_at < ${of.before} and blanked_at is null`.execute(
    trx,
  );
  const cards = await sql`
    update cards
       set holder = null, auth_key_id = null, auth_key_iv = null, auth_key_data = null,
           updated_at = ${of.now}
     where merchant_id = ${merchantId} and deleted_at < ${of.before}
       and num_nonnulls(holder, auth_key_id) > 0`.execute(trx);
  const { rows: files } = await sql<{ id: number }>`
    update files f set chunks = 0
     where f.merchant_id = ${merchantId} and f.chunks > 0
       and f.kind in ('customer-import', 'card-import')
       and exists (select from imports i where i.file_id = f.id)
       and not exists (select from imports i where i.file_id = f.id
             and coalesce(i.finished_at, 'infinity') >= ${of.before}::timestamptz)
    returning f.id`.execute(trx);
  await sql`
    delete from file_chunks where file_id = any(${files.map(({ id }) => id)}::bigint[])`.execute(
    trx,
  );
  const blanked = {
    customers: Number(customers.numAffectedRows ?? 0n),
    cards: Number(cards.numAffectedRows ?? 0n),
    files: files.length,
  };
  await appendAudit(trx, merchantId, {
    at: of.now,
    actor: of.actor,
    act: 'retention.applied',
    subject: of.before,
    reason: null,
    details: { ...blanked },
  });
  return blanked;
}
