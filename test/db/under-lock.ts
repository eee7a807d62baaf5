import { sql } from 'kysely';
import { expect, vi } from 'vitest';
import { type Db, lockMerchant, type Trx } from '../../db/database.ts';

/**
 * A step that waits for a lock of the merchant, and what happens while it does: it goes on once that is
 * committed, with whatever it read before.
 */
export async function whileItWaits<T>(
  db: Db,
  merchantId: number,
  step: () => Promise<T>,
  meanwhile: (trx: Trx) => Promise<unknown>,
  takeLock: (trx: Trx, merchantId: number) => Promise<void> = lockMerchant,
): Promise<T> {
  const begun = await db.transaction().execute(async (trx) => {
    await takeLock(trx, merchantId);
    const waiting = step();
    // A failure is thrown once it is awaited.
    waiting.catch(() => {});
    await vi.waitFor(async () => {
      const { rows } = await sql`
        select from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
         where l.locktype = 'advisory' and not l.granted`.execute(trx);
      expect(rows).toHaveLength(1);
    });
    await meanwhile(trx);
    return { waiting };
  });
  return await begun.waiting;
}
