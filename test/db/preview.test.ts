import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { computePreview } from '../../activities/compute-preview.ts';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../billing/merchant-settings.ts';
import { listStagedFindings } from '../../db/queries/preview.ts';
import { openRun } from '../../db/queries/runs.ts';
import { collectRows, type ExportRow, planAll, selectRows } from './collect-exports.ts';
import { insertCards, leaveUnrenewed } from './locked-cards.ts';
import { insertMigration } from './migration-facts.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

const { pool, db } = await openOwnDatabase();
let record: MoneyRecord;
beforeEach(async () => {
  record = await insertMoneyRecord(db);
});

const december = async () => await insertCycle(db, record.merchantId, '2026-12');

/** A month's export, selected; its run is open. */
async function collect(rows: readonly ExportRow[], cycleId = record.cycleId) {
  const of = { ...record, cycleId };
  await selectRows(db, of, await collectRows(pool, of, rows));
}

/** What November billed. */
async function billNovember(rows: readonly ExportRow[]) {
  await collect(rows);
  await planAll(db, record);
}

async function preview(
  cycleId: number,
  of: {
    month?: string;
    approval?: MerchantSettingsInput['approval'];
    orderIdentity?: 'per-month';
    orderNumbers?: readonly string[];
    settingsVersion?: number;
  } = {},
) {
  const settings = merchantSettingsSchema.parse({
    approval: of.approval,
    ...(of.orderIdentity && {
      orderIdentity: of.orderIdentity,
      orderSource: { kind: 'directory', path: 'shop', pattern: 'orders-{YYYY-MM}.csv' },
    }),
  });
  return await db.transaction().execute(async (trx) => {
    const orderNumbers = of.orderNumbers ?? null;
    await openRun(trx, record.merchantId, { cycleId, orderNumbers, decisionId: null, now: AT });
    const { content, summary } = await computePreview(trx, record.merchantId, {
      cycleId,
      month: of.month ?? '2026-12',
      settingsVersion: of.settingsVersion ?? 1,
      settings,
      now: AT,
    });
    const findings = await listStagedFindings(trx, { after: 0, limit: 100 });
    const found = findings.map(
      ({ kind, orderNumber, amountYen, lastOrderNumber, lastYen, detail }) => [
        kind,
        orderNumber,
        amountYen,
        lastOrderNumber,
        lastYen,
        detail,
      ],
    );
    return { content, summary, found };
  });
}

test('the first month has nothing to be compared with, and says so', async () => {
  await collect([
    { number: 'a' },
    { number: 'b', yen: 200 },
    { number: 'z', yen: 0, exclusion: 'zero_amount' },
  ]);
  const { content, summary, found } = await preview(record.cycleId, { month: '2026-11' });
  expect(summary.compared).toBeNull();
  expect(content).toMatchObject({ rows: 2, yen: 300 });
  expect(summary).toMatchObject({
    orders: 3,
    selected: { rows: 2, yen: 300 },
    excluded: { zero_amount: 1 },
    cards: { ok: 0, expired: 0, locked: 0, unknown: 2 },
  });
  expect(found).toEqual([
    ['customer_repeated', 'a', 100, null, null, null],
    ['customer_repeated', 'b', 200, null, null, null],
    ['zero_amount', 'z', 0, null, null, null],
  ]);
});

