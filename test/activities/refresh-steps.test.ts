import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { createCardRefreshActivities } from '../../activities/card-refresh.ts';
import { createRefreshRequestActivities } from '../../activities/refresh-request.ts';
import { createRefreshResultActivities } from '../../activities/refresh-result.ts';
import { createSendRefreshActivities } from '../../activities/send-refresh.ts';
import { planRefresh } from '../../billing/card-refresh.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import {
  changeRefresh,
  openRefresh,
  type RefreshChange,
  requireRefresh,
} from '../../db/queries/card-refresh.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { startGmoSandbox } from '../../sandbox/gmo/server.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { whileItWaits } from '../db/under-lock.ts';

/** Steps of a refresh against servers that do not answer, or not as they should. */
const keys = parseEncryptionKeys(inject('fileKeys'));
const month = '2026-12';
let database: TestDatabase;
let db: Db;
let merchantId: number;
let server: Server;
let sockets: Socket[] = [];
let told = 0;
/** Every new connection at once, from now on. */
let hangsUp = false;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 4 });
  server = createServer((socket) => {
    socket.on('error', () => {});
    if (hangsUp) socket.destroy();
    else sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await db.destroy();
  await database.drop();
});

let shops = 0;
beforeEach(async () => {
  shops += 1;
  told = 0;
  hangsUp = false;
  sockets = [];
  const { port } = server.address() as { port: number };
  const settings = merchantSettingsSchema.parse({
    cardRefresh: {
      ...{ shopId: 's', shopPasswordSecret: 'gmo', siteId: 's', sitePasswordSecret: 'gmo' },
      sftp: {
        ...{
          host: '127.0.0.1',
          port,
          user: 'u',
          secretName: 'gmo',
          hostKeys: [`SHA256:${'A'.repeat(43)}`],
        },
        ...{ requestFolder: '/request', resultFolder: '/result' },
      },
    },
  });
  const now = '2026-11-26T00:00:00.000Z';
  const merchant = { slug: `shop-${shops}`, name: 's', kind: 'sandbox' as const, settings };
  ({ id: merchantId } = await createMerchant(db, { ...merchant, actor: 'test', now }));
  await writeSecret(db, merchantId, { name: 'gmo', value: 'secret', now, actor: 'test' }, keys);
  const requestAt = '2026-11-30T20:00:00.000Z';
  await openRefresh(db, merchantId, { month, requestAt, startedBy: 'test', now });
});

const deps = {
  fileKeys: keys,
  sources: { inboxDir: undefined },
  workflows: {
    wakeMail: async () => {
      told += 1;
    },
  },
};
const of = (now: string) => ({ merchant: `shop-${shops}`, month, now });
const read = () => requireRefresh(db, merchantId, month);

/** Its request was sent by now. */
async function setAsked(change: RefreshChange): Promise<void> {
  const at = '2026-12-01T00:00:00.000Z';
  const { rows } = await sql<{ id: number }>`
    insert into files (merchant_id, sha256, name, kind, direction, bytes, chunks, stored_at, stored_by)
    values (${merchantId}, ${'a'.repeat(64)}, 'request.csv', 'refresh-request', 'outbound', 0, 0,
            ${at}, 'test') returning id`.execute(db);
  const request_file_id = rows[0]?.id ?? 0;
  await changeRefresh(db, merchantId, await read(), { ...change, targets: 1, request_file_id });
}

/** As a worker runs it, as far as the step looks at its worker. */
const asActivity = (step: () => Promise<void>) =>
  asyncLocalStorage.run({ info: { startToCloseTimeoutMs: 60_000 } } as Context, step);

/** Runs a step; a person says `run` once it is connecting, then the server hangs up. */
async function hurryDuring(now: string, step: () => Promise<void>): Promise<void> {
  const running = asActivity(step);
  await vi.waitFor(() => expect(sockets.length).toBeGreaterThan(0), { timeout: 60_000 });
  const act = { actor: 'test', idempotencyKey: `run-${shops}`, reason: '急ぎます' };
  const acts = createCardRefreshActivities({ ...deps, db } as never);
  await acts.runRefreshNow({ ...of(now), workflowId: 'refresh', act });
  hangsUp = true;
  for (const socket of sockets) socket.destroy();
  await running;
}

/** What the machine finds out must not put off what a person wants meanwhile. */
const isDue = async (now: string, step: string) => {
  const { step: next, at } = planRefresh(await read());
  expect([next, (at ?? '') <= now]).toEqual([step, true]);
};

test('run, said while the connection is tried ahead of the day, is run now', async () => {
  const now = '2026-12-01T00:00:00.000Z';
  await db
    .updateTable('card_refreshes')
    .set({ request_at: '2026-12-05T20:00:00.000Z' })
    .where('merchant_id', '=', merchantId)
    .execute();
  const { checkRefresh } = createRefreshRequestActivities({ ...deps, db } as never);
  await hurryDuring(now, () => checkRefresh(of(now)));
  await isDue(now, 'build');
  expect(told).toBe(0);
});

