import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { createToken } from '../../db/queries/tokens.ts';
import { billMonth, type OperatorDay } from '../../sandbox/bill-month.ts';
import {
  listCharges,
  readCycle,
  startCycle,
  uploadStoredFile,
  useOrderExport,
} from '../../sandbox/operator.ts';
import { registerMerchant } from '../../sandbox/paygent-operator.ts';
import { setTraps } from '../campaign/traps.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';

/** Two workers on the same queues carry two merchants, and two months of one of them, at once. */
let month: Month;
let second: WorkerChild;
let neighbour: OperatorDay;
let csv: Uint8Array;

beforeAll(async () => {
  csv = await readFile('test/fixtures/orders/orders-2026-11.csv');
  month = await openMonth();
  second = prepareWorkerChild({
    address: month.server.address,
    namespace: month.server.namespace,
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: month.appDatabaseUrl,
    taskQueue: month.taskQueue,
    bundlesDir,
    timing: {},
    logLevel: 'silent',
  });
  await second.begin();
  neighbour = await openNeighbour();
});
afterAll(async () => {
  await second?.kill();
  await month?.close();
});

async function openNeighbour(): Promise<OperatorDay> {
  const merchant = `${month.day.desk.merchant}-b`;
  const portal = { ...month.portal, merchantId: '10002' };
  await createMerchant(month.db, {
    slug: merchant,
    name: '隣の商店',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({
      paygent: { merchantId: portal.merchantId },
      capture: { policy: 'immediate' },
    }),
    actor: 'test',
    now: sandboxNow,
  });
  const { token } = await createToken(month.db, {
    actor: 'the neighbour',
    role: 'operator',
    scope: { all: true },
    expiresAt: null,
    now: sandboxNow,
    createdBy: 'test',
  });
  await registerMerchant(portal, {
    contacts: ['neighbour@example.jp'],
    processingDelayMs: 0,
    outcomes: { declineShare: 0 },
  });
  return { ...month.day, portal, desk: { ...month.day.desk, token, merchant } };
}

async function begin(day: OperatorDay, billingMonth: string): Promise<void> {
  await startCycle(day.desk, billingMonth);
  const file = { name: 'orders.csv', kind: 'order-export', bytes: csv } as const;
  await useOrderExport(day.desk, billingMonth, await uploadStoredFile(day.desk, file));
}

const whole = { rows: true, yen: true, broken: [] };

test('two months of one merchant that select the same orders at once bill each of them once', async () => {
  const { desk } = month.day;
  // Both select before either claims: the first stands still, its selection made, until the second
  // waits for it.
  const traps = await setTraps(month.ownerDatabaseUrl, [
    {
      name: 'first selection made',
      table: 'cycles',
      on: 'update',
      when: "new.stage = 'previewing'",
      n: 1,
      at: 'row',
    },
  ]);
  try {
    const begun = Promise.all([begin(month.day, '2026-11'), begin(month.day, '2026-12')]);
    const next = begin(neighbour, '2026-11');
    const caught = await traps.next(new AbortController().signal);
    await begun;
    await vi.waitFor(
      async () => {
        const { rows } = await traps.client.query(
          `select from pg_locks where locktype = 'advisory' and not granted and pid <> $1
              and database = (select oid from pg_database where datname = current_database())`,
          [caught?.pid],
        );
        expect(rows.length).toBeGreaterThan(0);
      },
      { timeout: 60_000, interval: 20 },
    );
    await caught?.release();
    await next;
  } finally {
    await traps.close();
  }

  const [mine, theirs] = await Promise.all([
    billMonth(month.day, '2026-11').then(() => billMonth(month.day, '2026-12')),
    billMonth(neighbour, '2026-11'),
  ]);
  expect(mine.month).toBe('2026-12');
  const cycles = [await readCycle(desk, '2026-11'), await readCycle(desk, '2026-12')];
  for (const cycle of cycles) expect(cycle.conservation).toEqual(whole);
  expect(cycles.map((cycle) => cycle.selection?.selected).sort()).toEqual([0, 326]);
  const loser = cycles.find((cycle) => cycle.selection?.selected === 0);
  const alreadyBilled = loser?.selection?.excluded.already_billed ?? 0;
  expect(alreadyBilled).toBeGreaterThanOrEqual(326);
  // Selected at first, then selected anew: it really was a race.
  const selections = await month.db
    .selectFrom('selections')
    .select('n')
    .where('merchant_id', '=', month.merchantId)
    .execute();
  expect(selections.map((one) => one.n).sort()).toEqual([1, 1, 2]);

  const charged = await Promise.all(
    ['2026-11', '2026-12'].map((billingMonth) => listCharges(desk, billingMonth, {})),
  );
  const numbers = charged.flat().map((charge) => charge.orderNumber);
  expect(new Set(numbers).size).toBe(326);
  expect(numbers).toHaveLength(326);
  const { totals } = await month.readLedger();
  expect(totals).toMatchObject({ attempts: 326, captures: 326, doubleAuthorizations: 0 });

  // The neighbour has orders of the same numbers, which are its own.
  expect(theirs.conservation).toEqual(whole);
  expect(theirs.charges.captured).toEqual({ rows: 326, yen: 3314934 });
});
