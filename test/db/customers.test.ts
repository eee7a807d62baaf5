import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../db/database.ts';
import {
  anyCustomer,
  type CustomerSearch,
  deleteCustomer,
  readCustomers,
  searchCustomers,
} from '../../db/queries/customers.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { AT } from './money-record.ts';

let database: TestDatabase;
let owner: Db;
let db: Db;
const merchantId = 1;

/** 12,000 customers, each with another name; customer 11,000 is deleted. Another merchant has them too. */
beforeAll(async () => {
  database = await createTestDatabase();
  owner = openDatabase(database.ownerUrl, { maxConnections: 1 });
  db = openDatabase(database.appUrl, { maxConnections: 1 });
  await sql`
    insert into customers (merchant_id, customer_id, customer_number, name, kana, phone, email,
                           import_id, created_at, updated_at)
    select m, i, 'c' || i, case i % 3 when 0 then '山田　花子' when 1 then '髙橋 Taro_' else '𠮷野' end || i,
           'ヤマダ' || i, '0985' || lpad(i::text, 6, '0'), 'C' || i || '@shop.example', 1, ${AT}, ${AT}
      from generate_series(1, 2) m, generate_series(1, 12000) i`.execute(db);
  await deleteCustomer(db, merchantId, { id: 11_000, now: AT });
});
afterAll(async () => {
  await db.destroy();
  await owner.destroy();
  await database.drop();
});

async function find(search: Partial<CustomerSearch>): Promise<number[]> {
  const found = [];
  for await (const batch of readCustomers(db, merchantId, { ...anyCustomer, ...search })) {
    found.push(...batch.map(({ id }) => id));
  }
  return found;
}
const all = Array.from({ length: 12_000 }, (_, index) => index + 1).filter((id) => id !== 11_000);

const searches: readonly [string, Partial<CustomerSearch>, (id: number) => boolean][] = [
  ['a name that many have', { name: '花子' }, (id) => id % 3 === 0],
  ['a name that one far down the list has', { name: '花子11997' }, (id) => id === 11_997],
  ['the end of a name', { name: '999' }, (id) => String(id).includes('999')],
  ['a part of フリガナ', { name: 'ダ1100' }, (id) => String(id).startsWith('1100')],
  ['a character beyond the first 65,536', { name: '𠮷' }, (id) => id % 3 === 2],
  ['a full-width space as it was written', { name: '山田　' }, (id) => id % 3 === 0],
  ['another width than was written', { name: '山田 ' }, () => false],
  ['what means something to LIKE', { name: '%' }, () => false],
  [
    'what means something to LIKE and stands there',
    { name: 'o_1' },
    (id) => /^1/.test(`${id}`) && id % 3 === 1,
  ],
  ['a mail', { email: 'C7777@shop.example' }, (id) => id === 7777],
  ['a mail in another case', { email: 'c7777@shop.example' }, () => false],
  ['a part of a mail', { email: 'shop.example' }, () => false],
  ['a phone', { phone: '0985011999' }, (id) => id === 11_999],
  ['a phone with hyphens that it was not written with', { phone: '0985-01-1999' }, () => false],
  [
    'mail, phone and name',
    { email: 'C30@shop.example', phone: '0985000030', name: '山' },
    (id) => id === 30,
  ],
  [
    'a mail with the name of somebody else',
    { email: 'C30@shop.example', name: '花子31' },
    () => false,
  ],
  ['whoever was deleted', { email: 'C11000@shop.example' }, () => false],
];

test.each(searches)(
  '%s finds the same before and after the indexes know them',
  async (_, search, is) => {
    expect(await find(search)).toEqual(all.filter(is));
  },
);

test('the indexes of mails and phones know whom a vacuum has been to, and whoever came or changed since', async () => {
  await sql`vacuum analyze customers`.execute(owner);
  for (const [, search, is] of searches) expect(await find(search)).toEqual(all.filter(is));
  await sql`
    update customers set email = 'moved@shop.example', phone = '1' where merchant_id = ${merchantId}
       and customer_id in (5, 6000)`.execute(db);
  expect(await find({ email: 'moved@shop.example' })).toEqual([5, 6000]);
  expect(await find({ phone: '1', email: 'moved@shop.example' })).toEqual([5, 6000]);
  expect(await find({ email: 'C6000@shop.example' })).toEqual([]);
});

test('pages of a search go on behind the one before', async () => {
  const page = (after: number, name: string) =>
    searchCustomers(db, merchantId, { ...anyCustomer, name, after, limit: 2 });
  const ids = (found: { id: number }[]) => found.map(({ id }) => id);
  expect(ids(await page(0, '花子'))).toEqual([3, 6]);
  expect(ids(await page(11_990, '花子'))).toEqual([11_991, 11_994]);
  expect(ids(await page(0, '花子1199'))).toEqual([1199 * 10 + 1, 11_994]);
  expect(ids(await page(11_994, '花子1199'))).toEqual([11_997]);
});