test('run, said while the request is being built, builds it again at once', async () => {
  const now = '2026-12-01T00:00:00.000Z';
  const { buildRefresh } = createRefreshRequestActivities({ ...deps, db } as never);
  await hurryDuring(now, () => buildRefresh(of(now)));
  await isDue(now, 'build');
  expect(await read()).toMatchObject({ stage: 'planned', attention: false });
});

test('run, said while the result is looked for, has it looked for again', async () => {
  const now = '2026-12-27T00:00:00.000Z';
  await setAsked({ stage: 'awaiting_result', due_at: '2026-12-26T15:00:00.000Z' });
  const { lookForRefreshResult } = createRefreshResultActivities({ ...deps, db } as never);
  await hurryDuring(now, () => lookForRefreshResult(of(now)));
  await isDue(now, 'look');
});

test('a month that ended well is not closed, and so never asked for a second time', async () => {
  const now = '2026-12-20T00:00:00.000Z';
  const { closeRefresh, runRefreshNow } = createCardRefreshActivities({ ...deps, db } as never);
  await setAsked({ stage: 'done', due_at: null, closed_at: now });
  const say = (idempotencyKey: string) => {
    const act = { actor: 'test', idempotencyKey, reason: '念のため' };
    return { ...of(now), workflowId: 'refresh', act };
  };
  await expect(closeRefresh(say('close-done'))).rejects.toMatchObject({ type: 'StageConflict' });
  await expect(runRefreshNow(say('run-done'))).rejects.toMatchObject({ type: 'StageConflict' });
  expect(await read()).toMatchObject({ stage: 'done' });
});

test('a folder of results that is not there is told at the second look, and looking goes on', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-gmo-'));
  const gmo = await startGmoSandbox({ dataDir });
  const { password, hostKey, ...login } = gmo.register({ shopId: 'shop-1' });
  const now = '2026-12-27T00:00:00.000Z';
  await writeSecret(db, merchantId, { name: 'gmo', value: password, now, actor: 'test' }, keys);
  const saveFolder = async (resultFolder: string) => {
    const before = await findSettings(db, merchantId);
    const sftp = { ...login, resultFolder, secretName: 'gmo', hostKeys: [hostKey] };
    const cardRefresh = { ...before?.settings.cardRefresh, sftp };
    await saveSettings(db, merchantId, {
      seenVersion: before?.version ?? 0,
      settings: merchantSettingsSchema.parse({ ...before?.settings, cardRefresh }),
      ...{ actor: 'test', reason: 'test', now },
    });
  };
  await setAsked({ stage: 'awaiting_result', due_at: null });
  const { lookForRefreshResult } = createRefreshResultActivities({ ...deps, db } as never);
  const look = () => asActivity(() => lookForRefreshResult(of(now)));
  try {
    await saveFolder('/renamed');
    await look();
    expect(await read()).toMatchObject({
      attention: false,
      note: expect.stringContaining('/renamed'),
    });
    await look();
    expect(await read()).toMatchObject({ stage: 'awaiting_result', attention: true });
    expect(told).toBe(1);
    await saveFolder(login.resultFolder);
    await look();
    expect(await read()).toMatchObject({ stage: 'awaiting_result', note: null });
    expect(told).toBe(1);
  } finally {
    await gmo.stop();
    await rm(dataDir, { recursive: true });
  }
});

async function giveUpGmo(now: string): Promise<void> {
  const before = await findSettings(db, merchantId);
  const paymentMethods = { services: { GMO: { availability: 'unused' } } };
  await saveSettings(db, merchantId, {
    seenVersion: before?.version ?? 0,
    settings: merchantSettingsSchema.parse({ ...before?.settings, paymentMethods }),
    ...{ actor: 'test', reason: 'test', now },
  });
}

test('nothing is asked at GMO while its 利用可否 is 利用しない', async () => {
  const now = '2026-12-01T00:00:00.000Z';
  await giveUpGmo(now);
  const { buildRefresh } = createRefreshRequestActivities({ ...deps, db } as never);
  await asActivity(() => buildRefresh(of(now)));
  const refresh = await read();
  expect(refresh).toMatchObject({ stage: 'not_run', targets: 0 });
  expect(refresh.note).toContain('GMO の利用可否が「利用しない」');
  expect(sockets).toEqual([]);
});

test('nor once it was built, also where that is said while the sending waits for a lock', async () => {
  const now = '2026-12-01T00:00:00.000Z';
  hangsUp = true;
  await setAsked({ stage: 'built', due_at: null });
  const { sendRefresh } = createSendRefreshActivities({ ...deps, db } as never);
  const send = () => asActivity(() => sendRefresh(of(now)));
  await whileItWaits(db, merchantId, send, () => giveUpGmo(now));
  await isDue(now, 'send');
  await send();
  const refresh = await read();
  expect(refresh).toMatchObject({ stage: 'built', attention: true });
  expect(refresh.note).toContain('GMO の利用可否が「利用しない」');
  const sends = await db
    .selectFrom('refresh_sends')
    .where('merchant_id', '=', merchantId)
    .selectAll()
    .execute();
  expect(sends).toEqual([]);
});
