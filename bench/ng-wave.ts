// 50,000 declined charges of one month: the wave that opens and plans them, and the wave that asks for
// their retries, notes whom to contact and builds the supplementary files.
// `npx tsx bench/ng-wave.ts [cases]`; fails when a wave takes longer than 60 s.
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { ActivityDependencies } from '../activities/dependencies.ts';
import { runNgWave } from '../activities/ng-wave.ts';
import { merchantSettingsSchema } from '../billing/merchant-settings.ts';
import { readConfig } from '../config.ts';
import { type Db, databaseOver, openPool } from '../db/database.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { openCycle } from '../db/queries/cycles.ts';
import { createMerchant } from '../db/queries/merchants.ts';
import { hasNgNews } from '../db/queries/ng-cases.ts';
import { refreshStatistics } from '../db/statistics.ts';
import { bringUpStack } from '../stack/bring-up.ts';
import { removeDataDir } from '../stack/recovery.ts';

const count = Number(process.argv[2] ?? 50_000);
const limitSeconds = 60;
const month = '2026-11';
/** Friday afternoon in Japan; what is due next is due on Tuesday at ten. */
const declinedAt = '2026-11-20T06:00:00.000Z';
const dueAt = '2026-11-24T01:00:00.000Z';

const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
await chmod(dataDir, 0o711);
const stack = await bringUpStack({ dataDir, config: readConfig({}), temporalUi: false });
try {
  await migrateToLatest(stack.ownerDatabaseUrl);
  const pool = openPool(stack.appDatabaseUrl, { maxConnections: 4 });
  const db = databaseOver(pool);
  await insertDeclined(db);
  let started = 0;
  const nobody = async () => {};
  const deps = {
    db,
    pool,
    fileKeys: stack.fileKeys,
    workflows: {
      wakeCycle: nobody,
      wakeMail: nobody,
      startExchange: async () => {
        started += 1;
      },
    },
  } as unknown as ActivityDependencies;
  const first = await measure('opens and plans', () =>
    runNgWave(deps, { merchant: 'bench-shop', now: declinedAt }),
  );
  const second = await measure('contacts, retries, files', () =>
    runNgWave(deps, { merchant: 'bench-shop', now: dueAt }),
  );
  await measure('is there news?', () => hasNgNews(db, 1));
  const { rows } = await sql<{ requested: number; contacts: number; mails: number }>`
    select (select count(*)::int from authorization_requests) as requested,
           (select count(*)::int from ng_case_steps where kind = 'contact') as contacts,
           (select count(*)::int from customer_mails) as mails`.execute(db);
  console.log(
    `${rows[0]?.requested} retries in ${started} files, ${rows[0]?.contacts} contacts, ${rows[0]?.mails} mails queued`,
  );
  const failed = first > limitSeconds || second > limitSeconds;
  if (failed || rows[0]?.requested !== count / 2 || rows[0]?.mails !== count / 2) {
    process.exitCode = 1;
  }
  await db.destroy();
} finally {
  await stack.stop();
  removeDataDir(dataDir);
}

async function measure(what: string, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`${count} cases, ${what}: ${seconds.toFixed(1)} s`);
  return seconds;
}

/** Half of them failures of the line (a retry), half exceeded limits (a mail to the customer first). */
async function insertDeclined(db: Db): Promise<void> {
  const now = declinedAt;
  const { id: merchantId } = await createMerchant(db, {
    slug: 'bench-shop',
    name: 'bench-shop',
    kind: 'sandbox',
    settings: merchantSettingsSchema.parse({
      paygent: { merchantId: '10001' },
      ng: { contact: { enabled: true } },
    }),
    actor: 'bench',
    now,
  });
  const by = { billingMonth: month, startedBy: 'bench', scope: 'all', now } as const;
  await openCycle(db, merchantId, by);
  await sql`update cycles set stage = 'working_ng'`.execute(db);
  await sql`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, ${'0'.repeat(64)}, 'auth', 'auth-file', 'outbound', 0, 0, ${now}, 'bench')`.execute(
    db,
  );
  await sql`
    insert into exchanges (merchant_id, cycle_id, billing_month, kind, number, transport, stage,
                           file_id, records, amount_yen, created_at)
    select ${merchantId}, c.id, ${month}, 'auth', 1, 'portal', 'reconciled', f.id, ${count}, 0, ${now}
      from cycles c, files f`.execute(db);
  await sql`
    insert into charges (merchant_id, cycle_id, order_number, customer_number,
                         previous_order_number, position, created_at)
    select ${merchantId}, c.id, i::text, i::text, i::text, i, ${now}
      from cycles c, generate_series(1, ${count}::int) i`.execute(db);
  await sql`
    insert into charge_items (charge_id, origin_charge_id, merchant_id, yen)
    select id, id, ${merchantId}, 3980 from charges`.execute(db);
  await sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    select c.id, 1, ${merchantId}, 'authorization', e.id, 3980, ${now} from charges c, exchanges e`.execute(
    db,
  );
  await sql`
    insert into outcomes (charge_id, n, merchant_id, outcome, response_detail, recorded_at)
    select c.id, 1, ${merchantId}, 'declined',
           case when c.position % 2 = 0 then '1G95' else '1G55' end, ${now} from charges c`.execute(
    db,
  );
  // As after every file and result of that size.
  await refreshStatistics(db, count, ['charges', 'charge_items', 'attempts', 'outcomes']);
}
