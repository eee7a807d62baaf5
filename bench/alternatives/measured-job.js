// What every alternative does the same way: it reads its job from standard input, bills the orders that
// it names, checks what was billed and says on standard output how long that took.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { isDeclined } from '../instant-psp.ts';

const table = `
  drop table if exists billed_orders;
  create table billed_orders (order_number text primary key, customer_number text not null,
                              yen int not null, state text not null, payment_id text)`;

/**
 * @typedef {{ orderNumber: string, customerNumber: string, yen: number }} Order
 * @typedef {{ databaseUrl: string, temporalAddress: string, ordersPath: string }} Job
 */

/** The three statements of an order: taken, authorized, captured. */
export const statements = {
  insert: `insert into billed_orders (order_number, customer_number, yen, state) values ($1, $2, $3, 'planned')`,
  authorize: 'update billed_orders set state = $2, payment_id = $3 where order_number = $1',
  capture: `update billed_orders set state = 'captured' where order_number = $1`,
};

/** What the PSP answers, at once. @param {string} orderNumber */
export function authorize(orderNumber) {
  const declined = isDeclined(orderNumber);
  return {
    state: declined ? 'declined' : 'authorized',
    paymentId: declined ? null : `9${orderNumber}`,
  };
}

/**
 * @param {(job: Job, pool: pg.Pool) => Promise<(orders: Order[]) => Promise<void>>} prepare what is set
 *   up before the month begins, and is not measured; gives what bills it
 */
export async function runJob(prepare) {
  const job = JSON.parse(await text(process.stdin));
  const pool = new pg.Pool({ connectionString: job.databaseUrl, max: 20 });
  await pool.query(table);
  const orders = JSON.parse(readFileSync(job.ordersPath, 'utf8'));
  const bill = await prepare(job, pool);
  const startedAt = performance.now();
  await bill(orders);
  const seconds = (performance.now() - startedAt) / 1000;
  const { rows } = await pool.query(
    `select count(*)::int as all, count(*) filter (where state = 'captured')::int as captured from billed_orders`,
  );
  const expected = orders.filter(({ orderNumber }) => !isDeclined(orderNumber)).length;
  if (rows[0].all !== orders.length || rows[0].captured !== expected) {
    throw new Error(
      `${rows[0].captured} of ${rows[0].all} captured, expected ${expected} of ${orders.length}`,
    );
  }
  console.log(JSON.stringify({ seconds }));
  process.exit(0);
}

/** Works a list, so many at a time. @template T @param {T[]} items @param {number} atOnce @param {(item: T) => Promise<unknown>} work */
export async function inParallel(items, atOnce, work) {
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const item = items[next];
      next += 1;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
