import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Config, readConfig } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import {
  createEndpoint,
  type EndpointSettings,
  moveEndpoint,
} from '../../db/queries/delivery-endpoints.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { startMailServer } from '../../sandbox/mail-server.ts';
import { checkInbox, checkSmtp } from '../../stack/inspect-machine.ts';
import { judgeWorkers } from '../../stack/inspect-temporal.ts';
import { type Finding, inspectStack } from '../../stack/inspection.ts';
import { readOrMakeSecrets } from '../../stack/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { makeTemporaryDir } from './temporary-dir.ts';

const now = '2026-11-22T00:00:00.000Z';
const dataDir = makeTemporaryDir();
const slug = `m-${randomBytes(4).toString('hex')}`;
const sandboxSlug = `sandbox-${slug}`;
let database: TestDatabase;
let db: Db;
let findings: Finding[];

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 2 });
  readOrMakeSecrets(dataDir);
  // The public key of nobody: only its form is looked at.
  const hostKeys = [`SHA256:${'A'.repeat(43)}`];
  const merchant = await createMerchant(db, {
    ...{ slug, name: '診断の店', kind: 'real', actor: 'test', now },
    settings: merchantSettingsSchema.parse({
      schedule: { cycleDay: 10 },
      orderSource: { kind: 'directory' },
      cardRefresh: {
        enabled: true,
        shopId: 'shop1',
        sftp: { host: '127.0.0.1', user: 'shop', secretName: 'gmo-sftp', hostKeys },
      },
      mailbox: { host: '192.0.2.1', user: 'shop', secretName: 'mailbox' },
    }),
  });
  const secret = { name: 'mailbox', value: randomBytes(8).toString('hex'), now, actor: 'test' };
  await writeSecret(db, merchant.id, secret, [{ id: 'lost-key', bytes: randomBytes(32) }]);
  await addEndpoint(merchant.id, 'results', '192.0.2.2', 'results-signature');
  await addEndpoint(merchant.id, 'events', '169.254.169.254', 'mailbox', {
    webhook: { events: ['cycle.stage'], secretOverlapHours: 24 },
  });
  await addEndpoint(merchant.id, 'given-up', '169.254.169.254', 'nowhere');
  const retired = { slug: endpointSlug('given-up'), state: 'retired' } as const;
  await moveEndpoint(db, merchant.id, { ...retired, actor: 'test', reason: null, now });
  await addEndpoint(merchant.id, 'own-machine', '127.0.0.1', 'mailbox');
  await addEndpoint(merchant.id, 'own-network', '192.168.0.9', 'mailbox');
  const { id } = await createMerchant(db, {
    ...{ slug: sandboxSlug, name: '砂場の店', kind: 'sandbox', actor: 'test', now },
    settings: merchantSettingsSchema.parse({}),
  });
  await addEndpoint(id, 'elsewhere', '192.168.0.9', 'none');
  findings = await inspectStack({
    ...configured(),
    databaseUrlApp: database.appUrl,
    temporalAddress: inject('temporalAddress'),
    temporalNamespace: inject('temporalNamespace'),
    inboxDir: dataDir,
  });
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
  await db?.destroy();
  await database?.drop();
});

/** Names of endpoints are those of all merchants. */
const endpointSlug = (name: string) => `${name}-${slug}`;

async function addEndpoint(
  merchantId: number,
  name: string,
  host: string,
  secretName: string,
  webhook: Pick<EndpointSettings, 'webhook'> = {},
): Promise<void> {
  await createEndpoint(db, merchantId, {
    slug: endpointSlug(name),
    settings: {
      ...{ url: `https://${host}/x`, secretName, encoding: 'utf-8', backOffSeconds: [10] },
      ...{ timeoutMs: 1000, concurrency: 1, circuitFailures: 5, circuitPauseSeconds: 60 },
      ...webhook,
    },
    ...{ actor: 'test', reason: null, now },
  });
}

const configured = (): Config => ({ ...readConfig(), dataDir, databaseUrl: undefined });
const textsOf = (part: string) =>
  findings.filter((one) => one.part === part && !one.ok).map(({ text }) => text);

test('what the settings of a merchant need and do not find is named, with what to do', () => {
  const texts = textsOf(`Merchant ${slug}`);
  expect(texts).toContainEqual('cardRefresh.sftp: no secret gmo-sftp');
  expect(texts).toContainEqual(expect.stringMatching(/^cardRefresh\.sftp: .*127\.0\.0\.1/));
  expect(texts).toContainEqual(`orderSource: ${dataDir}/${slug} cannot be read`);
  // Its secret is there; its address is one that nobody may use.
  expect(texts.filter((text) => text.startsWith('mailbox: no secret'))).toEqual([]);
  for (const { ok, remedy } of findings) if (!ok) expect(remedy).not.toBe('');
});

test('systems that are told results or events are looked at as well, but for retired ones', () => {
  const texts = textsOf(`Merchant ${slug}`).filter((text) => text.includes(`-${slug}: `));
  expect(texts).toContainEqual(
    `carrier endpoint ${endpointSlug('results')}: no secret results-signature`,
  );
  expect(texts).toContainEqual(
    expect.stringMatching(`^webhook ${endpointSlug('events')}: .*which is never called`),
  );
  expect(texts.filter((text) => text.includes('given-up'))).toEqual([]);
});

test('an address that may not be called comes with what would help: to allow it only where it may be allowed', () => {
  const remedyOf = (name: string) =>
    findings.find(
      ({ text }) => text.includes(` ${endpointSlug(name)}: `) && text.includes('called'),
    )?.remedy;
  expect(remedyOf('own-machine')).toContain('allowing this one opens nothing');
  expect(remedyOf('own-machine')).toContain('never reaches loopback');
  expect(remedyOf('own-network')).toMatch(/^Have an admin allow it/);
  expect(findings).toContainEqual(
    expect.objectContaining({
      part: `Merchant ${sandboxSlug}`,
      text: expect.stringContaining('reaches this machine only'),
      remedy: expect.stringMatching(/^Name a receiver on this machine there, as 127\.0\.0\.1/),
    }),
  );
});

test('a key that is gone, Schedules that are not made and work that nobody takes are found', () => {
  expect(textsOf('Keys in use')).toEqual([expect.stringContaining('lost-key')]);
  expect(textsOf('Schedules')).toEqual([expect.stringContaining(`start:${slug}:cycle`)]);
  expect(
    judgeWorkers(
      new Map([
        ['tsukigime', ['a']],
        ['tsukigime-files', []],
      ]),
    ),
  ).toMatchObject({
    ok: false,
    text: expect.stringContaining('tsukigime-files'),
  });
  expect(judgeWorkers(new Map([['tsukigime', ['a', 'b']]]))).toMatchObject({ ok: true });
});

test('the mail server is asked to let us in, and the inbox looked into', async () => {
  const mailServer = await startMailServer();
  const smtpUrl = `smtp://${mailServer.host}:${mailServer.port}`;
  const asked = { ...configured(), smtpUrl, smtpFrom: 'billing@shop.example' };
  expect(await checkSmtp(asked)).toMatchObject({ ok: true });
  await mailServer.stop();
  expect(await checkSmtp(asked)).toMatchObject({
    ok: false,
    remedy: expect.stringContaining('SMTP_URL'),
  });
  expect(await checkInbox({ ...configured(), inboxDir: `${dataDir}/none` })).toMatchObject({
    ok: false,
  });
});
