import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { listAudit } from '../../db/queries/audit.ts';
import {
  findSettings,
  insertSettings,
  LocksSetFreeError,
  saveSettings,
} from '../../db/queries/settings.ts';
import { type SubscriptionStatus, saveSubscription } from '../../db/queries/subscriptions.ts';
import { insertCards, refuseCards } from './locked-cards.ts';
import { AT, insertCycle, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

/** Ways in which one person alone might have a locked card's orders billed again. */

/** The lock comes at AT. */
const before = '2026-11-21T00:00:00.000Z';
const after = '2026-11-23T00:00:00.000Z';
const locked = 'US-1/0';

const { db } = await openOwnDatabase();
let record: MoneyRecord;
let cards: Map<string, number>;

beforeEach(async () => {
  record = await insertMoneyRecord(db);
  cards = await insertCards(db, record, ['a']);
});

const lock = () => refuseCards(db, record, [...cards.values()]);

/** Whether the customer's orders are held back. */
async function isHeld(): Promise<boolean> {
  const { rows } = await sql`
    select from billing_card_locks where merchant_id = ${record.merchantId}`.execute(db);
  return rows.length > 0;
}

/** Another card of the customer beside the locked one, …111 that expires in 2027-01. */
async function addCard(sequence: string, digits: string, expiry: string): Promise<string> {
  const { rows } = await sql<{ identity: string }>`
    insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, sequence,
                       expiry, import_id, created_at, updated_at)
    select merchant_id, customer_id, service, 'card ' || ${sequence}::text, ${digits}, brand,
           ${sequence}, ${expiry}, import_id, ${AT}, ${AT}
      from cards where id = ${cards.get('a')} returning identity`.execute(db);
  return rows[0]?.identity ?? '';
}

const subscribe = (
  subscriptionNumber: string,
  identity: string | null | undefined,
  { status = 'active', now }: { status?: SubscriptionStatus; now: string },
) =>
  db.transaction().execute((trx) =>
    saveSubscription(trx, record.merchantId, {
      ...{ subscriptionNumber, customerId: 1, amountYen: 100, nextMonth: null, status, now },
      ...(identity === undefined
        ? {}
        : { card: identity === null ? null : { service: 'GMO' as const, identity } }),
    }),
  );

describe('a subscription has the orders of a locked card billed', () => {
  test('when it ran before and is moved to another card', async () => {
    await subscribe('S1', locked, { now: before });
    await lock();
    expect(await isHeld()).toBe(true);
    expect(await subscribe('S1', 'none of theirs', { now: after })).toBe(false);
    const other = await addCard('1', '333', '2030-01');
    expect(await isHeld()).toBe(true);
    await subscribe('S1', other, { now: after });
    expect(await isHeld()).toBe(false);
    await subscribe('S1', locked, { now: after });
    expect(await isHeld()).toBe(true);
  });

  test('also where the number stays and the expiry is later', async () => {
    await subscribe('S1', locked, { now: before });
    await lock();
    await subscribe('S1', await addCard('1', '111', '2031-01'), { now: after });
    expect(await isHeld()).toBe(false);
  });

  test('only with every other one that ran then or runs now', async () => {
    await subscribe('S1', locked, { now: before });
    await subscribe('S2', null, { now: before });
    await subscribe('ENDED-BEFORE', locked, { now: before });
    await subscribe('ENDED-BEFORE', undefined, { now: before, status: 'ended' });
    await lock();
    const other = await addCard('1', '333', '2030-01');
    await subscribe('S1', other, { now: after });
    expect(await isHeld()).toBe(true);
    // Its end moves no order that it left behind to another card.
    await subscribe('S2', undefined, { now: after, status: 'ended' });
    expect(await isHeld()).toBe(true);
    await subscribe('S2', other, { now: after, status: 'ended' });
    expect(await isHeld()).toBe(false);
    await subscribe('NEW', null, { now: after });
    expect(await isHeld()).toBe(true);
  });

  test.each([
    ['the same card under another 連番', '111', '2027-01'],
    ['the same number, by the digits that both files know, and an older expiry', '0111', '2026-12'],
    ['a card that had run out by then', '333', '2026-10'],
  ])('not by %s', async (_name, digits, expiry) => {
    await subscribe('S1', locked, { now: before });
    await lock();
    expect(await subscribe('S1', await addCard('1', digits, expiry), { now: after })).toBe(true);
    expect(await isHeld()).toBe(true);
  });

  test('not by a card that has run out by the month that is billed', async () => {
    await subscribe('S1', locked, { now: before });
    await lock();
    await subscribe('S1', await addCard('1', '333', '2026-12'), { now: after });
    expect(await isHeld()).toBe(false);
    await insertCycle(db, record.merchantId, '2027-01');
    expect(await isHeld()).toBe(true);
  });

  test('not by one that is new since the lock, or was taken up again since', async () => {
    await subscribe('OLD', locked, { now: before });
    await subscribe('OLD', undefined, { now: before, status: 'ended' });
    await lock();
    const other = await addCard('1', '333', '2030-01');
    await subscribe('NEW', other, { now: after });
    expect(await isHeld()).toBe(true);
    await subscribe('OLD', other, { now: after });
    expect(await isHeld()).toBe(true);
  });

  test('not by its end, nor by its removal', async () => {
    await subscribe('S1', locked, { now: before });
    await lock();
    await subscribe('S1', undefined, { now: after, status: 'ended' });
    expect(await isHeld()).toBe(true);
    await sql`update subscriptions set deleted_at = ${after}
               where merchant_id = ${record.merchantId}`.execute(db);
    expect(await isHeld()).toBe(true);
  });

  test('not by another card that is locked or deleted itself', async () => {
    const other = await addCard('1', '333', '2030-01');
    await subscribe('S1', other, { now: before });
    await lock();
    expect(await isHeld()).toBe(false);
    await sql`update cards set deleted_at = ${after} where identity = ${other}
                 and merchant_id = ${record.merchantId}`.execute(db);
    expect(await isHeld()).toBe(true);
  });
});

describe('settings that free orders of locked cards', () => {
  const charging = (methodServices: Record<string, ('ZEUS' | 'GMO')[]>) =>
    merchantSettingsSchema.parse({ cardLocks: { methodServices } });
  const by = { actor: 'admin', reason: 'test', now: AT };
  const save = (
    seenVersion: number,
    methodServices: Record<string, ('ZEUS' | 'GMO')[]>,
    confirmedLocks?: number,
  ) =>
    saveSettings(db, record.merchantId, {
      ...{ ...by, seenVersion, settings: charging(methodServices), confirmedLocks },
    });
  beforeEach(async () => {
    const settings = { ...by, version: 1, settings: charging({}) };
    await insertSettings(db, record.merchantId, settings);
  });

  test('are saved only with the count of locks that somebody has confirmed, which is audited', async () => {
    await lock();
    const card = 'クレジットカード';
    for (const services of [[], ['ZEUS' as const]]) {
      await expect(save(1, { [card]: services })).rejects.toMatchObject({ locks: 1 });
      await expect(save(1, { [card]: services }, 2)).rejects.toThrow(LocksSetFreeError);
    }
    expect((await findSettings(db, record.merchantId))?.version).toBe(1);
    expect(await save(1, { [card]: ['GMO'] })).toMatchObject({ version: 2 });
    expect(await save(2, { [card]: [] }, 1)).toMatchObject({ version: 3 });
    // Nothing is freed that was not free before.
    expect(await save(3, { [card]: ['ZEUS'] })).toMatchObject({ version: 4 });
    const audited = await listAudit(db, record.merchantId, { afterN: 0, limit: 9 });
    expect(audited.map(({ entry }) => JSON.parse(entry).details)).toEqual([
      { version: 2, changed: ['cardLocks'] },
      { version: 3, changed: ['cardLocks'], locksSetFree: 1 },
      { version: 4, changed: ['cardLocks'] },
    ]);
  });

  test('are saved as ever where no card is locked', async () => {
    expect(await save(1, { クレジットカード: [] })).toMatchObject({ version: 2 });
  });
});
