import { sql } from 'kysely';
import type { RowsAndYen } from '../../billing/cycle.ts';
import type { Db, Trx } from '../database.ts';
import { openOnListOf } from '../fragments.ts';
import { claimCaptures } from './capture-file.ts';
import type { FileLine } from './file-lines.ts';

/**
 * Claims captures that an operator carries out on the portal by a list: as exclusive as those of a
 * file, and kept as one wave. The caller holds the merchant's lock.
 */
export async function claimCaptureWave(
  trx: Trx,
  merchantId: number,
  wave: { cycleId: number; now: string },
  lines: readonly FileLine[],
): Promise<void> {
  const { now } = wave;
  if ((await claimCaptures(trx, merchantId, { exchangeId: null, now }, lines)) !== lines.length) {
    throw new Error('the claims of a wave must be as many as its lines');
  }
  const yen = lines.reduce((total, line) => total + line.yen, 0);
  await sql`
    insert into capture_waves (cycle_id, n, merchant_id, rows, yen, made_at)
    select ${wave.cycleId}, coalesce(max(n), 0) + 1, ${merchantId}, ${lines.length}, ${yen}, ${wave.now}
      from capture_waves where cycle_id = ${wave.cycleId}`.execute(trx);
}

/** One line of the 売上処理リスト: what the operator ticks on the portal. */
export interface OpenPortalCapture {
  readonly position: number;
  readonly orderNumber: string;
  /** 決済ID, when the result told it. */
  readonly paymentId: string | null;
  readonly amountYen: number;
  readonly authorizedYen: number;
  readonly authorizedAt: string;
  readonly captureBefore: string;
  readonly askedAt: string;
}

/** The 売上処理リスト of a month in the export's order, a page at a time. */
export async function listPortalCaptures(
  db: Db,
  merchantId: number,
  page: { cycleId: number; afterPosition: number; limit: number },
): Promise<OpenPortalCapture[]> {
  const { rows } = await sql<OpenPortalCapture>`
    select e.position, e.order_number as "orderNumber", o.payment_id as "paymentId",
           e.amount_yen as "amountYen", a.amount_yen as "authorizedYen",
           coalesce(o.processed_at, o.recorded_at) as "authorizedAt",
           o.capture_before as "captureBefore", e.claimed_at as "askedAt"
      from (${openOnListOf(merchantId, { cycleId: page.cycleId, kind: 'capture' })}) e
      join attempts a on a.charge_id = e.charge_id and a.n = e.n
      join outcomes o on o.charge_id = e.charge_id and o.n = e.n
     where e.position > ${page.afterPosition}
     order by e.position limit ${page.limit}`.execute(db);
  return rows;
}

/** What an operator found when capturing on the portal. */
export type PortalCaptureAnswer = 'captured' | 'refused' | 'not_sent';

/**
 * Records what became of captures on the list: of the named ones, or (null) of all. The caller holds
 * the merchant's lock and rolls back when any is refused or the sum is not what a person confirmed.
 *
 * @returns what was answered, and the order numbers that do not stand on the month's list
 */
export async function answerPortalCaptures(
  trx: Trx,
  merchantId: number,
  answer: {
    cycleId: number;
    orderNumbers: readonly string[] | null;
    result: PortalCaptureAnswer;
    decisionId: number;
    now: string;
  },
): Promise<RowsAndYen & { refused: string[] }> {
  const { cycleId, orderNumbers, result, decisionId, now } = answer;
  const { rows } = await sql<RowsAndYen & { refused: string[] }>`
    with open as (
      select * from (${openOnListOf(merchantId, { cycleId, kind: 'capture' })}) e
       where ${orderNumbers}::text[] is null or e.order_number = any(${orderNumbers}::text[])
    ), answered as (
      insert into ending_results (charge_id, n, k, merchant_id, result, decision_id, recorded_at)
      select charge_id, n, k, ${merchantId}, ${result}, ${decisionId}, ${now}
        from open order by charge_id
    )
    select count(*)::int as rows, coalesce(sum(amount_yen), 0)::float8 as yen,
           array(select distinct u.order_number
                   from unnest(${orderNumbers}::text[]) as u (order_number)
                  where not exists (select from open o where o.order_number = u.order_number))
             as refused
      from open`.execute(trx);
  return rows[0] ?? { rows: 0, yen: 0, refused: [] };
}
