import { sql } from 'kysely';
import type { Trx } from './database.ts';

/**
 * Where the rows of a customer or card file lie between COPY and merge: temporary tables of the merge's
 * own transaction, without an index.
 */

export const customerColumns = [
  'name',
  'kana',
  'postal_code',
  'prefecture',
  'city',
  'street',
  'building',
  'phone',
  'email',
  'gender',
  'birth_date',
  'occupation_id',
  'tag_ids',
  'newsletter',
  'customer_type',
] as const;

export const cardColumns = [
  'last_digits',
  'brand',
  'holder',
  'send_id',
  'sequence',
  'expiry',
  'auth_key_id',
  'auth_key_iv',
  'auth_key_data',
] as const;

/** What is wrong with a row, and what is only worth a word; each text with its column, null for none. */
export const REMARK_COLUMNS = ['columns', 'errors', 'warned_columns', 'warnings'] as const;

/** What COPY writes for each staged row, in this order. A failed row has its errors and, if known, its number. */
export const STAGED_CUSTOMER_COLUMNS = [
  'record',
  'line',
  'customer_number',
  'customer_id',
  ...customerColumns,
  ...REMARK_COLUMNS,
] as const;

/** What COPY writes of a customer who is surely new, in this order, into the record itself. */
export const FRESH_CUSTOMER_COLUMNS = [
  'merchant_id',
  'customer_id',
  'customer_number',
  ...customerColumns,
  'import_id',
  'created_at',
  'updated_at',
] as const;

/** The same of cards; a failed row has its errors alone. */
export const STAGED_CARD_COLUMNS = [
  'record',
  'line',
  'customer_id',
  'identity',
  ...cardColumns,
  ...REMARK_COLUMNS,
] as const;

const remarkColumns = sql`
  columns text[], errors text[], warned_columns text[], warnings text[]`;

/** Rows that the merge itself refuses. */
const createRefusedStage = sql`
  create temp table refused (record int, columns text[], errors text[]) on commit drop`;

/** Tables of this transaction alone: nothing of an interrupted pass stays behind. */
export async function createCustomerStage(trx: Trx): Promise<void> {
  await sql`
    create temp table staged_customers (
      record int, line int, customer_number text, customer_id int, name text, kana text,
      postal_code text, prefecture text, city text, street text, building text, phone text,
      email text, gender text, birth_date text, occupation_id bigint, tag_ids bigint[],
      newsletter boolean, customer_type smallint, ${remarkColumns}
    ) on commit drop;
    ${createRefusedStage}`.execute(trx);
}

export async function createCardStage(trx: Trx): Promise<void> {
  await sql`
    create temp table staged_cards (
      record int, line int, customer_id int, identity text, last_digits text, brand text,
      holder text, send_id text, sequence text, expiry text, auth_key_id text, auth_key_iv bytea,
      auth_key_data bytea, ${remarkColumns}
    ) on commit drop;
    ${createRefusedStage}`.execute(trx);
}

/** What is imported of a stage `s`, once `markRefused` has been there. */
export const accepted = sql`s.errors is null`;

/** Gives the rows that the merge refuses their errors, in front of those that they had. */
export async function markRefused(
  trx: Trx,
  stage: 'staged_customers' | 'staged_cards',
): Promise<void> {
  await sql`
    update ${sql.table(stage)} s
       set columns = r.columns || coalesce(s.columns, '{}'),
           errors = r.errors || coalesce(s.errors, '{}')
      from refused r where r.record = s.record`.execute(trx);
}
