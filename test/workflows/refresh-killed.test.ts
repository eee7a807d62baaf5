import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Step, setTraps } from '../campaign/traps.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { openRefreshMonths, type RefreshMonths } from './refresh-months.ts';

// The silence after which a killed worker's look is given to the next.
const timing = { heartbeatTimeoutMs: 1500, retryInitialIntervalMs: 50 };
const billed = '2026-12';

let shop: RefreshMonths;

beforeAll(async () => {
  const rules = [
    { member: '^member-1$', renewal: 'expiry', newExpiry: '2030-12' },
    { member: '^member-2$', verdict: '1' },
    { verdict: '0', renewal: 'none' },
  ] as const;
  shop = await openRefreshMonths({ rules: [...rules] }, { workers: false, timing });
  for (const customerId of [1, 2, 3]) await shop.addCard(customerId, '2026-12');
});
afterAll(() => shop.close());

function prepareWorker(): WorkerChild {
  const { server, appDatabaseUrl, taskQueue } = shop.month;
  return prepareWorkerChild({
    ...{ address: server.address, namespace: server.namespace, databaseUrl: appDatabaseUrl },
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    ...{ taskQueue, bundlesDir, timing, logLevel: 'silent' },
  });
}

/** In the middle of the merge, at its last write, and when all is kept but nobody has heard it. */
const steps: readonly Step[] = [
  { name: 'a verdict', table: 'refresh_results', on: 'insert', n: 2, at: 'row' },
  { name: 'a card', table: 'cards', on: 'update', n: 1, at: 'row' },
  { name: 'a lock', table: 'card_locks', on: 'insert', n: 1, at: 'row' },
  { name: 'the result, unheard', table: 'card_locks', on: 'insert', n: 1, at: 'commit' },
  {
    ...{ name: 'the end, unheard', table: 'card_refreshes', on: 'update', n: 1, at: 'commit' },
    when: "new.stage = 'done'",
  },
];

test('a worker that is killed while it takes in a result: every card is judged and locked once', async () => {
  let worker = prepareWorker();
  await worker.begin();
  await shop.to('2026-12-01T01:00:00.000Z');
  await shop.ask(billed);
  const traps = await setTraps(shop.month.ownerDatabaseUrl, steps);
  const ended = new AbortController();
  try {
    const stage = async () => (await shop.read(billed)).stage;
    // Nobody answers for a while, so the clock may give up: it stands where it was sent all the same.
    const moved = shop.to('2026-12-26T15:30:00.000Z').catch(() => {});
    const done = expect
      .poll(stage, { timeout: 180_000, interval: 200 })
      .toBe('done')
      .finally(() => ended.abort());
    let killed = 0;
    for (;;) {
      const caught = await traps.next(ended.signal);
      if (caught === undefined) break;
      const spare = prepareWorker();
      await worker.kill();
      killed += 1;
      await caught.release();
      worker = spare;
      await worker.begin();
    }
    await Promise.all([done, moved]);
    expect(killed).toBe(steps.length);
    const counts = { targets: 3, lines: 3, merged: 3, renewed: 1, invalid: 1, missing: 0 };
    expect(await shop.read(billed)).toMatchObject({ resultFiles: 1, counts });
    const { rows } = await sql<Record<string, number>>`
      select (select count(*) from refresh_results) as results,
             (select count(*) from card_locks) as locks,
             (select count(*) from cards where expiry = '2030-12') as renewed,
             (select count(*) from notices where kind = 'card_refresh_done') as told`.execute(
      shop.month.db,
    );
    // Who sees it done finds that people were told.
    expect(rows).toEqual([{ results: 3, locks: 1, renewed: 1, told: 1 }]);
  } finally {
    await worker.kill();
    await traps.releaseAll();
    await traps.close();
  }
});
