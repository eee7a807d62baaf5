import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type LinkerSandbox, startLinkerSandbox } from '../../sandbox/linker/server.ts';
import { type Step, setTraps } from '../campaign/traps.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { customerFile, customerLine, openImportDesk } from './file-imports.ts';
import { linkCards, liveCards, type MigrationDesk, openMigrationDesk } from './migrations.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';

// The silence after which a killed worker's file is given to the next.
const timing = { heartbeatTimeoutMs: 1500, shortTimeoutMs: 3000, retryInitialIntervalMs: 50 };
const customers = 40;

let month: Month;
let desk: MigrationDesk;
let linker: LinkerSandbox;

beforeAll(async () => {
  month = await openMonth({
    workers: false,
    timing,
    settings: {
      paymentMethods: { cardService: 'YAMATO' },
      cardMigration: { linkFile: { encoding: 'utf-8' } },
    },
  });
  desk = openMigrationDesk(month);
  linker = await startLinkerSandbox({});
  linker.feedClock(sandboxNow);
  await fetch(`${linker.url}/merchants/shop`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ encoding: 'utf-8' }),
  });
});
afterAll(async () => {
  await linker?.stop();
  await month?.close();
});

function prepareWorker(): WorkerChild {
  return prepareWorkerChild({
    address: month.server.address,
    namespace: month.server.namespace,
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: month.appDatabaseUrl,
    taskQueue: month.taskQueue,
    bundlesDir,
    timing,
    logLevel: 'silent',
  });
}

/** Between the steps of an import, and in the middle of each. */
const steps: readonly Step[] = [
  {
    ...{ name: 'every line is read', table: 'migration_rounds', on: 'update', n: 1, at: 'commit' },
    when: "new.state = 'read'",
  },
  { name: 'a card', table: 'cards', on: 'insert', n: 30, at: 'row' },
  {
    ...{ name: 'the end, unheard', table: 'migration_rounds', on: 'update', n: 1, at: 'commit' },
    when: "new.state = 'done'",
  },
];

test('workers that are killed between the steps leave nothing doubled, and nothing undone', async () => {
  let worker = prepareWorker();
  await worker.begin();
  await openImportDesk(month).run(
    'customers',
    customerFile(
      Array.from({ length: customers }, (_, n) => customerLine({ 顧客番号: `old-${n}` })),
    ),
  );
  const number = await desk.start({ service: 'YAMATO', oldService: '旧カート' });
  const answer = await linkCards(linker, 'shop', await desk.release(number));
  const traps = await setTraps(month.ownerDatabaseUrl, steps);
  const ended = new AbortController();
  try {
    await desk.upload(number, answer);
    const done = desk.until(number, 'covering').finally(() => ended.abort());
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
    expect(killed).toBe(steps.length);
    const { returnedFiles } = await done;
    expect(returnedFiles).toMatchObject([
      { state: 'done', lines: customers, imported: customers, failed: 0, quarantined: 0 },
    ]);
    expect(await liveCards(month)).toHaveLength(customers);
    const { rows } = await sql<Record<string, number>>`
      select (select count(*) from cards) as cards,
             (select count(*) from imports where kind = 'cards') as imports,
             (select count(*) from migration_rows) as lines,
             (select count(*) from migration_card_changes) as changes,
             (select count(*) from notices where kind = 'card_migration') as notices`.execute(
      month.db,
    );
    expect(rows).toEqual([
      { cards: customers, imports: 1, lines: customers, changes: customers, notices: 1 },
    ]);
    expect((await desk.act(`/${number}/cancellation`)).status).toBe(200);
    expect(await liveCards(month)).toEqual([]);
  } finally {
    await worker.kill();
    await traps.releaseAll();
    await traps.close();
  }
});
