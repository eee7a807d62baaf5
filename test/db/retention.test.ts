import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { zeusErrorMail } from '../../activities/zeus-error-mail.ts';
import { personalFileKinds } from '../../billing/file-kind.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { createEndpoint } from '../../db/queries/delivery-endpoints.ts';
import { openFile, storeFile } from '../../db/queries/files.ts';
import { moveImport, registerImport } from '../../db/queries/imports.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { blankExpired } from '../../db/queries/retention.ts';
import { removeEndedSessions } from '../../db/queries/sessions.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { insertOrders } from './collected-orders.ts';
import { openCarrierRecord } from './failed-deliveries.ts';
import { insertCycle } from './money-record.ts';

let database: TestDatabase;
let owner: Db;
let app: Db;
let merchantId: number;
const keys = parseEncryptionKeys(inject('fileKeys'));
// What is blanked is told by the clock of the database.
const now = new Date().toISOString();
const monthsAgo = (months: number) =>
  new Date(Date.parse(now) - months * 31 * 86_400_000).toISOString();
const old = monthsAgo(14);
const recent = monthsAgo(2);
const kept = { importMonths: null, orderMonths: null, carrierMonths: null };

beforeAll(async () => {
  database = await createTestDatabase();
  owner = openDatabase(database.ownerUrl);
  app = openDatabase(database.appUrl);
  const merchant = await createMerchant(owner, {
    ...{ slug: 'shop', name: 'shop', kind: 'sandbox', actor: 'test', now: old },
    settings: merchantSettingsSchema.parse({}),
  });
  merchantId = merchant.id;
});
afterAll(async () => {
  await owner.destroy();
  await app.destroy();
  await database.drop();
});

async function storeText(
  name: string,
  kind: string,
  at = old,
  merchant = merchantId,
): Promise<{ fileId: number; sha256: string }> {
  return await storeFile(owner, merchant, {
    ...{ name, kind, direction: 'outbound', keys, now: at, actor: 'test', maxBytes: 1000 },
    source: (async function* () {
      yield Buffer.from(name);
    })(),
  });
}

async function importedFile(name: string, ends: readonly string[]): Promise<string> {
  const { fileId, sha256 } = await storeText(name, 'customer-import');
  for (const [index, end] of ends.entries()) {
    const { number } = await registerImport(owner, merchantId, {
      ...{ kind: 'customers', fileId, fileName: name, requestKey: `${name}-${index}` },
      ...{ held: false, actor: 'test', now: old },
    });
    await moveImport(owner, merchantId, { number, from: 'running', to: 'done', now: end });
  }
  return sha256;
}

async function addCustomer(id: number, deletedAt: string | null): Promise<void> {
  await owner
    .insertInto('customers')
    .values({
      ...{ merchant_id: merchantId, customer_id: id, customer_number: `n-${id}`, name: '見本' },
      ...{ phone: '0985000000', import_id: 1, created_at: old, updated_at: old },
      deleted_at: deletedAt,
    })
    .execute();
}

const nothing = {
  customers: 0,
  cards: 0,
  importFiles: 0,
  orders: 0,
  orderFiles: 0,
  mailFiles: 0,
  carrierResults: 0,
  confirmationFiles: 0,
};

/** As the application: it may blank what has expired, and remove nothing else. */
const blank = (months: Partial<typeof kept> | Record<string, number>) =>
  app
    .transaction()
    .execute((trx) => blankExpired(trx, merchantId, { ...kept, ...months, actor: 'test', now }));

