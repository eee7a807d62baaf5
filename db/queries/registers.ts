import { sql } from 'kysely';
import type { Db } from '../database.ts';

/** Names that a shop registers before its customer files may use them. */
export const registers = { occupations: 'occupations', tags: 'customer_tags' } as const;
export type Register = keyof typeof registers;

export interface RegisteredName {
  readonly id: number;
  readonly name: string;
}

/** The names in use, by name. */
export async function listRegister(
  db: Db,
  merchantId: number,
  register: Register,
): Promise<RegisteredName[]> {
  return await db
    .selectFrom(registers[register])
    .where('merchant_id', '=', merchantId)
    .where('deleted_at', 'is', null)
    .orderBy('name')
    .select(['id', 'name'])
    .execute();
}

/** Registers a name; one that was deleted is in use again. */
export async function registerName(
  db: Db,
  merchantId: number,
  of: { readonly register: Register; readonly name: string },
): Promise<RegisteredName> {
  return await db
    .insertInto(registers[of.register])
    .values({ merchant_id: merchantId, name: of.name })
    .onConflict((conflict) =>
      conflict.columns(['merchant_id', 'name']).doUpdateSet({ deleted_at: null }),
    )
    .returning(['id', 'name'])
    .executeTakeFirstOrThrow();
}

/** What became of a change: `taken` when another entry has the name. */
export type RegisterChange = 'changed' | 'unknown' | 'taken';

/** Gives an entry another name: the customers that have it follow. */
export async function renameEntry(
  db: Db,
  merchantId: number,
  of: { readonly register: Register; readonly id: number; readonly name: string },
): Promise<RegisterChange> {
  const table = sql.table(registers[of.register]);
  const { rows } = await sql<{ taken: boolean }>`
    select exists (select from ${table} where merchant_id = ${merchantId} and name = ${of.name}
                     and id <> ${of.id}) as taken`.execute(db);
  if (rows[0]?.taken === true) return 'taken';
  const result = await db
    .updateTable(registers[of.register])
    .set({ name: of.name })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', of.id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n ? 'changed' : 'unknown';
}

/** Takes an entry out of use: new files may not name it, customers keep it. */
export async function deleteEntry(
  db: Db,
  merchantId: number,
  of: { readonly register: Register; readonly id: number; readonly now: string },
): Promise<RegisterChange> {
  const result = await db
    .updateTable(registers[of.register])
    .set({ deleted_at: of.now })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', of.id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n ? 'changed' : 'unknown';
}
