import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { createMigrationEndActivities } from '../../activities/migration-end.ts';
import { createMigrationReleaseActivities } from '../../activities/migration-release.ts';
import { createReturnedFileActivities } from '../../activities/returned-file.ts';
import type { CardService } from '../../billing/card-service.ts';
import { requireMigration, startMigration } from '../../db/queries/card-migrations.ts';
import { lockCustomers } from '../../db/queries/imports.ts';
import { startSftpServer } from '../../sandbox/sftp-server.ts';
import { AT, insertCycle } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { whileItWaits } from '../db/under-lock.ts';
import { cardOf, type ImportShop, oneCustomer, openImportShop } from './import-shop.ts';

/** Acts on a card migration beside imports, and what they leave of locks. */

const { pool, db } = await openOwnDatabase(6);
const inActivity = <T>(step: () => Promise<T>): Promise<T> =>
  asyncLocalStorage.run({ info: {} } as Context, step);

async function start({ merchantId }: ImportShop, rehearsal: boolean) {
  const started = await startMigration(db, merchantId, {
    ...{ service: 'GMO', oldService: 'old', scope: { kind: 'all' }, follows: null, rehearsal },
    ...{ requestKey: 'start', actor: 'test', now: AT },
  });
  if (typeof started === 'string') throw new Error(started);
  return started.migration;
}

const actOn = ({ slug }: ImportShop, number: number) => ({
  ...{ merchant: slug, number, now: AT, workflowId: 'test' },
  act: { actor: 'test', idempotencyKey: 'act', reason: null },
});

/** What the import of a returned file stands beside: its migration is importing, its round was read. */
async function standAsReturned({ merchantId }: ImportShop, migrationId: number, fileId: number) {
  await sql`
    with link as (
      insert into migration_link_files (merchant_id, migration_id, n, file_id, file_name, customers,
                                        settings_version, released_at, released_by)
      values (${merchantId}, ${migrationId}, 1, ${fileId}, 'link.csv', 1, 1, ${AT}, 'test') returning id
    )
    insert into migration_rounds (merchant_id, migration_id, link_file_id, n, file_id, file_name,
                                  addition, state, import_id, taken_at, taken_by)
    select ${merchantId}, ${migrationId}, link.id, 1, ${fileId}, 'r.csv', false, 'read', i.id, ${AT},
           'test'
      from link, (select max(id) as id from imports where merchant_id = ${merchantId}) i`.execute(
    db,
  );
  await sql`update card_migrations set stage = 'importing' where id = ${migrationId}`.execute(db);
}

test('a link file that waited for an import is released under the settings of now', async () => {
  const shop = await openImportShop(db, pool);
  await (await shop.upload('customers', oneCustomer))();
  const { number } = await start(shop, true);
  const { releaseLinkFile } = createMigrationReleaseActivities(shop.deps);
  const release = () => inActivity(() => releaseLinkFile(actOn(shop, number)));
  const released = whileItWaits(
    db,
    shop.merchantId,
    release,
    () => shop.changeService('YAMATO'),
    lockCustomers,
  );
  await expect(released).rejects.toThrow('連携ファイルを確定していません');
});

test('a migration that is taken back locks again the refused card that it had replaced', async () => {
  const shop = await openImportShop(db, pool);
  await insertCycle(db, shop.merchantId, '2026-11');
  await (await shop.upload('customers', oneCustomer))();
  await (await shop.upload('cards', cardOf('111', '3012')))();
  const { fileId } = await shop.refuseCard();
  const { id, number } = await start(shop, false);
  const returned = await shop.upload('cards', cardOf('222', '3112'));
  await standAsReturned(shop, id, fileId);
  expect(await returned()).toMatchObject({ stage: 'done', imported: 1 });
  expect(await shop.locks()).toEqual([]);
  shop.woken.length = 0;
  // It may have died right after the merge, and is tried again.
  const { importReturnedFile } = createReturnedFileActivities(shop.deps);
  await inActivity(() => importReturnedFile(actOn(shop, number)));
  expect(shop.woken.splice(0)).toEqual(['mail', '2026-11']);
  const { cancelMigration } = createMigrationEndActivities(shop.deps);
  const after = await inActivity(() => cancelMigration(actOn(shop, number)));
  expect(after).toMatchObject({ stage: 'cancelled' });
  expect(await shop.locks()).toEqual(['2 2 111']);
  expect(shop.woken).toEqual(['2026-11']);
});

test('a link file is sent by no machine once the settings say otherwise', async () => {
  const shop = await openImportShop(db, pool);
  await (await shop.upload('customers', oneCustomer))();
  const { id, number } = await start(shop, false);
  const returned = await shop.upload('cards', cardOf('111', '3012'));
  await returned();
  const { rows } = await sql<{ fileId: number }>`
    select file_id as "fileId" from imports where merchant_id = ${shop.merchantId} limit 1`.execute(
    db,
  );
  await standAsReturned(shop, id, rows[0]!.fileId);
  await sql`update card_migrations set stage = 'handing_over', due_at = ${AT} where id = ${id}`.execute(
    db,
  );
  const folder = mkdtempSync(join(tmpdir(), 'tsukigime-link-'));
  const password = randomBytes(9).toString('hex');
  const server = await startSftpServer([{ user: 'mover', password, folder }]);
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  await shop.writeSecret('psp', password);
  const sftp = {
    ...{ host: '127.0.0.1', port: server.port, user: 'mover', folder: '/' },
    ...{ secretName: 'psp', hostKeys: [server.hostKey] },
  };
  const { deliverLinkFile } = createMigrationReleaseActivities(shop.deps);
  const deliver = async (service: CardService, delivery: 'sftp' | 'download') => {
    await shop.changeService(service, { linkFile: { delivery, sftp } });
    await inActivity(() => deliverLinkFile(actOn(shop, number)));
    const migration = await requireMigration(db, shop.merchantId, number);
    return { sent: readdirSync(folder), stage: migration.stage, note: migration.note };
  };
  const waiting = { sent: [], stage: 'handing_over' };
  expect(await deliver('GMO', 'download')).toEqual({
    ...waiting,
    note: expect.stringContaining('SFTP以外の渡し方'),
  });
  expect(await deliver('YAMATO', 'sftp')).toEqual({
    ...waiting,
    note: expect.stringContaining('利用サービスの設定は YAMATO'),
  });
  expect(await deliver('GMO', 'sftp')).toMatchObject({
    sent: ['link.csv'],
    stage: 'awaiting_return',
  });
});