test('what ended long enough ago is blanked; numbers, hashes and counts stay', async () => {
  const gone = await importedFile('gone.csv', [old]);
  const younger = await importedFile('kept.csv', [old, recent]);
  await addCustomer(1, old);
  await addCustomer(2, recent);
  await addCustomer(3, null);
  expect(await blank({})).toEqual(nothing);
  expect(await blank({ importMonths: 12 })).toEqual({ ...nothing, customers: 1, importFiles: 1 });
  expect(await blank({ importMonths: 12 })).toEqual(nothing);

  const { rows } = await sql<{ name: string | null; number: string; phone: string | null }>`
    select name, phone, customer_number as number from customers order by customer_id`.execute(
    owner,
  );
  expect(rows).toEqual([
    { name: null, phone: null, number: 'n-1' },
    { name: '見本', phone: '0985000000', number: 'n-2' },
    { name: '見本', phone: '0985000000', number: 'n-3' },
  ]);
  expect(await openFile(owner, merchantId, gone, keys)).toMatchObject({ blanked: true, bytes: 8 });
  expect(await openFile(owner, merchantId, younger, keys)).toMatchObject({ blanked: false });
  const chunks = await sql<{ chunks: number }>`select count(*) as chunks from file_chunks`.execute(
    owner,
  );
  expect(chunks.rows).toEqual([{ chunks: 1 }]);
});

test('of months that were closed long ago, orders keep numbers and yen alone', async () => {
  const closedMonth = async (month: string, closedAt: string | null) => {
    const cycleId = await insertCycle(owner, merchantId, month);
    const { fileId } = await storeText(month, 'order-export');
    await insertOrders(
      owner,
      { merchantId, cycleId, fileId },
      { count: 3, prefix: month, broken: 1 },
    );
    if (closedAt !== null) {
      await sql`update cycles set stage = 'closed', closed_at = ${closedAt} where id = ${cycleId}`.execute(
        owner,
      );
    }
    return cycleId;
  };
  const gone = await closedMonth('2025-01', old);
  const others = [await closedMonth('2026-09', recent), await closedMonth('2026-10', null)];
  expect(await blank({ orderMonths: 12 })).toEqual({ ...nothing, orders: 3, orderFiles: 1 });
  expect(await blank({ orderMonths: 12 })).toEqual(nothing);
  const readOrders = async (cycleIds: readonly number[]) =>
    (
      await sql<{ text: string; yen: number }>`
        select customer_name || email || phone as text, amount_yen as yen
          from orders where cycle_id = any(${cycleIds}::bigint[])
        union all
        select value, null from quarantined_orders where cycle_id = any(${cycleIds}::bigint[])
        order by 2`.execute(owner)
    ).rows;
  expect((await readOrders([gone])).map(({ text }) => text)).toEqual(['', '', '', null]);
  expect((await readOrders([gone])).map(({ yen }) => yen)).toEqual([1001, 1002, 1003, null]);
  for (const { text } of await readOrders(others)) expect(text).not.toBe('');
});

test('carrier results lose what is personal once they cannot be sent again', async () => {
  const record = await openCarrierRecord(owner, 'carrier-shop');
  await record.receive({ ordd: 'old' }, monthsAgo(12));
  await record.receive({ ordd: 'recent' }, monthsAgo(8));
  const blanked = await app
    .transaction()
    .execute((trx) =>
      blankExpired(trx, record.merchantId, { ...kept, carrierMonths: 9, actor: 'test', now }),
    );
  expect(blanked).toEqual({ ...nothing, carrierResults: 1 });
  const { rows } = await sql<{ personal: string | null; call: number }>`
    select r.order_number, r.phone || r.email || r.parameters as personal, length(c.body) as call
      from carrier_results r join carrier_calls c on c.id = r.call_id order by r.id`.execute(owner);
  expect(rows[0]).toMatchObject({ order_number: 'old', personal: null, call: 0 });
  expect(rows[1]?.personal).toContain('recent@example.jp');
  expect(rows[1]?.call).toBeGreaterThan(0);
});

