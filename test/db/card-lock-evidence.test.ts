import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { cardLockRows } from '../../billing/card-lock-csv.ts';
import { listAskedOverrides } from '../../db/queries/attention.ts';
import { countCardLocks, listCardLocks } from '../../db/queries/card-lock-evidence.ts';
import { answerOverride, requestOverride } from '../../db/queries/card-lock-overrides.ts';
import { brokenRuleOf } from './broken-rules.ts';
import { collectRows, planAll, selectRows } from './collect-exports.ts';
import { insertCards, refuseCards } from './locked-cards.ts';
import { insertAttempt, insertOutcome } from './money-facts.ts';
import { AT, insertExchange, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

const { pool, db } = await openOwnDatabase();
let record: MoneyRecord;

beforeEach(async () => {
  record = await insertMoneyRecord(db);
  const { merchantId } = record;
  await sql`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, ${proof}, 'answer.csv', 'refresh-result', 'inbound', 0, 0, ${AT},
            'test')`.execute(db);
});

const all = { verdict: null, customerNumber: null, number: null, after: 0, limit: 100 } as const;
const list = (state: 'open' | 'released' | 'all' = 'all') =>
  listCardLocks(db, record.merchantId, { ...all, state });

/** The result file of these tests, and what proves it wrong. */
const result = 'a'.repeat(64);
const proof = 'c'.repeat(64);
const ask = (of: Partial<Parameters<typeof requestOverride>[2]> = {}) =>
  db.transaction().execute((trx) =>
    requestOverride(trx, record.merchantId, {
      ...{ number: 1, mismatch: 'wrong_row', evidenceSha256: proof, reason: '行ずれ' },
      ...{ actor: 'asks', now: AT },
      ...of,
    }),
  );
const answer = (of: Partial<Parameters<typeof answerOverride>[2]> = {}) =>
  db.transaction().execute((trx) =>
    answerOverride(trx, record.merchantId, {
      ...{
        number: 1,
        override: 1,
        answer: 'approved',
        reason: '確認済み',
        actor: 'answers',
        now: AT,
      },
      ...of,
    }),
  );

test('a lock proves where it comes from and what it kept out, month by month', async () => {
  const cards = await insertCards(db, record, ['a', 'b']);
  const collection = await collectRows(pool, record, [
    { number: 'A1', customer: 'a', yen: 300 },
    { number: 'A2', customer: 'a', yen: 40 },
    { number: 'B1', customer: 'b' },
  ]);
  const { month } = await refuseCards(db, record, [cards.get('a') ?? 0], 2);
  await selectRows(db, record, collection);
  await planAll(db, record);
  await insertExchange(db, record);
  const [lock, ...others] = await list('open');
  expect(others).toEqual([]);
  expect(lock).toMatchObject({
    ...{ number: 1, customerId: 1, customerNumber: 'a', service: 'GMO', lastDigits: '111' },
    ...{ expiry: '2027-01', verdict: 2, month, resultSha256: result, resultLine: 1, lockedAt: AT },
    ...{ unlockedAt: null, unlockedBy: null, override: null, claimedWhileLocked: 0 },
  });
  expect(lock?.keptOut).toEqual([
    {
      month: '2026-11',
      at: 'selection',
      orderNumbers: ['A1', 'A2'],
      yen: 340,
      files: [{ name: 'auth-001.csv', sha256: result }],
      takenFrom: [],
    },
  ]);
  const rows = lock === undefined ? [] : cardLockRows(lock);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toEqual(expect.arrayContaining(['照合エラー', '2026-11', 'A1 A2', 340, result]));
});

const claim = (chargeId: number, exchangeId: number, at: string) =>
  sql`
    insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
    values (${chargeId}, 1, ${record.merchantId}, 'authorization', ${exchangeId}, 100,
            ${at})`.execute(db);

test('and what it kept back later: of files, of retries, of carry-overs', async () => {
  const cards = await insertCards(db, record, ['a', 'b']);
  const later = '2026-11-25T00:00:00.000Z';
  const names = ['PLANNED', 'BILLED', 'BUILT', 'DECLINED', 'CARRIED', 'GIVEN-UP'];
  const collection = await collectRows(
    pool,
    record,
    [...names, 'OTHER'].map((number) => ({
      ...{ number, yen: 100, customer: number === 'OTHER' ? 'b' : 'a' },
    })),
  );
  await selectRows(db, record, collection);
  await planAll(db, record);
  const charges = await db
    .selectFrom('charges')
    .where('merchant_id', '=', record.merchantId)
    .select(['id', 'order_number'])
    .execute();
  const chargeOf = (number: string) => ({
    ...{ chargeId: charges.find((one) => one.order_number === number)?.id ?? 0, yen: 100 },
  });
  const exchangeId = await insertExchange(db, record, 'auth', 'built');
  const before = '2026-11-21T00:00:00.000Z';
  for (const number of [...names.slice(1), 'OTHER']) {
    await claim(chargeOf(number).chargeId, exchangeId, before);
  }
  await insertOutcome(db, record, { charge: chargeOf('BILLED'), n: 1, outcome: 'ok' });
  for (const number of ['DECLINED', 'CARRIED', 'GIVEN-UP']) {
    await insertOutcome(db, record, { charge: chargeOf(number), n: 1, outcome: 'declined' });
  }
  await insertAttempt(db, record, { charge: chargeOf('GIVEN-UP'), n: 2, kind: 'given_up' });
  await sql`
    with opened as (
      insert into ng_cases (merchant_id, cycle_id, charge_id, opened_n, n, amount_yen, opened_at)
      values (${record.merchantId}, ${record.cycleId}, ${chargeOf('CARRIED').chargeId}, 1, 1, 100,
              ${AT}) returning id)
    insert into ng_case_steps (case_id, merchant_id, kind, n, actor, why, taken_at)
    select id, ${record.merchantId}, 'carry_over', 1, 'test', '', ${AT} from opened`.execute(db);

  await refuseCards(db, record, [cards.get('a') ?? 0]);
  await insertOutcome(db, record, { charge: chargeOf('BUILT'), n: 1, outcome: 'not_sent' });
  await sql`update exchanges set stage = 'cancelled' where id = ${exchangeId}`.execute(db);
  const left = await insertExchange(db, record, 'retry');
  await insertExchange(db, record, 'capture');
  const one = { month: '2026-11', yen: 100, takenFrom: [] };
  const file = { name: 'auth-001.csv', sha256: result };
  const kept = [
    { ...one, at: 'carry_over', orderNumbers: ['CARRIED'], files: [file] },
    { ...one, at: 'file', orderNumbers: ['PLANNED'], files: [file] },
    { ...one, at: 'retry', orderNumbers: ['DECLINED'], files: [file] },
    { ...one, at: 'taken_out', orderNumbers: ['BUILT'], files: [file], takenFrom: [file] },
  ];
  expect(await list()).toMatchObject([{ claimedWhileLocked: 0, keptOut: kept }]);

  // What is billed once the lock has fallen stays on record as kept out until then.
  await ask();
  await answer({ now: later });
  await claim(chargeOf('PLANNED').chargeId, left, later);
  expect(await list()).toMatchObject([{ claimedWhileLocked: 0, keptOut: kept }]);
});

test('an override takes a stored proof and two people, and can be asked for again', async () => {
  const cards = await insertCards(db, record, ['a']);
  await refuseCards(db, record, [...cards.values()]);
  expect(await ask({ number: 9 })).toBe('unknown_lock');
  expect(await ask({ evidenceSha256: 'b'.repeat(64) })).toBe('unknown_file');
  expect(await ask({ evidenceSha256: result })).toBe('own_result');
  expect(await answer()).toBe('not_asked');
  const waiting = () => listAskedOverrides(db, record.merchantId, 10);
  expect(await waiting()).toEqual([]);
  expect(await ask()).toEqual({ n: 1 });
  expect(await waiting()).toEqual([{ lock: 1, askedBy: 'asks', askedAt: AT }]);
  expect(await ask({ actor: 'another' })).toBe('asked_already');
  expect(await countCardLocks(db, record.merchantId)).toEqual({
    ...{ open: 1, released: 0, overridesAsked: 1 },
  });
  expect(await answer({ actor: 'asks' })).toBe('same_person');
  expect(await answer({ actor: ' ＡSKS' })).toBe('same_person');
  expect(await answer({ answer: 'rejected', reason: '証拠が不足' })).toBeNull();
  expect(await waiting()).toEqual([]);
  expect(await list('released')).toEqual([]);
  expect(await answer()).toBe('not_asked');
  expect(await ask({ mismatch: 'wrong_month' })).toEqual({ n: 2 });
  // Whoever still reads the first request has not seen the second one's proof.
  expect(await answer()).toBe('other_request');
  expect(await answer({ override: 3 })).toBe('other_request');
  expect(await list('released')).toEqual([]);
  expect(await answer({ override: 2 })).toBeNull();
  expect(await ask()).toBe('not_locked');
  expect(await answer({ override: 2 })).toBe('not_locked');
  const [lock] = await list('released');
  expect(lock).toMatchObject({
    unlockedBy: 'override',
    unlockedAt: AT,
    override: {
      ...{ n: 2, mismatch: 'wrong_month', evidenceSha256: proof, requestedBy: 'asks' },
      ...{ requestedAt: AT, answer: 'approved', answeredBy: 'answers', answeredAt: AT },
    },
  });
});

test('no code lifts a lock by an override that another person has not approved', async () => {
  const cards = await insertCards(db, record, ['a', 'b']);
  await refuseCards(db, record, [...cards.values()]);
  await ask();
  const { merchantId } = record;
  const answerAs = (actor: string, verdict: string) => sql`
    insert into card_lock_override_answers (override_id, merchant_id, answer, reason, answered_by,
                                            answered_at)
    select id, merchant_id, ${verdict}, 'r', ${actor}, ${AT} from card_lock_overrides
     where merchant_id = ${merchantId}`;
  const unlock = (number: number) => sql`
    insert into card_unlocks (lock_id, merchant_id, how, override_id, unlocked_at)
    select l.id, l.merchant_id, 'override', o.id, ${AT}
      from card_locks l join card_lock_overrides o on o.merchant_id = l.merchant_id
     where l.merchant_id = ${merchantId} and l.number = ${number}`;
  const tryAfter = (actor: string | null, verdict: string, number = 1) =>
    brokenRuleOf(
      db.transaction().execute(async (trx) => {
        if (actor !== null) await answerAs(actor, verdict).execute(trx);
        await unlock(number).execute(trx);
        throw new Error('lifted');
      }),
    );
  const rule = 'override_is_approved_by_another_person';
  expect(await tryAfter(null, '')).toBe(rule);
  expect(await tryAfter('answers', 'rejected')).toBe(rule);
  expect(await tryAfter('asks', 'approved')).toBe(rule);
  expect(await tryAfter(' ＡS ks', 'approved')).toBe(rule);
  // Of another lock.
  expect(await tryAfter('answers', 'approved', 2)).toBe(rule);
  expect(await tryAfter('answers', 'approved')).toContain('lifted');
});

test('of two approvers who answer at once one wins, and one is told', async () => {
  const cards = await insertCards(db, record, ['a']);
  await refuseCards(db, record, [...cards.values()]);
  await ask();
  const answers = await Promise.allSettled([
    answer({ actor: 'one' }),
    answer({ actor: 'other', answer: 'rejected' }),
  ]);
  const written = answers.filter((one) => one.status === 'fulfilled' && one.value === null);
  expect(written).toHaveLength(1);
});
