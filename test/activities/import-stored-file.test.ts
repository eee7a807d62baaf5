import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { lockCustomers } from '../../db/queries/imports.ts';
import { AT, insertCycle } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { whileItWaits } from '../db/under-lock.ts';
import { cardOf, oneCustomer, openImportShop } from './import-shop.ts';

/** Imports that wait for one another, are cut, or bring back what was refused. */

const { pool, db } = await openOwnDatabase(6);

test('cards that waited for another import are taken under the settings of now', async () => {
  const { merchantId, upload, changeService } = await openImportShop(db, pool);
  await (await upload('customers', oneCustomer))();
  const cards = await upload('cards', cardOf('111', '3012'));
  const done = await whileItWaits(
    db,
    merchantId,
    cards,
    () => changeService('YAMATO'),
    lockCustomers,
  );
  expect(done).toMatchObject({ stage: 'done', imported: 0, failed: 1 });
});

test('cards that waited for the file of their customers find them', async () => {
  const { merchantId, upload } = await openImportShop(db, pool);
  const cards = await upload('cards', cardOf('111', '3012'));
  // What the other import commits as it lets go.
  const done = await whileItWaits(
    db,
    merchantId,
    cards,
    async () => {
      await sql`
      insert into customers (merchant_id, customer_id, customer_number, import_id, created_at, updated_at)
      select merchant_id, 1, 'a', id, ${AT}, ${AT} from imports
       where merchant_id = ${merchantId} and number = 1`.execute(db);
    },
    lockCustomers,
  );
  expect(done).toMatchObject({ stage: 'done', imported: 1, failed: 0 });
});

test('whoever finished an import and was cut is followed by one who tells the others', async () => {
  const { merchantId, upload, refuseCard, woken } = await openImportShop(db, pool);
  await insertCycle(db, merchantId, '2026-11');
  await (await upload('customers', oneCustomer))();
  await (await upload('cards', cardOf('111', '3012')))();
  await refuseCard();
  const replace = await upload('cards', cardOf('222', '3112'));
  expect(await replace()).toMatchObject({ stage: 'done', imported: 1 });
  woken.length = 0;
  expect(await replace()).toMatchObject({ stage: 'done', imported: 1 });
  expect(woken).toEqual(['mail', '2026-11']);
});

test('a refused card that an old file brings back is locked again, and its row says so', async () => {
  const { upload, refuseCard, locks } = await openImportShop(db, pool);
  await (await upload('customers', oneCustomer))();
  await (await upload('cards', cardOf('111', '3012')))();
  await refuseCard();
  expect(await locks()).toEqual(['1 1 111']);
  await (await upload('cards', cardOf('222', '3112')))();
  expect(await locks()).toEqual([]);
  const old = await upload('cards', cardOf('111', '3012', '\r\n'));
  expect(await old()).toMatchObject({ imported: 1, failed: 0, warned: 1 });
  expect(await locks()).toEqual(['2 2 111']);
  await (await upload('cards', cardOf('222', '3112', '\r\n')))();
  expect(await locks()).toEqual([]);
});