test('every kind of file that holds personal data is blanked, also where nothing ever took it', async () => {
  for (const kind of personalFileKinds) {
    const gone = await storeText(`stray-${kind}`, kind);
    const younger = await storeText(`recent-${kind}`, kind, recent);
    const readBlanked = async () => {
      const files = [gone, younger].map(({ sha256 }) => openFile(owner, merchantId, sha256, keys));
      return (await Promise.all(files)).map((file) => file?.blanked);
    };
    await blank({});
    expect(await readBlanked(), kind).toEqual([false, false]);
    await blank({ importMonths: 12, orderMonths: 12, carrierMonths: 12 });
    expect(await readBlanked(), kind).toEqual([true, false]);
  }
});

test('mails go with the months that were open when they came, those of ZEUS with its results', async () => {
  const { id } = await createMerchant(owner, {
    ...{ slug: 'mail-shop', name: 'shop', kind: 'sandbox', actor: 'test', now: old },
    settings: merchantSettingsSchema.parse({}),
  });
  const openMonth = await insertCycle(owner, id, '2025-11');
  const startedAt = monthsAgo(13);
  await sql`update cycles set started_at = ${startedAt} where id = ${openMonth}`.execute(owner);
  const { name: zeus } = zeusErrorMail;
  const mails = [
    { uid: 1, handler: 'delivery-report', at: old },
    { uid: 2, handler: null, at: old },
    { uid: 3, handler: 'delivery-report', at: monthsAgo(12.5) },
    { uid: 4, handler: zeus, at: monthsAgo(12.5) },
    { uid: 5, handler: zeus, at: recent },
    { uid: 6, handler: null, at: recent },
  ];
  for (const { uid, handler, at } of mails) {
    const { fileId } = await storeText(`mail-${uid}`, 'mail', at, id);
    await sql`
      insert into mailbox_mails (merchant_id, mailbox, uid_validity, uid, sha256, subject, file_id,
        handler, taken_at)
      values (${id}, ${'b'.repeat(64)}, 1, ${uid}, ${`${uid}`.repeat(64)}, '見本様', ${fileId},
        ${handler}, ${at})`.execute(owner);
  }
  const blankMails = async (months: Partial<Record<keyof typeof kept, number>>) => {
    const of = { ...kept, ...months, actor: 'test', now };
    const { mailFiles } = await app.transaction().execute((trx) => blankExpired(trx, id, of));
    const { rows } = await sql<{ uid: number; bytes: boolean; subject: boolean }>`
      select m.uid, f.chunks > 0 as bytes, m.subject <> '' as subject
        from mailbox_mails m join files f on f.id = m.file_id where m.merchant_id = ${id}
       order by m.uid`.execute(owner);
    for (const { bytes, subject } of rows) expect(subject).toBe(bytes);
    return { mailFiles, left: rows.filter(({ bytes }) => bytes).map(({ uid }) => uid) };
  };
  expect(await blankMails({})).toEqual({ mailFiles: 0, left: [1, 2, 3, 4, 5, 6] });
  expect(await blankMails({ carrierMonths: 9 })).toEqual({ mailFiles: 1, left: [1, 2, 3, 5, 6] });
  expect(await blankMails({ orderMonths: 12 })).toEqual({ mailFiles: 2, left: [3, 5, 6] });
  await sql`update cycles set stage = 'closed', closed_at = ${monthsAgo(12.4)}
    where id = ${openMonth}`.execute(owner);
  expect(await blankMails({ orderMonths: 12 })).toEqual({ mailFiles: 1, left: [5, 6] });
  expect(await blankMails({ orderMonths: 12 })).toEqual({ mailFiles: 0, left: [5, 6] });
});

