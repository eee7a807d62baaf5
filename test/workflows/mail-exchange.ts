import type { MailMerchant } from './mail-merchant.ts';

/** A file that the PSP has, as its row; no workflow of it runs. */
export async function insertExchange(
  { db, merchant }: Pick<MailMerchant, 'db' | 'merchant'>,
  exchange: { readonly acceptanceNumber: string; readonly records: number },
): Promise<number> {
  const now = new Date().toISOString();
  const file = await db
    .insertInto('files')
    .values({
      merchant_id: merchant.id,
      sha256: 'a'.repeat(64),
      name: 'auth-001.csv',
      kind: 'auth-file',
      direction: 'outbound',
      bytes: 0,
      chunks: 0,
      stored_at: now,
      stored_by: 'test',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const inserted = await db
    .insertInto('exchanges')
    .values({
      merchant_id: merchant.id,
      billing_month: '2026-11',
      kind: 'auth',
      number: 1,
      transport: 'portal',
      stage: 'awaiting_result',
      file_id: file.id,
      records: exchange.records,
      amount_yen: 1000,
      acceptance_number: exchange.acceptanceNumber,
      accepted_at: now,
      created_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('sends')
    .values({
      exchange_id: inserted.id,
      send_number: 1,
      merchant_id: merchant.id,
      intended_at: now,
    })
    .execute();
  return inserted.id;
}
