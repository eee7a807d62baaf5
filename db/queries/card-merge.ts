import { sql } from 'kysely';
import type { CardService } from '../../billing/card-service.ts';
import type { Trx } from '../database.ts';
import { accepted, cardColumns, markRefused } from '../import-stage.ts';
import { lockReturnedCards, releaseReplacedLocks } from './card-locks.ts';
import { type MergeCounts, recordRemarks } from './customer-merge.ts';

/**
 * Merges the staged cards into the record, set-based. A card that is there is brought up to date;
 * customers with several cards in the file are flagged for review; locks of cards that were replaced
 * fall, and cards that are back are locked again. The caller holds `lock_customers`.
 */
export async function mergeCards(
  trx: Trx,
  merchantId: number,
  of: {
    readonly importId: number;
    readonly service: CardService;
    readonly now: string;
    readonly texts: { readonly doubled: string; readonly several: string; readonly locked: string };
  },
): Promise<MergeCounts> {
  const { importId, service, now, texts } = of;
  await sql`set local work_mem = '128MB'`.execute(trx);
  await sql`analyze staged_cards`.execute(trx);
  await sql`
    insert into refused (record, columns, errors)
    select record, array[null]::text[], array[${texts.doubled}::text] from (
      select record, row_number() over (partition by identity order by record) as k
        from staged_cards where errors is null) d
     where k > 1`.execute(trx);
  await markRefused(trx, 'staged_cards');
  const set = sql.join(cardColumns.map((name) => sql`${sql.ref(name)} = s.${sql.ref(name)}`));
  await sql`
    update cards c
       set ${set}, import_id = ${importId}, updated_at = ${now}, deleted_at = null
      from staged_cards s
     where c.merchant_id = ${merchantId} and c.service = ${service} and c.identity = s.identity
       and ${accepted}
       and ((c.last_digits, c.brand, c.holder, c.send_id, c.sequence, c.expiry) is distinct from
              (s.last_digits, s.brand, s.holder, s.send_id, s.sequence, s.expiry)
            or s.auth_key_id is not null or c.auth_key_id is not null
            or c.deleted_at is not null
            -- A card that a migration brought stays when that is cancelled, if its owner sent it too.
            or exists (select from migration_rounds r where r.import_id = c.import_id))`.execute(
    trx,
  );
  const names = sql.join(cardColumns.map((name) => sql.ref(name)));
  await sql`
    insert into cards (merchant_id, customer_id, service, identity, ${names}, import_id, created_at,
                       updated_at)
    select ${merchantId}, customer_id, ${service}, identity, ${names}, ${importId},
           ${now}::timestamptz, ${now}::timestamptz
      from staged_cards s
     where ${accepted} and not exists (select from cards c
       where c.merchant_id = ${merchantId} and c.service = ${service} and c.identity = s.identity)
     order by record`.execute(trx);
  await flagSeveralCards(trx, merchantId, of);
  await releaseReplacedLocks(trx, merchantId, { importId, now });
  await warnOfLocked(trx, { cardIds: await lockReturnedCards(trx, merchantId, now), ...texts });
  return await recordRemarks(trx, merchantId, { importId, table: 'staged_cards' });
}

async function flagSeveralCards(
  trx: Trx,
  merchantId: number,
  of: { readonly importId: number; readonly now: string; readonly texts: { several: string } },
): Promise<void> {
  const several = sql`
    select customer_id from staged_cards s
     where ${accepted} group by customer_id having count(*) > 1`;
  await sql`
    insert into customer_reviews (merchant_id, customer_id, reason, import_id, flagged_at)
    select ${merchantId}, customer_id, 'several_cards', ${of.importId}, ${of.now}::timestamptz
      from (${several}) found
    on conflict do nothing`.execute(trx);
  await sql`
    update staged_cards s
       set warned_columns = coalesce(s.warned_columns, '{}') || array['顧客ID'],
           warnings = coalesce(s.warnings, '{}') || array[${of.texts.several}::text]
     where s.customer_id in (${several})`.execute(trx);
}

async function warnOfLocked(
  trx: Trx,
  { cardIds, locked }: { readonly cardIds: readonly number[]; readonly locked: string },
): Promise<void> {
  if (cardIds.length === 0) return;
  await sql`
    update staged_cards s
       set warned_columns = coalesce(s.warned_columns, '{}') || array[null]::text[],
           warnings = coalesce(s.warnings, '{}') || array[${locked}::text]
      from cards c
     where c.id = any (${cardIds}::bigint[]) and c.identity = s.identity and ${accepted}`.execute(
    trx,
  );
}
