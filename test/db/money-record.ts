import { sql } from 'kysely';
import type { Db, Trx } from '../../db/database.ts';
import type { ExchangeKind, ExchangeStage, ResultVerdict } from '../../db/tables.ts';

/** Where facts stand: merchants, charges, exchanges and their files, with no query in between. */

/** The instant of facts whose time does not matter. */
export const AT = '2026-11-22T00:00:00.000Z';

export interface MoneyRecord {
  readonly merchantId: number;
  /** The merchant's name in addresses and workflow IDs. */
  readonly slug: string;
  readonly cycleId: number;
  readonly fileId: number;
}
export interface Charge {
  readonly chargeId: number;
  readonly yen: number;
}

let records = 0;
let names = 0;

/** A merchant with a cycle and a file that exchanges may name. */
export async function insertMoneyRecord(db: Db): Promise<MoneyRecord> {
  records += 1;
  const slug = `record-${records}`;
  const merchant = await db
    .insertInto('merchants')
    .values({ slug, name: '記録', kind: 'sandbox', created_at: AT })
    .returning('id')
    .executeTakeFirstOrThrow();
  const cycleId = await insertCycle(db, merchant.id, '2026-11');
  const file = await db
    .insertInto('files')
    .values({
      merchant_id: merchant.id,
      sha256: 'a'.repeat(64),
      name: 'auth-001.csv',
      kind: 'auth-file',
      direction: 'outbound',
      bytes: 0,
      chunks: 0,
      stored_at: AT,
      stored_by: 'test',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { merchantId: merchant.id, slug, cycleId, fileId: file.id };
}

export async function insertCycle(db: Db, merchantId: number, month: string): Promise<number> {
  const cycle = await db
    .insertInto('cycles')
    .values({
      merchant_id: merchantId,
      billing_month: month,
      stage: 'capturing',
      started_at: AT,
      started_by: 'test',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return cycle.id;
}

/** Many planned charges of `yen` each, in one statement. */
export async function insertCharges(
  db: Db | Trx,
  record: MoneyRecord,
  count: number,
  yen = 1000,
): Promise<Charge[]> {
  names += 1;
  const { rows } = await sql<{ id: number }>`
    insert into charges (merchant_id, cycle_id, order_number, customer_number,
      previous_order_number, position, created_at)
    select ${record.merchantId}, ${record.cycleId}, ${`order-${names}-`}::text || i, i, i, i, ${AT}
    from generate_series(1, ${count}) i
    returning id`.execute(db);
  await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    select id, id, ${record.merchantId}, ${yen}
    from unnest(${rows.map((row) => row.id)}::bigint[]) as id`.execute(db);
  return rows.map((row) => ({ chargeId: row.id, yen }));
}

export async function insertCharge(db: Db | Trx, record: MoneyRecord, yen = 1000): Promise<Charge> {
  const [charge] = await insertCharges(db, record, 1, yen);
  return charge!;
}

let exchangeNumbers = 0;

/** An exchange awaiting its result, numbered on over all kinds. */
export async function insertExchange(
  db: Db | Trx,
  record: MoneyRecord,
  kind: ExchangeKind = 'auth',
  stage: ExchangeStage = 'awaiting_result',
): Promise<number> {
  exchangeNumbers += 1;
  // The number is three digits wide; the month carries on beyond.
  const year = 2027 + Math.floor(exchangeNumbers / 999);
  const exchange = await db
    .insertInto('exchanges')
    .values({
      merchant_id: record.merchantId,
      cycle_id: record.cycleId,
      billing_month: `${year}-01`,
      kind,
      number: (exchangeNumbers % 999) + 1,
      transport: 'portal',
      stage,
      file_id: record.fileId,
      records: 1,
      amount_yen: 0,
      created_at: AT,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return exchange.id;
}

/** The line of a claim in its file: of the attempt, or of ending `k`. */
export async function insertFileLine(
  db: Db | Trx,
  record: MoneyRecord,
  line: { exchangeId: number; lineNumber: number; charge: Charge; n: number; k?: number },
): Promise<void> {
  await db
    .insertInto('file_lines')
    .values({
      exchange_id: line.exchangeId,
      line_number: line.lineNumber,
      merchant_id: record.merchantId,
      charge_id: line.charge.chargeId,
      n: line.n,
      k: line.k ?? null,
      order_number: `order-${line.charge.chargeId}`,
      yen: line.charge.yen,
    })
    .execute();
}

let resultFiles = 0;

/** One round of results of an exchange, with one verdict. */
export async function insertVerdict(
  db: Db | Trx,
  record: MoneyRecord,
  of: { exchangeId: number; round: number; lineNumber: number; verdict: ResultVerdict },
): Promise<void> {
  resultFiles += 1;
  const file = await db
    .insertInto('files')
    .values({
      merchant_id: record.merchantId,
      sha256: resultFiles.toString(16).padStart(64, '0'),
      name: 'result.csv',
      kind: 'result-file',
      direction: 'inbound',
      bytes: 0,
      chunks: 0,
      stored_at: AT,
      stored_by: 'test',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('result_files')
    .values({
      exchange_id: of.exchangeId,
      round: of.round,
      merchant_id: record.merchantId,
      file_id: file.id,
      findings: '[]',
      ingested_at: AT,
    })
    .execute();
  await db
    .insertInto('result_lines')
    .values({
      exchange_id: of.exchangeId,
      round: of.round,
      line_number: of.lineNumber,
      merchant_id: record.merchantId,
      verdict: of.verdict,
    })
    .execute();
}

/** The state of a charge as the view tells it. */
export async function readState(db: Db | Trx, charge: Charge) {
  return await db
    .selectFrom('charge_states')
    .selectAll()
    .where('charge_id', '=', charge.chargeId)
    .executeTakeFirstOrThrow();
}