test('what was corrected in a re-send and what the shop answered goes with the result', async () => {
  const record = await openCarrierRecord(owner, 'resend-shop');
  const { merchantId: id } = record;
  await record.addEndpoint('resend-desk');
  const orders = { old: monthsAgo(12), waiting: monthsAgo(12), recent: monthsAgo(8) };
  for (const [ordd, at] of Object.entries(orders)) {
    await record.receive({ ordd }, at);
    await record.attempt('resend-desk', { outcome: 'refused', status: 500 }, at);
  }
  await sql`
    with d as (
      insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
      values (${id}, 'k', 'test', 'test', '{}', 'test', ${old}) returning id)
    insert into send_error_acts (send_error_id, merchant_id, act, parameters, decision_id, acted_at)
    select e.id, ${id}, 'resend', '[["telno","0985000000"]]', d.id, e.failed_at
      from send_errors e, d where e.merchant_id = ${id}`.execute(owner);
  await sql`
    update deliveries d set state = 'due' from carrier_results r
     where r.id = d.result_id and r.merchant_id = ${id} and r.order_number = 'waiting'`.execute(
    owner,
  );
  const read = async (months: Partial<Record<keyof typeof kept, number>>) => {
    const of = { ...kept, ...months, actor: 'test', now };
    await app.transaction().execute((trx) => blankExpired(trx, id, of));
    const { rows } = await sql<{ order: string; corrected: number; answer: string | null }>`
      select r.order_number as "order", jsonb_array_length(a.parameters) as corrected,
             t.answer_start as answer
        from carrier_results r join deliveries d on d.result_id = r.id
        join delivery_attempts t on t.delivery_id = d.id
        join send_errors e on e.delivery_id = d.id join send_error_acts a on a.send_error_id = e.id
       where r.merchant_id = ${id} order by r.id`.execute(owner);
    return rows.map(({ order, corrected, answer }) => [order, corrected, answer]);
  };
  const whole = Object.keys(orders).map((order) => [order, 1, 'answer']);
  expect(await read({ orderMonths: 1, importMonths: 1 })).toEqual(whole);
  expect(await read({ carrierMonths: 9 })).toEqual([
    ['old', 0, null],
    // It is about to leave with what was corrected.
    ['waiting', 1, null],
    ['recent', 1, 'answer'],
  ]);
});

test('answers to webhooks go with the orders', async () => {
  const slug = 'event-hook';
  const by = { actor: 'test', reason: null, now: old };
  const { id: endpointId } = await createEndpoint(owner, merchantId, {
    slug,
    settings: {
      ...{ url: 'http://127.0.0.1:9/', secretName: 's', encoding: 'utf-8', backOffSeconds: [10] },
      ...{ timeoutMs: 1000, concurrency: 4, circuitFailures: 10, circuitPauseSeconds: 60 },
      webhook: { events: ['ng.opened'], secretOverlapHours: 24 },
    },
    ...by,
  });
  await sql`
    insert into webhook_events (merchant_id, type, key, subject, data, occurred_at)
    select ${merchantId}, 'ng.opened', k, k, '{}', ${old} from unnest(array['a', 'b']) k`.execute(
    owner,
  );
  await sql`
    insert into delivery_attempts (delivery_id, attempt, merchant_id, outcome, status, answer_start,
      duration_ms, ended_at)
    select d.id, 1, ${merchantId}, 'delivered', 200, '見本様', 1,
           case d.ordering_key when 'a' then ${old}::timestamptz else ${recent}::timestamptz end
      from deliveries d where d.endpoint_id = ${endpointId}`.execute(owner);
  const answers = async () => {
    const { rows } = await sql<{ answer: string | null }>`
      select t.answer_start as answer from delivery_attempts t join deliveries d on d.id = t.delivery_id
       where d.endpoint_id = ${endpointId} order by d.ordering_key`.execute(owner);
    return rows.map(({ answer }) => answer);
  };
  await blank({ carrierMonths: 9, importMonths: 1 });
  expect(await answers()).toEqual(['見本様', '見本様']);
  await blank({ orderMonths: 12 });
  expect(await answers()).toEqual([null, '見本様']);
});

test('nothing younger is blanked, whoever asks', async () => {
  await expect(blank({ orderMonths: 0 })).rejects.toThrow('at least 1');
  await expect(blank({ carrierMonths: 8 })).rejects.toThrow('at least 9');
  await expect(sql`select blank_files(1, '{1}')`.execute(app)).rejects.toMatchObject({
    code: '42501',
  });
});

