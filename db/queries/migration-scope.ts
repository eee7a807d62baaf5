import { type RawBuilder, sql } from 'kysely';
import type { CustomerFinding } from '../../billing/card-migration.ts';
import type { LinkRow } from '../../billing/link-file.ts';
import type { Db, Trx } from '../database.ts';
import { type CardMigration, listFollowed } from './card-migrations.ts';

type Migration = Pick<CardMigration, 'id' | 'scope' | 'followsId' | 'rehearsal'>;

/**
 * The customers whom a link file would hold now, as a subquery of customer_id and customer_number: those
 * of the scope's rule, less those that people left out, those of the migrations before it, and those whom
 * another open migration has in its link file. Whom a cancelled one had is nobody's again.
 */
async function liveScope(
  db: Db,
  merchantId: number,
  { id, scope, followsId, rehearsal }: Migration,
): Promise<RawBuilder<unknown>> {
  const followed = await listFollowed(db, merchantId, followsId);
  const chosen =
    scope.kind === 'all'
      ? sql`true`
      : scope.kind === 'share'
        ? sql`('x' || left(md5(c.customer_id::text), 8))::bit(32)::bigint % 100 < ${scope.percent}`
        : sql`c.customer_id = any(${[...scope.ids]}::int[])`;
  return sql`
    select c.customer_id, c.customer_number from customers c
     where c.merchant_id = ${merchantId} and c.deleted_at is null and ${chosen}
       and c.customer_id not in (
         select customer_id from (
           select distinct on (customer_id) customer_id, choice
             from migration_customer_decisions
            where migration_id = ${id} and choice in ('excluded', 'included')
            order by customer_id, id desc) d
          where choice = 'excluded')
       and not exists (select from migration_scope s join card_migrations o on o.id = s.migration_id
         where o.merchant_id = ${merchantId} and o.id <> ${id} and o.stage <> 'cancelled'
           and (o.id = any(${followed}::bigint[])
                or (not ${rehearsal} and not o.rehearsal and o.stage <> 'accepted'))
           and s.customer_id = c.customer_id)`;
}

/** Compared as people compare numbers: full width is half width, small is large, blanks do not count. */
const comparable = sql`upper(regexp_replace(normalize(s.customer_number, NFKC), '\\s', '', 'g'))`;

/** Every customer of the scope with each of its findings; `decided`: a person has said what becomes of it. */
function findings(scope: RawBuilder<unknown>, merchantId: number, migrationId: number) {
  return sql`
    with scope as materialized (${scope}),
    found (customer_id, finding, card_ids) as (
      select customer_id, 'missing_number', '{}'::bigint[] from scope s
       where ${comparable} !~ '[[:alnum:]]'
      union all
      select customer_id, 'doubled_number', '{}' from (
        select s.customer_id, count(*) over (partition by ${comparable}) as times from scope s) n
       where times > 1
      union all
      select customer_id, 'several_cards', card_ids from (${severalCards(merchantId)}) k
       where customer_id in (select customer_id from scope)
    ), decided as (
      select distinct on (customer_id) customer_id, card_ids, decided_at
        from migration_customer_decisions
       where migration_id = ${migrationId} and choice in ('default', 'acknowledged')
       order by customer_id, id desc)
    select f.customer_id, f.finding, f.card_ids,
           d.customer_id is not null and f.card_ids <@ d.card_ids
             and not (f.finding = 'several_cards' and exists (select from customer_reviews r
               where r.merchant_id = ${merchantId} and r.customer_id = f.customer_id
                 and r.reason = 'several_cards' and r.acknowledged_at is null
                 and r.flagged_at > d.decided_at)) as decided
      from found f left join decided d using (customer_id)`;
}

/** Customers with several cards of one service, or whom an import flagged for them. */
function severalCards(merchantId: number): RawBuilder<unknown> {
  return sql`
    select customer_id, array_agg(id order by id) as card_ids from (
      select customer_id, id, count(*) over (partition by customer_id, service) as cards
        from cards where merchant_id = ${merchantId} and deleted_at is null) c
     where cards > 1 group by customer_id
    union all
    select r.customer_id, '{}' from customer_reviews r
     where r.merchant_id = ${merchantId} and r.reason = 'several_cards'
       and r.acknowledged_at is null
       and not exists (select from cards c where c.merchant_id = ${merchantId}
         and c.customer_id = r.customer_id and c.deleted_at is null
         and exists (select from cards o where o.merchant_id = ${merchantId}
           and o.customer_id = c.customer_id and o.service = c.service and o.id <> c.id
           and o.deleted_at is null))`;
}

