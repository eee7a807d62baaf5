import { type RawBuilder, sql } from 'kysely';
import type { CardBrand, CardService } from '../../billing/card-service.ts';
import type { Db } from '../database.ts';

export interface Customer {
  /** The number in US-00010000. */
  readonly id: number;
  /** 顧客番号, the old cart's number. */
  readonly customerNumber: string;
  readonly name: string | null;
  readonly kana: string | null;
  readonly postalCode: string | null;
  readonly prefecture: string | null;
  readonly city: string | null;
  readonly street: string | null;
  readonly building: string | null;
  readonly phone: string | null;
  readonly email: string | null;
  readonly gender: string | null;
  readonly birthDate: string | null;
  readonly occupation: string | null;
  readonly tags: string[];
  readonly newsletter: boolean | null;
  readonly customerType: number | null;
  /** Stored cards. */
  readonly cards: number;
  readonly toReview: boolean;
  readonly updatedAt: string;
}

/** Every condition may be left out (null). */
export interface CustomerSearch {
  readonly id: number | null;
  readonly customerNumber: string | null;
  /** Part of 氏名 or フリガナ. */
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly tag: string | null;
  readonly toReview: boolean | null;
}

export const anyCustomer: CustomerSearch = {
  id: null,
  customerNumber: null,
  name: null,
  email: null,
  phone: null,
  tag: null,
  toReview: null,
};

type Page = CustomerSearch & { readonly after: number; readonly limit: number };

/** A page of the customers that are not deleted, by ID. */
export async function searchCustomers(db: Db, merchantId: number, page: Page): Promise<Customer[]> {
  const { name, email, phone } = page;
  const all = sql`customers`;
  if (name === null && email === null && phone === null) {
    return await selectCustomers(db, merchantId, { ...page, of: all });
  }
  // A frequent name fills the page from whoever comes next. Whoever it does not is looked for over all at
  // once, by several processes, not along the list. Whether they are deleted is asked of those found: it is
  // the last column of a row, and of a million rows the columns before it cost more than their names.
  const next = sql`(select * from customers
    where merchant_id = ${merchantId} and customer_id > ${page.after}
    order by customer_id limit ${nextCustomers})`;
  const near = name === null ? [] : await selectCustomers(db, merchantId, { ...page, of: next });
  if (near.length === page.limit) return near;
  const found = sql`(select * from customers
    where merchant_id = ${merchantId} and customer_id = any(coalesce((
      select array_agg(f.customer_id) from customers f
       where f.merchant_id = ${merchantId} and f.customer_id > ${page.after}
         and ${isFound(sql`f`, page)}), '{}')))`;
  return await selectCustomers(db, merchantId, { ...page, of: found });
}

/** So many are looked through in the time that it takes to begin with all. */
const nextCustomers = 5000;

const isFound = (of: RawBuilder<unknown>, { name, email, phone }: CustomerSearch) => sql`
  (${name}::text is null or strpos(${of}.name, ${name}) > 0 or strpos(${of}.kana, ${name}) > 0)
  and (${email}::text is null or ${of}.email = ${email})
  and (${phone}::text is null or ${of}.phone = ${phone})`;

