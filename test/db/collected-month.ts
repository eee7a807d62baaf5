import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { insertPlannedCharges } from '../../db/queries/auth-file.ts';
import { stagePreview } from '../../db/queries/preview.ts';
import { closeRuns, openRun } from '../../db/queries/runs.ts';
import { insertSelection } from '../../db/queries/selection.ts';
import { AT, type Charge, insertMoneyRecord, type MoneyRecord } from './money-record.ts';

export interface CollectedMonth extends MoneyRecord {
  /** One a selected order, in the order of the amounts. */
  readonly charges: readonly Charge[];
}

/**
 * A month as its first steps leave it: an export with one order of each amount, one first order that
 * nobody bills, its verdicts, its run and its charges.
 */
export async function insertCollectedMonth(
  db: Db,
  amounts: readonly number[],
): Promise<CollectedMonth> {
  const record = await insertMoneyRecord(db);
  const { merchantId, cycleId, fileId } = record;
  const records = amounts.length + 1;
  const { rows } = await sql<{ id: number }>`
    insert into order_collections (merchant_id, cycle_id, n, file_id, settings_version, encoding,
                                   records, quarantined, collected_at, complete, added, changed,
                                   unchanged, gone)
    values (${merchantId}, ${cycleId}, 1, ${fileId}, 1, 'utf-8', ${records}, 0, ${AT}, true,
            ${records}, 0, 0, 0)
    returning id`.execute(db);
  const collectionId = rows[0]?.id ?? 0;
  await sql`
    insert into orders (collection_id, record, line, merchant_id, order_number, customer_number,
                        payment_method, cycle_count, previous_order_number, amount_yen, shipment,
                        status, customer_name, email, phone, exclusion, cycle_id)
    select ${collectionId}, i, i + 1, ${merchantId}, 'order-' || i, '9', 'クレジットカード', 2, '1',
           yen, 'unknown', '新規受付', '', '', '',
           case when i = ${records}::int then 'first_order' end, ${cycleId}
      from unnest(${[...amounts, 500]}::int[]) with ordinality as u (yen, i)`.execute(db);
  const plan = { cycleId, identityMonth: '', now: AT };
  await insertSelection(db, merchantId, { ...plan, collectionId });
  await db.transaction().execute(async (trx) => {
    await openRun(trx, merchantId, { cycleId, orderNumbers: null, decisionId: null, now: AT });
    await stagePreview(trx, merchantId, { cycleId, month: '2026-11', settingsVersion: 1 });
    const { planned } = await insertPlannedCharges(trx, merchantId, plan);
    await closeRuns(trx, merchantId, { cycleId, charges: planned, now: AT });
  });
  const charges = await db
    .selectFrom('charge_states')
    .select(['charge_id as chargeId', 'amount_yen as yen'])
    .where('merchant_id', '=', merchantId)
    .where('cycle_id', '=', cycleId)
    .orderBy('position')
    .execute();
  return { ...record, charges };
}
