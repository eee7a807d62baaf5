import { type AddressInfo, connect, createServer } from 'node:net';
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createMailOutboxActivities } from '../../activities/mail-outbox.ts';
import { runNgWave } from '../../activities/ng-wave.ts';
import { declinedAt, firstDueAt, insertDeclined } from '../../bench/declined-charges.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { type FaultyMailServer, startFaultyMailServer } from '../outside/faulty-mail-server.ts';

const { db } = await openOwnDatabase();
const merchant = await insertDeclined(db, { slug: 'mail-round', count: 2 });
let post: FaultyMailServer;
/** In front of it: a round has begun when it connects. */
const line = createServer(async (near) => {
  await stopMails();
  const far = connect(post.port, '127.0.0.1');
  // A session that is over is cut.
  for (const socket of [near, far]) socket.on('error', () => {});
  near.pipe(far).pipe(near);
});
beforeAll(async () => {
  post = await startFaultyMailServer();
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  line.close();
  await post.close();
});

async function stopMails(): Promise<void> {
  const saved = await findSettings(db, merchant.id);
  if (saved === undefined) throw new Error('the merchant has settings');
  const { settings, version: seenVersion } = saved;
  const ng = { ...settings.ng, contact: { ...settings.ng.contact, enabled: false } };
  const by = { actor: 'test', reason: '文面の誤り', now: firstDueAt };
  await saveSettings(db, merchant.id, { seenVersion, settings: { ...settings, ng }, ...by });
}

test('mails to customers that a person stops do not leave in a round that has begun', async () => {
  const nothing = async () => {};
  const { port } = line.address() as AddressInfo;
  const server = { host: '127.0.0.1', port, secure: false, login: null };
  const deps = {
    db,
    fileKeys: parseEncryptionKeys(inject('fileKeys')),
    workflows: {
      wakeCycle: nothing,
      wakeMail: nothing,
      startExchange: nothing,
      wakeNgDesk: nothing,
    },
    mail: { servers: { sandbox: server, real: null }, from: 'shop@example.jp', consoleUrl: null },
  } as unknown as ActivityDependencies;
  for (const now of [declinedAt, firstDueAt]) {
    await runNgWave(deps, { merchant: merchant.slug, now });
  }
  const round = { merchant: merchant.slug, now: firstDueAt, limit: 10 };
  const activity = { info: {}, cancellationSignal: new AbortController().signal };
  const sent = await asyncLocalStorage.run(activity as unknown as Context, () =>
    createMailOutboxActivities(deps).sendMails(round),
  );
  expect(sent).toMatchObject({ tried: 1 });
  const answers = await db.selectFrom('mail_send_answers').select(['answer', 'detail']).execute();
  expect(answers).toEqual([{ answer: 'withdrawn', detail: 'not_enabled' }]);
});