/** @param page `of`: the customers that are looked through */
async function selectCustomers(
  db: Db,
  merchantId: number,
  page: Page & { readonly of: RawBuilder<unknown> },
): Promise<Customer[]> {
  const { id, customerNumber, tag, toReview } = page;
  const toLookAt = sql`exists (select from customer_reviews w
    where w.merchant_id = c.merchant_id and w.customer_id = c.customer_id
      and w.acknowledged_at is null)`;
  const toLookAtIds = sql`(select w.customer_id from customer_reviews w
    where w.merchant_id = ${merchantId} and w.acknowledged_at is null)`;
  const reviewed =
    toReview === null
      ? sql`true`
      : toReview
        ? sql`c.customer_id in ${toLookAtIds}`
        : sql`c.customer_id not in ${toLookAtIds}`;
  const { rows } = await sql<Customer>`
    select c.customer_id as id, c.customer_number as "customerNumber", c.name, c.kana,
           c.postal_code as "postalCode", c.prefecture, c.city, c.street, c.building, c.phone, c.email,
           c.gender, c.birth_date as "birthDate", o.name as occupation,
           array(select t.name from customer_tags t where t.merchant_id = c.merchant_id
                    and t.id = any(c.tag_ids) order by array_position(c.tag_ids, t.id)) as tags,
           c.newsletter, c.customer_type as "customerType",
           (select count(*) from cards k where k.merchant_id = c.merchant_id
               and k.customer_id = c.customer_id and k.deleted_at is null) as cards,
           ${toLookAt} as "toReview", c.updated_at as "updatedAt"
      from ${page.of} c
      left join occupations o on o.id = c.occupation_id and o.merchant_id = c.merchant_id
     where c.merchant_id = ${merchantId} and c.deleted_at is null
       and c.customer_id > ${page.after}
       and (${id}::int is null or c.customer_id = ${id})
       and (${customerNumber}::text is null or c.customer_number = ${customerNumber})
       and ${isFound(sql`c`, page)}
       and (${tag}::text is null or c.tag_ids && array(select t.id from customer_tags t
              where t.merchant_id = ${merchantId} and t.name = ${tag}))
       and ${reviewed}
     order by c.customer_id limit ${page.limit}`.execute(db);
  return rows;
}

/** All that match, a page in memory at a time. */
export async function* readCustomers(
  db: Db,
  merchantId: number,
  search: CustomerSearch,
): AsyncGenerator<Customer[]> {
  const limit = 2000;
  let after = 0;
  for (;;) {
    const page = await searchCustomers(db, merchantId, { ...search, after, limit });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    after = page.at(-1)?.id ?? after;
  }
}

export interface StoredCard {
  readonly service: CardService;
  /** Its name at the service. */
  readonly identity: string;
  readonly lastDigits: string;
  readonly brand: CardBrand;
  readonly holder: string | null;
  readonly sendId: string | null;
  readonly sequence: string | null;
  /** YYYY-MM */
  readonly expiry: string;
  readonly hasAuthKey: boolean;
}

export async function listStoredCards(
  db: Db,
  merchantId: number,
  customerId: number,
): Promise<StoredCard[]> {
  const { rows } = await sql<StoredCard>`
    select service, identity, last_digits as "lastDigits", brand, holder, send_id as "sendId", sequence, expiry,
           auth_key_id is not null as "hasAuthKey"
      from cards
     where merchant_id = ${merchantId} and customer_id = ${customerId} and deleted_at is null
     order by id`.execute(db);
  return rows;
}

/** Hides a customer and its cards; false when there is none. */
export async function deleteCustomer(
  db: Db,
  merchantId: number,
  of: { readonly id: number; readonly now: string },
): Promise<boolean> {
  const deleted = await db
    .updateTable('customers')
    .set({ deleted_at: of.now, updated_at: of.now })
    .where('merchant_id', '=', merchantId)
    .where('customer_id', '=', of.id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  await db
    .updateTable('cards')
    .set({ deleted_at: of.now, updated_at: of.now })
    .where('merchant_id', '=', merchantId)
    .where('customer_id', '=', of.id)
    .where('deleted_at', 'is', null)
    .execute();
  return deleted.numUpdatedRows === 1n;
}

/** Writes down that a person has looked at a customer; false when there was nothing to look at. */
export async function acknowledgeReview(
  db: Db,
  merchantId: number,
  of: { readonly id: number; readonly actor: string; readonly now: string },
): Promise<boolean> {
  const result = await db
    .updateTable('customer_reviews')
    .set({ acknowledged_at: of.now, acknowledged_by: of.actor })
    .where('merchant_id', '=', merchantId)
    .where('customer_id', '=', of.id)
    .where('acknowledged_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
