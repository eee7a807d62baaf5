import type { Pool } from 'pg';

/**
 * Fills tables with millions of rows in minutes: without the rules that look at each statement's rows,
 * and without the indexes beside the keys, which are made once at the end. What is filled so must be
 * right by itself: small fills are done with every rule in force.
 *
 * @param owner a pool of the database's owner, of one connection
 */
export async function withBareTables(owner: Pool, work: () => Promise<void>): Promise<void> {
  for (const setting of settings) await owner.query(`set ${setting}`);
  const rules = await owner.query<{ relation: string; name: string }>(statementRules);
  const indexes = await owner.query<{ name: string; definition: string }>(plainIndexes);
  for (const { relation, name } of rules.rows) {
    await owner.query(`alter table ${relation} disable trigger ${name}`);
  }
  for (const { name } of indexes.rows) await owner.query(`drop index ${name}`);
  await work();
  for (const { definition } of indexes.rows) await owner.query(definition);
  for (const { relation, name } of rules.rows) {
    await owner.query(`alter table ${relation} enable trigger ${name}`);
  }
  // As autovacuum leaves them sooner or later: the first to read pays for nobody's writing.
  await owner.query('vacuum analyze');
}

const settings = [
  "maintenance_work_mem = '512MB'",
  "work_mem = '256MB'",
  'synchronous_commit = off',
];

/** Rules of one row stay in force: they fill columns. */
const statementRules = `
  select t.tgrelid::regclass::text as relation, quote_ident(t.tgname) as name
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
   where not t.tgisinternal and t.tgtype & 1 = 0 and c.relnamespace = 'public'::regnamespace`;

const plainIndexes = `
  select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i join pg_class c on c.oid = i.indexrelid
   where c.relnamespace = 'public'::regnamespace
     and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`;