test('the chain of last orders tells what is new, gone and changed; else the customer does', async () => {
  await billNovember([
    { number: 'n1', customer: '1' },
    { number: 'n2', customer: '2' },
    { number: 'n3', customer: '3', yen: 300 },
    { number: 'n4', customer: '4' },
    { number: 'n5', customer: '5' },
  ]);
  const cycleId = await december();
  await collect(
    [
      { number: 'd1', customer: '1', previous: 'n1' },
      { number: 'd2', customer: '2', previous: 'n2', yen: 250 },
      // Registered anew: its last number leads nowhere, but the customer has one order in each month.
      { number: 'd3', customer: '3', previous: 'r9', yen: 300 },
      { number: 'd4', customer: '4', previous: 'n4', exclusion: 'cancelled' },
      { number: 'd6', customer: '6', previous: 'o6' },
    ],
    cycleId,
  );
  const { summary, found } = await preview(cycleId);
  expect(summary.compared).toEqual({
    lastMonth: '2026-11',
    last: { rows: 5, yen: 700 },
    thisMonth: { rows: 4, yen: 750 },
  });
  expect(found).toEqual([
    ['new', 'd6', 100, null, null, null],
    ['gone', 'n4', null, 'n4', 100, 'cancelled'],
    ['gone', 'n5', null, 'n5', 100, null],
    ['changed', 'd2', 250, 'n2', 100, null],
  ]);
  expect(summary.findings).toMatchObject({
    new: { rows: 1, yen: 100 },
    gone: { rows: 2, yen: 200 },
    changed: { rows: 1, yen: 250 },
    over_ceiling: { rows: 0, yen: 0 },
  });
});

test('where numbers repeat every month, equal numbers are the same subscription', async () => {
  await billNovember([{ number: 's1', customer: '1' }]);
  const cycleId = await december();
  const of = { ...record, cycleId };
  const collection = await collectRows(pool, of, [{ number: 's1', customer: '1', yen: 150 }]);
  await selectRows(db, of, collection, '2026-12');
  const { found } = await preview(cycleId, { orderIdentity: 'per-month' });
  expect(found).toEqual([['changed', 's1', 150, 's1', 100, null]]);
});

test('amounts above the ceiling and several charges of a customer are named, by the settings', async () => {
  await collect([
    { number: 'a', customer: '1', yen: 500 },
    { number: 'b', customer: '2', yen: 501 },
    { number: 'c', customer: '3' },
    { number: 'd', customer: '3' },
  ]);
  const november = { month: '2026-11' } as const;
  const strict = await preview(record.cycleId, { ...november, approval: { ceilingYen: 500 } });
  expect(strict.found).toEqual([
    ['over_ceiling', 'b', 501, null, null, null],
    ['customer_repeated', 'c', 100, null, null, null],
    ['customer_repeated', 'd', 100, null, null, null],
  ]);
});

test('what a customer had twice last month already is not told again', async () => {
  await billNovember([
    { number: 'n1', customer: '1' },
    { number: 'n2', customer: '1' },
    { number: 'n3', customer: '2' },
  ]);
  const cycleId = await december();
  await collect(
    [
      { number: 'd1', customer: '1', previous: 'n1' },
      { number: 'd2', customer: '1', previous: 'n2' },
      { number: 'd3', customer: '2', previous: 'n3' },
      { number: 'd4', customer: '2', previous: 'o4' },
    ],
    cycleId,
  );
  const { found } = await preview(cycleId);
  expect(found).toEqual([
    ['new', 'd4', 100, null, null, null],
    ['customer_repeated', 'd3', 100, null, null, null],
    ['customer_repeated', 'd4', 100, null, null, null],
  ]);
});

test('a month may have more charges of one customer than usual, where its shop says so', async () => {
  await collect([
    { number: 'c', customer: '3', yen: 900_000 },
    { number: 'd', customer: '3' },
  ]);
  const approval = { ceilingYen: null, chargesPerCustomer: 2 };
  expect((await preview(record.cycleId, { month: '2026-11', approval })).found).toEqual([]);
});

test('the hash is over the lines in the order of the export and the version of the settings', async () => {
  await collect([
    { number: 'b', customer: '2', previous: 'p2', yen: 200 },
    { number: 'x', customer: '9', exclusion: 'cancelled' },
    { number: 'a', customer: '1', previous: 'p1' },
  ]);
  const { content } = await preview(record.cycleId, { month: '2026-11', settingsVersion: 7 });
  const lines = 'b,200,2,p2\na,100,1,p1\nsettings 7';
  expect(content).toEqual({
    rows: 2,
    yen: 300,
    sha256: createHash('sha256').update(lines).digest('hex'),
  });
});

