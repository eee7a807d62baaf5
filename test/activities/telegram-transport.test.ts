import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  test,
  vi,
} from 'vitest';
import { createTransport } from '../../activities/create-transport.ts';
import type { Fetched, OutgoingFile, Transport } from '../../activities/transport.ts';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { createMerchant, type Merchant } from '../../db/queries/merchants.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { type Authority, openAuthority } from '../../sandbox/paygent/authority.ts';
import type { TelegramAccess } from '../../sandbox/paygent/telegram-front.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import {
  makeDataDir,
  merchantId,
  openPortalSession,
  type PortalSession,
  sessionStart,
} from '../sandbox/portal-session.ts';
import { makeTransactionFile, type SampleOrder } from '../sandbox/transaction-bytes.ts';

const orders: readonly SampleOrder[] = [
  ['101', 1000],
  ['102', 2000],
  ['901', 3000],
];
const fileKeys = parseEncryptionKeys(inject('fileKeys'));

let database: TestDatabase;
let db: Db;
let session: PortalSession;
let access: TelegramAccess;
let strangerDir: string;
let stranger: Authority;
let merchants = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl, { maxConnections: 2 });
  strangerDir = await makeDataDir();
  stranger = await openAuthority(join(strangerDir, 'authority.json'));
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
  await rm(strangerDir, { recursive: true });
});
beforeEach(async () => {
  session = await openPortalSession();
  access = await session.getJson<TelegramAccess>(`/merchants/${merchantId}/telegram`);
});
afterEach(() => session.stop());

type Telegram = NonNullable<NonNullable<MerchantSettingsInput['paygent']>['telegram']>;

/** A merchant of its own for each transport: its secrets are what this test says. */
async function open(
  more: Partial<Telegram> = {},
  secrets: Partial<Record<'certificate' | 'connectPassword', string>> = {},
): Promise<Transport> {
  merchants += 1;
  const settings = merchantSettingsSchema.parse({
    paygent: {
      merchantId,
      transport: 'telegram',
      telegram: {
        url: access.url,
        connectId: access.connectId,
        certificateAuthority: access.certificateAuthority,
        ...more,
      },
    },
  });
  const base = {
    name: 'テスト',
    kind: 'sandbox',
    settings,
    actor: 'test',
    now: sessionStart,
  } as const;
  const merchant: Merchant = await createMerchant(db, { ...base, slug: `t-${merchants}00` });
  const given = { ...access, ...secrets };
  for (const [name, value] of [
    ['paygent-certificate', given.certificate],
    ['paygent-connect-password', given.connectPassword],
  ] as const) {
    await writeSecret(db, merchant.id, { name, value, now: sessionStart, actor: 'test' }, fileKeys);
  }
  return createTransport({ db, fileKeys }, merchant, settings, 'telegram');
}

async function fileOf(
  more: Partial<OutgoingFile> & { whole?: Buffer } = {},
): Promise<OutgoingFile> {
  const bytes = more.whole ?? (await makeTransactionFile('authorization', merchantId, orders));
  return {
    name: { billingMonth: '2026-11', kind: 'auth', number: 1 },
    fileName: 'auth-2026-11-001.csv',
    content: async function* () {
      yield bytes.subarray(0, 10);
      yield bytes.subarray(10);
    },
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    records: orders.length,
    amountYen: 6000,
    sendNumber: 1,
    acceptanceNumber: null,
    now: sessionStart,
    ...more,
  };
}

/** Telegrams 200 that reached Paygent, and what it authorized. */
async function counted() {
  const path = `/merchants/${merchantId}/telegrams`;
  const { references } = await session.getJson<{ references: string[] }>(path);
  const { totals } = await session.readLedger();
  return { received: references.length, authorizations: totals.authorizations };
}

/** After the PSP has worked off what it took. */
const processed = () => session.setClock('2026-11-20T02:00:00.000Z');