test('the files of a migration stay while it is open, and as long as the others after its end', async () => {
  const file = (name: string) =>
    storeText(name, name.startsWith('link') ? 'link-file' : 'returned-cards');
  const blanked = async (sha256: string) =>
    (await openFile(owner, merchantId, sha256, keys))?.blanked;
  const files: Record<string, string> = {};
  for (const [number, finishedAt] of [null, recent, old].entries()) {
    const link = await file(`link-${number}`);
    const returned = await file(`returned-${number}`);
    await sql`
      with g as (
        insert into card_migrations (merchant_id, number, service, old_service, scope, rehearsal,
          request_key, stage, waits_since, started_at, started_by, finished_at)
        values (${merchantId}, ${number + 1}, 'YAMATO', 'old', '{"kind":"all"}', false,
          ${`m${number}`}, ${finishedAt === null ? 'covering' : 'accepted'}, ${old}, ${old}, 'test',
          ${finishedAt}) returning id
      ), l as (
        insert into migration_link_files (merchant_id, migration_id, n, file_id, file_name, customers,
          settings_version, released_at, released_by)
        select ${merchantId}, g.id, 1, ${link.fileId}, 'link.csv', 1, 1, ${old}, 'test' from g
        returning id, migration_id
      )
      insert into migration_rounds (merchant_id, migration_id, link_file_id, n, file_id, file_name,
        addition, state, taken_at, taken_by)
      select ${merchantId}, l.migration_id, l.id, 1, ${returned.fileId}, 'r.csv', false, 'done',
             ${old}, 'test' from l`.execute(owner);
    files[`link-${number}`] = link.sha256;
    files[`returned-${number}`] = returned.sha256;
  }
  // Uploaded, and taken by no migration.
  files.stray = (await file('stray')).sha256;
  await blank({ importMonths: 12 });
  const gone: string[] = [];
  for (const [name, sha256] of Object.entries(files)) if (await blanked(sha256)) gone.push(name);
  expect(gone).toEqual(['link-2', 'returned-2', 'stray']);
});

test('sessions that ended go when they tell no known browser any more, with one line in the audit', async () => {
  const daysAgo = (days: number) => new Date(Date.parse(now) - days * 86_400_000).toISOString();
  await sql`
    with u as (
      insert into users (login, name, password_hash, password_set_at, password_set_by, created_at,
                         created_by)
      values ('hanako', 'h', '$scrypt$', ${now}, 'test', ${now}, 'test') returning id)
    insert into sessions (session_hash, user_id, device_hash, started_at, seen_at, expires_at, ended_at)
    select sha256(convert_to(s.name, 'UTF8')), u.id, sha256(convert_to(s.name, 'UTF8')),
           s.started::timestamptz, s.started::timestamptz, s.expires::timestamptz,
           s.ended::timestamptz
      from u, (values ('ended long ago', ${daysAgo(91)}, ${daysAgo(90)}, ${daysAgo(91)}),
                      ('expired long ago', ${daysAgo(91)}, ${daysAgo(90)}, null),
                      ('ended lately', ${daysAgo(89)}, ${daysAgo(88)}, ${daysAgo(89)}),
                      ('still running', ${daysAgo(91)}, ${daysAgo(-1)}, null))
             s (name, started, expires, ended)`.execute(owner);
  expect(await removeEndedSessions(app, now)).toBe(2);
  expect(await removeEndedSessions(app, now)).toBe(0);
  const { rows } = await sql<{ left: number; told: number }>`
    select (select count(*) from sessions) as left,
           (select count(*) from audit_entries where entry like '%sessions.removed%') as told`.execute(
    owner,
  );
  expect(rows).toEqual([{ left: 2, told: 1 }]);
  await expect(sql`delete from sessions`.execute(app)).rejects.toMatchObject({ code: '42501' });
  await expect(sql`select remove_ended_sessions(89)`.execute(app)).rejects.toThrow('at least');
});