/** How many customers a link file would hold, and how many findings nobody has decided. */
export async function countScope(
  db: Db,
  merchantId: number,
  migration: Migration,
): Promise<{
  readonly customers: number;
  readonly findings: Readonly<Record<CustomerFinding, number>>;
}> {
  const scope = await liveScope(db, merchantId, migration);
  const counted = await sql<{ customers: number }>`
    select count(*) as customers from (${scope}) s`.execute(db);
  const { rows } = await sql<{ finding: CustomerFinding; open: number }>`
    select finding, count(*) as open from (${findings(scope, merchantId, migration.id)}) f
     where not decided group by finding`.execute(db);
  const open = { missing_number: 0, doubled_number: 0, several_cards: 0 };
  for (const row of rows) open[row.finding] = row.open;
  return { customers: counted.rows[0]?.customers ?? 0, findings: open };
}

/** A card by the name under which people choose it: of its customer, and no secret. */
export interface NamedCard {
  readonly name: string;
  readonly service: string;
  readonly lastDigits: string;
  readonly brand: string;
  /** YYYY-MM */
  readonly expiry: string;
}

export interface FoundCustomer {
  /** The number in our customer ID. */
  readonly customerId: number;
  readonly customerNumber: string;
  readonly findings: readonly CustomerFinding[];
  readonly decided: boolean;
  readonly cards: readonly NamedCard[];
}

/** Short, and nothing can be told from it. The identity holds what the PSP calls the card. */
const cardName = sql`left(encode(sha256(convert_to(k.service || '/' || k.identity, 'UTF8')), 'hex'), 12)`;

/** The customers with findings, by ID, a page at a time. */
export async function listFindings(
  db: Db,
  merchantId: number,
  migration: Migration,
  page: { readonly after: number; readonly openOnly: boolean; readonly limit: number },
): Promise<FoundCustomer[]> {
  const scope = await liveScope(db, merchantId, migration);
  const { rows } = await sql<FoundCustomer>`
    select f.customer_id as "customerId", c.customer_number as "customerNumber", f.findings,
           f.decided, coalesce((
             select jsonb_agg(jsonb_build_object('name', ${cardName}, 'service', k.service,
                      'lastDigits', k.last_digits, 'brand', k.brand, 'expiry', k.expiry)
                      order by k.id)
               from cards k where k.merchant_id = ${merchantId}
                and k.customer_id = f.customer_id and k.deleted_at is null), '[]') as cards
      from (select customer_id, array_agg(finding order by finding) as findings,
                   bool_and(decided) as decided
              from (${findings(scope, merchantId, migration.id)}) every
             group by customer_id) f
      join customers c on c.merchant_id = ${merchantId} and c.customer_id = f.customer_id
     where f.customer_id > ${page.after} and (not ${page.openOnly} or not f.decided)
     order by f.customer_id limit ${page.limit}`.execute(db);
  return rows;
}

/** Freezes the scope as the customers of a link file. @returns how many they are */
export async function freezeScope(
  trx: Trx,
  merchantId: number,
  migration: Migration,
  linkFileId: number,
): Promise<number> {
  const scope = await liveScope(trx, merchantId, migration);
  const { numAffectedRows } = await sql`
    insert into migration_customers (link_file_id, customer_id, merchant_id)
    select ${linkFileId}::bigint, customer_id, ${merchantId}::bigint from (${scope}) s
     order by customer_id`.execute(trx);
  return Number(numAffectedRows ?? 0n);
}

const pageRows = 5000;

/** The rows of a link file by customer ID, a page in memory at a time. */
export async function* readLinkRows(
  db: Db,
  merchantId: number,
  linkFileId: number,
): AsyncGenerator<LinkRow[]> {
  for (let after = 0; ; ) {
    const { rows } = await sql<LinkRow>`
      select c.customer_number as "customerNumber", c.customer_id as "customerId"
        from migration_customers s
        join customers c on c.merchant_id = ${merchantId} and c.customer_id = s.customer_id
       where s.link_file_id = ${linkFileId} and s.customer_id > ${after}
       order by s.customer_id limit ${pageRows}`.execute(db);
    if (rows.length > 0) yield rows;
    after = rows.at(-1)?.customerId ?? after;
    if (rows.length < pageRows) return;
  }
}

/** Whether a customer is in the newest link file, for every row of a returned one. */
export async function loadLinkedCustomers(
  db: Db,
  merchantId: number,
  migrationId: number,
): Promise<(customerId: number) => boolean> {
  const linked = new Set<number>();
  for (let after = 0; ; ) {
    const { rows } = await sql<{ id: number }>`
      select customer_id as id from migration_scope
       where merchant_id = ${merchantId} and migration_id = ${migrationId}
         and customer_id > ${after}
       order by customer_id limit 50000`.execute(db);
    for (const { id } of rows) linked.add(id);
    after = rows.at(-1)?.id ?? after;
    if (rows.length < 50_000) return (id) => linked.has(id);
  }
}