async function contentOf(fetched: Fetched): Promise<Buffer> {
  if (fetched.kind !== 'result') throw new Error(JSON.stringify(fetched));
  const pieces: Uint8Array[] = [];
  for await (const piece of fetched.content) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('a file by telegram', () => {
  test('is taken, asked for while it is in hand, and its result is fetched', async () => {
    const transport = await open();
    const file = await fileOf();
    expect(await transport.send(file)).toEqual({ kind: 'accepted', acceptanceNumber: '2881' });
    const found = { kind: 'found', acceptanceNumber: '2881', records: 3 };
    expect(await transport.inquire(file)).toEqual({ ...found, completed: false });
    expect(await transport.fetchResult(file)).toEqual({ kind: 'waiting' });
    await processed();
    expect(await transport.inquire(file)).toEqual({ ...found, completed: true });
    const fetched = await transport.fetchResult({ ...file, acceptanceNumber: '2881' });
    expect(fetched).toMatchObject({ fileName: 'auth-2026-11-001-result.csv' });
    const lines = (await contentOf(fetched)).toString('latin1').split('\r\n');
    expect(lines[0]).toBe(`1,020,${merchantId},2881,3,,0,,`);
    expect(lines.slice(1).map((line) => line.split(',')[15])).toEqual(['0', '0', '1', ...Array(2)]);
    expect(await counted()).toEqual({ received: 1, authorizations: 2 });
  });

  test('of the wrong format is rejected with the errors of its lines', async () => {
    const bytes = await makeTransactionFile('authorization', merchantId, orders);
    const whole = Buffer.from(bytes.toString().replace('1,020,', '1,20,').replace(/4,3/, '4,9'));
    const answer = await (await open()).send(await fileOf({ whole }));
    expect(answer).toMatchObject({
      kind: 'rejected',
      errors: [
        { part: 'header', line: 1, item: '取引種別' },
        { part: 'trailer', line: 5, item: '合計件数' },
      ],
    });
  });

  test('shows its first 51 errors', async () => {
    const many: SampleOrder[] = Array.from({ length: 60 }, (_, at) => [`2${at}`, 1]);
    const bytes = await makeTransactionFile('authorization', merchantId, many);
    const whole = Buffer.from(bytes.toString().replace(/,1,,,10,/g, ',0,,,10,'));
    const answer = await (await open()).send(await fileOf({ whole }));
    expect(answer).toMatchObject({ kind: 'rejected', errors: { length: 51 } });
    expect(await counted()).toEqual({ received: 1, authorizations: 0 });
  });

  test('is found again after Paygent was away, at the same address and by the same certificate', async () => {
    const transport = await open();
    const file = await fileOf();
    await transport.send(file);
    await session.restart();
    expect(await transport.inquire(file)).toMatchObject({ kind: 'found' });
  });

  test('that is not the one that was built stays here', async () => {
    const file = { ...(await fileOf()), sha256: '0'.repeat(64) };
    expect(await (await open()).send(file)).toMatchObject({ kind: 'not_sent' });
    expect(await counted()).toMatchObject({ received: 0 });
  });
});

describe('who is not let in', () => {
  test('by the certificate has sent nothing', async () => {
    const { cert, key } = await stranger.issueClient(merchantId);
    const transport = await open({}, { certificate: `${cert}\n${key}` });
    expect(await transport.send(await fileOf())).toMatchObject({ kind: 'not_sent' });
    expect(await transport.inquire(await fileOf())).toMatchObject({ kind: 'unclear' });
    expect(await counted()).toMatchObject({ received: 0 });
  });

  test('by a server that is not Paygent’s has sent nothing', async () => {
    const transport = await open({ certificateAuthority: stranger.cert });
    expect(await transport.send(await fileOf())).toMatchObject({ kind: 'not_sent' });
  });

  test('by the password learns it, and nobody reads it', async () => {
    const connectPassword = 'not-the-password';
    const answer = await (await open({}, { connectPassword })).send(await fileOf());
    expect(answer).toMatchObject({
      kind: 'not_sent',
      why: expect.stringContaining('SANDBOX-AUTH'),
    });
    expect(JSON.stringify(answer)).not.toContain(connectPassword);
    expect(await counted()).toMatchObject({ received: 0 });
  });

  test('with no certificate that can be read is told so', async () => {
    const transport = await open({}, { certificate: 'no certificate' });
    const answer = await transport.send(await fileOf());
    expect(answer).toMatchObject({ kind: 'not_sent', why: expect.stringContaining('証明書') });
  });

  test('where nobody listens has sent nothing', async () => {
    const transport = await open({ url: access.url.replace(/:\d+/, ':1') });
    expect(await transport.send(await fileOf())).toMatchObject({ kind: 'not_sent' });
  });
});

describe('an answer that does not come', () => {
  test.each([
    [
      'cut before anything was taken',
      'cut_before_acceptance',
      { received: 1, authorizations: 0 },
      'absent',
    ],
    ['cut before it', 'cut_after_acceptance', { received: 1, authorizations: 2 }, 'found'],
    ['cut inside', 'answer_cut', { received: 1, authorizations: 2 }, 'found'],
    ['of a code that nobody knows', 'answer_unknown', { received: 1, authorizations: 2 }, 'found'],
  ] as const)(
    '%s leaves it unclear until it is asked for, and sends nothing again',
    async (_what, kind, count, then) => {
      await session.orderFault({ kind });
      const transport = await open();
      const file = await fileOf();
      expect(await transport.send(file)).toMatchObject({ kind: 'unclear' });
      expect(await transport.inquire(file)).toMatchObject({ kind: then });
      await processed();
      expect(await counted()).toEqual(count);
    },
  );

  test('while our side may wait leaves it unclear', async () => {
    await session.orderFault({ kind: 'answer_never' });
    const transport = await open();
    const file = await fileOf();
    const giveUp = new AbortController();
    const sent = transport.send({ ...file, signal: giveUp.signal });
    await vi.waitUntil(async () => (await counted()).received === 1, { timeout: 60_000 });
    giveUp.abort();
    expect(await sent).toMatchObject({ kind: 'unclear' });
    expect(await transport.inquire(file)).toMatchObject({ kind: 'found' });
    await processed();
    expect(await counted()).toEqual({ received: 1, authorizations: 2 });
  });

  test('can be asked for by nobody where Paygent keeps no number of ours', async () => {
    await session.orderFault({ kind: 'answer_cut' });
    const transport = await open({ referenceName: null });
    const file = await fileOf();
    expect(await transport.send(file)).toMatchObject({ kind: 'unclear' });
    expect(await transport.inquire(file)).toMatchObject({ kind: 'unclear' });
    // A person found it: then its number names it.
    const numbered = { ...file, acceptanceNumber: '2881' };
    expect(await transport.inquire(numbered)).toMatchObject({ kind: 'found' });
  });

  test('is not said to be absent where no code says so', async () => {
    const transport = await open({ codes: { absent: [] } });
    expect(await transport.inquire(await fileOf())).toMatchObject({ kind: 'unclear' });
    const fetched = await transport.fetchResult(await fileOf());
    expect(fetched).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('SANDBOX-NOFILE'),
    });
  });

  test('whole is no result, and the next look fetches it', async () => {
    await session.orderFault({ kind: 'result_cut' });
    const transport = await open();
    const file = await fileOf();
    await transport.send(file);
    await processed();
    const cut = await transport.fetchResult(file);
    await expect(contentOf(cut)).rejects.toMatchObject({ problem: 'cut' });
    const whole = await contentOf(await transport.fetchResult(file));
    expect(whole.toString('latin1')).toMatch(/\r\n4,3\r\n$/);
    // A result that nobody reads is closed.
    const unread = await transport.fetchResult(file);
    if (unread.kind === 'result') await unread.content.return();
    expect(unread.kind).toBe('result');
  });
});
