import { sql } from 'kysely';
import type { Pool } from 'pg';
import { expect, inject } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createFileGuard } from '../../activities/file-guard.ts';
import { importStoredFile } from '../../activities/import-stored-file.ts';
import type { CardService } from '../../billing/card-service.ts';
import { type ImportFacts, type ImportKind, importFileKinds } from '../../billing/file-import.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import type { Db } from '../../db/database.ts';
import { storeFile } from '../../db/queries/files.ts';
import { registerImport } from '../../db/queries/imports.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { streamOf } from '../byte-source.ts';
import { refuseCards } from '../db/locked-cards.ts';
import { AT } from '../db/money-record.ts';
import { customerFile, customerLine } from '../workflows/file-imports.ts';

/** A shop with GMO whose files are imported an activity at a time, and who was woken by that. */

export const oneCustomer = customerFile([customerLine({ 顧客番号: 'a' })]);
/** The one card of that customer; `more` makes the same rows another file. */
export const cardOf = (digits: string, expiry: string, more = '') =>
  `GMO,US-00000001,${digits},VISA,,,0,${expiry},\r\n${more}`;

let shops = 0;

export interface ImportShop {
  readonly merchantId: number;
  readonly slug: string;
  readonly deps: ActivityDependencies;
  /** Slugs of months, and `mail`. */
  readonly woken: string[];
  /** Stores a file. @returns what imports it, as often as it is called */
  upload(kind: ImportKind, text: string): Promise<() => Promise<ImportFacts>>;
  changeService(to: CardService, cardMigration?: object): Promise<void>;
  writeSecret(name: string, value: string): Promise<void>;
  /** A refresh refuses the one card. */
  refuseCard(): Promise<{ readonly fileId: number }>;
  /** What is locked, as number, n and digits. */
  locks(): Promise<string[]>;
}

export async function openImportShop(db: Db, pool: Pool): Promise<ImportShop> {
  shops += 1;
  const slug = `importer-${shops}`;
  const fileKeys = parseEncryptionKeys(inject('fileKeys'));
  const woken: string[] = [];
  const workflows = {
    wakeMail: async () => void woken.push('mail'),
    wakeCycle: async (_slug: string, month: string) => void woken.push(month),
  };
  const deps = {
    db,
    pool,
    fileKeys,
    workflows,
    sources: { inboxDir: undefined },
  } as unknown as ActivityDependencies;
  const settings = merchantSettingsSchema.parse({ paymentMethods: { cardService: 'GMO' } });
  const merchant = { slug, name: slug, kind: 'sandbox' as const, settings };

  const { id: merchantId } = await createMerchant(db, { ...merchant, actor: 'test', now: AT });
  let uploads = 0;
  let version = 1;
  return {
    ...{ merchantId, slug, deps, woken },
    async upload(kind, text) {
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
    },
    async changeService(cardService, cardMigration = {}) {
      version += 1;
      const paymentMethods = { cardService };
      await saveSettings(db, merchantId, {
        ...{ actor: 'test', reason: 'test', now: AT, seenVersion: version - 1 },
        settings: merchantSettingsSchema.parse({ paymentMethods, cardMigration }),
      });
    },
    async writeSecret(name, value) {
      await writeSecret(db, merchantId, { name, value, now: AT, actor: 'test' }, fileKeys);
    },
    async refuseCard() {
      const { rows } = await sql<{ id: number; fileId: number }>`
        select k.id, i.file_id as "fileId" from cards k join imports i on i.id = k.import_id
         where k.merchant_id = ${merchantId}`.execute(db);
      const { id, fileId } = rows[0]!;
      expect(await refuseCards(db, { merchantId, fileId }, [id])).toMatchObject({ locked: 1 });
      return { fileId };
    },
    async locks() {
      const { rows } = await sql<{ said: string }>`
        select number || ' ' || n || ' ' || last_digits as said from open_card_locks
         where merchant_id = ${merchantId} order by number`.execute(db);
      return rows.map(({ said }) => said);
    },
  };
}
