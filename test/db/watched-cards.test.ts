import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { refreshResultRow } from '../../billing/refresh-results-csv.ts';
import type { RefreshStatus } from '../../billing/refresh-status.ts';
import { countExpiries, listWatchedCards } from '../../db/queries/card-expiries.ts';
import { listJobs } from '../../db/queries/jobs.ts';
import { listRefreshedCards } from '../../db/queries/refresh-results.ts';
import { searchSubscriptions } from '../../db/queries/subscription-search.ts';
import { notRenewedCustomers } from '../../db/watched-cards.ts';
import { insertCards, refuseCards } from './locked-cards.ts';
import { AT, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

/**
 * Six customers with a card each: `ok` was renewed, `old` is valid without newer data, `ng` refused,
 * `back` refused and replaced since, `late` asked about without a result, `new` never asked about.
 */
const { db } = await openOwnDatabase(2);
let record: MoneyRecord;
let month: string;

beforeAll(async () => {
  record = await insertMoneyRecord(db);
  const { merchantId } = record;
  const names = ['ok', 'old', 'ng', 'back', 'late', 'new'];
  const cards = await insertCards(db, record, names);
  const idOf = (name: string) => cards.get(name) ?? 0;
  const refused = await refuseCards(db, record, [idOf('ng'), idOf('back')]);
  month = refused.month;
  await sql`
    insert into refresh_targets (refresh_id, line, merchant_id, card_id, customer_id, member_id,
                                 card_sequence, last_digits, expiry, why)
    select ${refused.refreshId}, u.line, ${merchantId}, k.id, k.customer_id, 'US-' || k.customer_id,
           '0', k.last_digits, k.expiry, 'first_refresh'
      from unnest(${['ng', 'back', 'ok', 'old', 'late'].map(idOf)}::bigint[])
             with ordinality as u (id, line) join cards k on k.id = u.id`.execute(db);
  await sql`
    insert into refresh_results (refresh_id, line, n, merchant_id, card_id, result_line, verdict,
                                 outcome, last_digits_before, expiry_before, last_digits_after,
                                 expiry_after)
    values (${refused.refreshId}, 3, 1, ${merchantId}, ${idOf('ok')}, 3, 0, 'renewed', '111',
            '2027-01', '4321', '2031-05'),
           (${refused.refreshId}, 4, 1, ${merchantId}, ${idOf('old')}, 4, 0, 'no_newer_data', '111',
            '2027-01', null, null)`.execute(db);
  await sql`update cards set last_digits = '4321', expiry = '2031-05'
             where id = ${idOf('ok')}`.execute(db);
  await sql`update cards set last_digits = '999' where id = ${idOf('back')}`.execute(db);
  await sql`
    insert into subscriptions (merchant_id, subscription_number, customer_id, amount_yen, status,
                               created_at, updated_at)
    select merchant_id, 'S-' || customer_number, customer_id, 100, 'active', ${AT}, ${AT}
      from customers where merchant_id = ${merchantId}`.execute(db);
});

const find = async (...refreshStatuses: RefreshStatus[]) => {
  const rest = { status: null, customerNumber: null, after: '', limit: 10 };
  const found = await searchSubscriptions(db, record.merchantId, { refreshStatuses, ...rest });
  return found.map((row) => row.customerNumber);
};

test('subscriptions are found by one or several 洗替ステータス of their card as it is now', async () => {
  expect(await find('ng')).toEqual(['ng']);
  expect(await find('ok')).toEqual(['ok', 'old']);
  // What was refused before it was replaced was another card.
  expect(await find('not_judged')).toEqual(['back', 'late', 'new']);
  expect(await find('ng', 'mismatch', 'not_judged')).toEqual(['back', 'late', 'new', 'ng']);
  expect(await find()).toHaveLength(6);
  const page = {
    refreshStatuses: [],
    status: null,
    customerNumber: null,
    after: 'S-late',
    limit: 1,
  };
  expect(await searchSubscriptions(db, record.merchantId, page)).toMatchObject([
    { subscriptionNumber: 'S-new', verdict: null, locked: false },
  ]);
  expect(
    await searchSubscriptions(db, record.merchantId, { ...page, after: '', limit: 4 }),
  ).toMatchObject([
    { subscriptionNumber: 'S-back', verdict: null, locked: true },
    { subscriptionNumber: 'S-late', verdict: null, locked: false },
    { subscriptionNumber: 'S-new' },
    { subscriptionNumber: 'S-ng', verdict: 1, judgedMonth: month, locked: true },
  ]);
});

test('subscriptions are found by their own status and customer too, by a page at a time', async () => {
  const { merchantId } = record;
  await sql`update subscriptions set status = 'paused'
             where merchant_id = ${merchantId} and subscription_number in ('S-ok', 'S-ng')`.execute(
    db,
  );
  const list = async (of: object, limit = 10) => {
    const all = { refreshStatuses: [], status: null, customerNumber: null, after: '', limit };
    const found = await searchSubscriptions(db, merchantId, { ...all, ...of });
    return found.map((row) => row.customerNumber);
  };
  expect(await list({ status: 'paused' })).toEqual(['ng', 'ok']);
  expect(await list({ status: 'paused', after: 'S-ng' })).toEqual(['ok']);
  expect(await list({ status: 'paused', refreshStatuses: ['ok'] })).toEqual(['ok']);
  expect(await list({ customerNumber: 'old' })).toEqual(['old']);
  expect(await list({ customerNumber: 'old', refreshStatuses: ['ng'] })).toEqual([]);
  expect(await list({ refreshStatuses: ['ok'], after: 'S-ok' }, 1)).toEqual(['old']);
  expect(await list({ refreshStatuses: ['not_judged'] }, 2)).toEqual(['back', 'late']);
});

test('cards that need their customer are named with why, by customer', async () => {
  const list = async (of: {
    need: 'any' | 'locked' | null;
    expiry: string | null;
    now: [string, string];
  }) => {
    const [thisMonth, nextMonth] = of.now;
    const { need, expiry } = of;
    const after = { customerId: 0, identity: '' };
    const page = { need, expiry, thisMonth, nextMonth, after, limit: 10 };
    const found = await listWatchedCards(db, record.merchantId, page);
    return found.map((card) => [card.customerNumber, card.need]);
  };
  expect(await list({ need: 'any', expiry: null, now: ['2026-12', '2027-01'] })).toEqual([
    ['old', 'not_renewed'],
    ['ng', 'locked'],
    ['back', 'locked'],
  ]);
  expect(await list({ need: 'any', expiry: null, now: ['2027-02', '2027-03'] })).toEqual([
    ['old', 'expired'],
    ['ng', 'locked'],
    ['back', 'locked'],
    ['late', 'expired'],
    ['new', 'expired'],
  ]);
  expect(await list({ need: null, expiry: '2031-05', now: ['2026-12', '2027-01'] })).toEqual([
    ['ok', null],
  ]);
});

test('customers whose only card runs out without newer data are flagged when they are billed', async () => {
  const { merchantId } = record;
  const flagged = async (now: string) => {
    const { rows } = await sql<{ customer: string }>`
      select customer_number as customer from (${notRenewedCustomers(merchantId, now)}) w`.execute(
      db,
    );
    return rows.map(({ customer }) => customer);
  };
  expect(await flagged('2026-11-28T00:00:00.000Z')).toEqual([]);
  expect(await flagged('2026-12-28T00:00:00.000Z')).toEqual(['old']);
  expect(await flagged('2027-02-01T00:00:00.000Z')).toEqual([]);
});

test('the calendar counts the cards that expire, and those of them that are locked', async () => {
  const of = { from: '2026-01', to: '2035-12' };
  expect(await countExpiries(db, record.merchantId, of)).toEqual([
    { month: '2027-01', cards: 5, customers: 5, locked: 2 },
    { month: '2031-05', cards: 1, customers: 1, locked: 0 },
  ]);
  // A customer's second card, and a customer who is gone.
  await sql`
    insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, expiry,
                       import_id, created_at, updated_at)
    select merchant_id, customer_id, service, 'second', last_digits, brand, expiry, import_id,
           created_at, updated_at
      from cards where merchant_id = ${record.merchantId} and expiry = '2031-05'`.execute(db);
  await sql`update customers set deleted_at = ${AT}
             where merchant_id = ${record.merchantId} and customer_number = 'ng'`.execute(db);
  expect(await countExpiries(db, record.merchantId, of)).toEqual([
    { month: '2027-01', cards: 4, customers: 4, locked: 1 },
    { month: '2031-05', cards: 2, customers: 1, locked: 0 },
  ]);
  expect(await countExpiries(db, record.merchantId, { from: '2027-02', to: '2031-05' })).toEqual([
    { month: '2031-05', cards: 2, customers: 1, locked: 0 },
  ]);
});

test('the job and its CSV tell of every card that was asked about', async () => {
  const jobs = await listJobs(db, record.merchantId, { kind: null, before: null, limit: 10 });
  expect(jobs.map(({ kind, key, state, rows }) => [kind, key, state, rows])).toEqual([
    ['card_refresh', month, 'running', 2],
    ['import_cards', expect.any(String), 'done', 0],
  ]);
  const page = { month, verdict: null, after: 0, limit: 10 };
  const cards = await listRefreshedCards(db, record.merchantId, page);
  expect(cards.map((card) => [card.customerNumber, card.verdict, card.expiryAfter])).toEqual([
    ['ng', 1, null],
    ['back', 1, null],
    ['ok', 0, '2031-05'],
    ['old', 0, null],
    ['late', null, null],
  ]);
  expect(cards.map((card) => refreshResultRow(card)[7])).toEqual([
    ...['有効性NG', '有効性NG', '有効性OK', '有効性OK', '結果なし'],
  ]);
  const missing = await listRefreshedCards(db, record.merchantId, { ...page, verdict: 'none' });
  expect(missing.map((card) => card.line)).toEqual([5]);
});