test('a run of chosen orders shows those; the month is compared as a whole', async () => {
  await billNovember([
    { number: 'n1', customer: '1' },
    { number: 'n2', customer: '2' },
  ]);
  const cycleId = await december();
  const rows = [
    { number: 'd1', customer: '1', previous: 'n1', yen: 110 },
    { number: 'd2', customer: '2', previous: 'n2', yen: 120 },
  ];
  await collect(rows, cycleId);
  const { content, summary, found } = await preview(cycleId, { orderNumbers: ['d2'] });
  expect(content).toMatchObject({ rows: 1, yen: 120 });
  expect(summary.compared?.thisMonth).toEqual({ rows: 2, yen: 230 });
  expect(found).toEqual([['changed', 'd2', 120, 'n2', 100, null]]);
});

test('a card is expired once its month is over in Japan, and unknown is not good', async () => {
  const { merchantId, fileId } = record;
  await sql`
    with import as (
      insert into imports (merchant_id, number, kind, file_id, file_name, request_key, stage,
                           registered_at, registered_by)
      values (${merchantId}, 1, 'cards', ${fileId}, 'cards.csv', 'cards', 'done', ${AT}, 'test')
      returning id
    ), people as (
      insert into customers (merchant_id, customer_id, customer_number, tag_ids, import_id,
                             created_at, updated_at)
      select ${merchantId}, i, i::text, '{}', import.id, ${AT}, ${AT}
        from import, generate_series(1, 3) i
    )
    insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, expiry,
                       import_id, created_at, updated_at)
    select ${merchantId}, c.id, 'GMO', c.id || c.expiry, '111', 'VISA', c.expiry, import.id, ${AT},
           ${AT}
      from import, (values (1, '2026-11'), (2, '2026-10'), (3, '2026-10'), (3, '2030-01'))
             as c (id, expiry)`.execute(db);
  await collect(['1', '2', '3', '4'].map((customer) => ({ number: `o${customer}`, customer })));
  const { summary, found } = await preview(record.cycleId, { month: '2026-11' });
  expect(summary.cards).toEqual({ ok: 2, expired: 1, locked: 0, unknown: 1 });
  expect(found).toEqual([['card_expired', 'o2', 100, null, null, null]]);
});

test('an order of a customer whose card runs out stands out, where its refresh brought nothing newer', async () => {
  const cards = await insertCards(db, record, ['a', 'b', 'c']);
  await sql`update cards set expiry = '2026-12' where merchant_id = ${record.merchantId}`.execute(
    db,
  );
  await leaveUnrenewed(db, record, [cards.get('a') ?? 0, cards.get('c') ?? 0]);
  await sql`update cards set expiry = '2030-12' where id = ${cards.get('c') ?? 0}`.execute(db);
  await collect(['a', 'b', 'c'].map((customer) => ({ number: `o${customer}`, customer })));
  const { found } = await preview(record.cycleId, { month: '2026-11' });
  expect(found).toEqual([['card_not_renewed', 'oa', 100, null, null, null]]);
});

test('an order of a customer whom a migration has left without a card stands out', async () => {
  const moved = { rows: [], subscriptions: [] };
  await insertMigration(db, record, [
    { ...moved, cards: 0 },
    { ...moved, cards: 1 },
  ]);
  await collect([
    { number: 'a', customer: 'c1', yen: 300 },
    { number: 'b', customer: 'c2' },
    { number: 'c', customer: 'nobody of ours' },
  ]);
  const { summary, found } = await preview(record.cycleId, { month: '2026-11' });
  expect(found).toEqual([['card_not_migrated', 'a', 300, null, null, null]]);
  expect(summary.findings.card_not_migrated).toEqual({ rows: 1, yen: 300 });
});
