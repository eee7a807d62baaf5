import { sql } from 'kysely';
import { expect, inject, test, vi } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createFileGuard } from '../../activities/file-guard.ts';
import { importStoredFile } from '../../activities/import-stored-file.ts';
import type { CardService } from '../../billing/card-service.ts';
import { type ImportKind, importFileKinds } from '../../billing/file-import.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { storeFile } from '../../db/queries/files.ts';
import { lockCustomers, registerImport } from '../../db/queries/imports.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { streamOf } from '../byte-source.ts';
import { refuseCards } from '../db/locked-cards.ts';
import { AT, insertCycle } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { customerFile, customerLine } from '../workflows/file-imports.ts';

/** Imports that wait for one another, or are cut, an activity at a time. */

const { pool, db } = await openOwnDatabase(6);
const fileKeys = parseEncryptionKeys(inject('fileKeys'));
const woken: string[] = [];
const workflows = {
  wakeMail: async () => void woken.push('mail'),
  wakeCycle: async (_slug: string, month: string) => void woken.push(month),
};
const deps = { db, pool, fileKeys, workflows } as unknown as ActivityDependencies;
const settingsOf = (cardService: CardService) =>
  merchantSettingsSchema.parse({ paymentMethods: { cardService } });

let shops = 0;

async function openShop() {
  shops += 1;
  const slug = `importer-${shops}`;
  const merchant = { slug, name: slug, kind: 'sandbox' as const, settings: settingsOf('GMO') };
  const { id: merchantId } = await createMerchant(db, { ...merchant, actor: 'test', now: AT });
  let uploads = 0;
  const upload = async (kind: ImportKind, text: string) => {
    uploads += 1;
    const { fileId } = await storeFile(db, merchantId, {
      ...{ name: 'c.csv', direction: 'inbound', keys: fileKeys, now: AT, actor: 'test' },
      kind: importFileKinds[kind],
      guard: createFileGuard(importFileKinds[kind], merchant.settings),
      source: streamOf(Buffer.from(text), 1000),
      maxBytes: 1_000_000,
    });
    const { number } = await registerImport(db, merchantId, {
      ...{ kind, fileId, fileName: 'c.csv', requestKey: `upload-${uploads}`, held: false },
      ...{ actor: 'test', now: AT },
    });
    return () => importStoredFile(deps, { merchant: slug, number, now: AT });
  };
  return { merchantId, upload };
}

const oneCustomer = customerFile([customerLine({ 顧客番号: 'a' })]);
const cardOf = (digits: string, expiry: string) =>
  `GMO,US-00000001,${digits},VISA,,,0,${expiry},\r\n`;

/** A step that begins while another import has the lock, and what is so once it lets go. */
async function whileLocked<T>(
  merchantId: number,
  step: () => Promise<T>,
  meanwhile: () => Promise<unknown>,
): Promise<T> {
  const begun = await db.transaction().execute(async (trx) => {
    await lockCustomers(trx, merchantId);
    const waiting = step();
    await vi.waitFor(async () => {
      const { rows } = await sql`
        select from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
         where l.locktype = 'advisory' and not l.granted`.execute(trx);
      expect(rows).toHaveLength(1);
    });
    await meanwhile();
    return { waiting };
  });
  return await begun.waiting;
}

test('cards that waited for another import are taken under the settings of now', async () => {
  const { merchantId, upload } = await openShop();
  await (await upload('customers', oneCustomer))();
  const cards = await upload('cards', cardOf('111', '3012'));
  const by = { actor: 'test', reason: 'test', now: AT };
  const done = await whileLocked(merchantId, cards, () =>
    saveSettings(db, merchantId, { ...by, seenVersion: 1, settings: settingsOf('YAMATO') }),
  );
  expect(done).toMatchObject({ stage: 'done', imported: 0, failed: 1 });
});

test('cards that waited for the file of their customers find them', async () => {
  const { merchantId, upload } = await openShop();
  const cards = await upload('cards', cardOf('111', '3012'));
  // What the other import commits as it lets go.
  const done = await whileLocked(merchantId, cards, async () => {
    await sql`
      insert into customers (merchant_id, customer_id, customer_number, import_id, created_at, updated_at)
      select merchant_id, 1, 'a', id, ${AT}, ${AT} from imports
       where merchant_id = ${merchantId} and number = 1`.execute(db);
  });
  expect(done).toMatchObject({ stage: 'done', imported: 1, failed: 0 });
});

test('whoever finished an import and was cut is followed by one who tells the others', async () => {
  const { merchantId, upload } = await openShop();
  await insertCycle(db, merchantId, '2026-11');
  await (await upload('customers', oneCustomer))();
  await (await upload('cards', cardOf('111', '3012')))();
  const { rows } = await sql<{ id: number; file: number }>`
    select k.id, i.file_id as file from cards k join imports i on i.id = k.import_id
     where k.merchant_id = ${merchantId}`.execute(db);
  const { id: cardId, file: fileId } = rows[0]!;
  expect(await refuseCards(db, { merchantId, fileId }, [cardId])).toMatchObject({ locked: 1 });
  const replace = await upload('cards', cardOf('222', '3112'));
  expect(await replace()).toMatchObject({ stage: 'done', imported: 1 });
  woken.length = 0;
  expect(await replace()).toMatchObject({ stage: 'done', imported: 1 });
  expect(woken).toEqual(['mail', '2026-11']);
});
