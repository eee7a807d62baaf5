import { sql } from 'kysely';
import type { Blanked, RetentionMonths } from '../../billing/retention.ts';
import type { Trx } from '../database.ts';
import { appendAudit } from './audit.ts';

/**
 * Blanks what the merchant keeps no longer, by the merchant's own clock: personal columns of customers
 * that were deleted, of closed months' orders and of carriers' results, what cards hold in secret,
 * subjects of mails, starts of answers, and the bytes of the files that all this came in. IDs, numbers,
 * hashes, yen and counts stay.
 */
export async function blankExpired(
  trx: Trx,
  merchantId: number,
  of: RetentionMonths & { readonly actor: string; readonly now: string },
): Promise<Blanked> {
  const { rows } = await sql<{ blanked: Blanked }>`
    select blank_expired(${merchantId}, ${of.importMonths}::int, ${of.orderMonths}::int,
      ${of.carrierMonths}::int) as blanked`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error('a function always answers');
  const { importMonths, orderMonths, carrierMonths } = of;
  const moved = await sql<{ files: number }>`
    select blank_migration_files(${merchantId}, ${importMonths}::int) as files`.execute(trx);
  const importFiles = row.blanked.importFiles + (moved.rows[0]?.files ?? 0);
  const blanked = { ...row.blanked, importFiles };
  await appendAudit(trx, merchantId, {
    at: of.now,
    actor: of.actor,
    act: 'retention.applied',
    subject: 'retention',
    reason: null,
    details: { importMonths, orderMonths, carrierMonths, ...blanked },
  });
  return blanked;
}
