import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { carryFile } from '../../sandbox/bill-month.ts';
import { setSandboxClock } from '../../sandbox/paygent-operator.ts';
import { wakeMailbox } from '../../temporal/mail-workflows.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import { prepareWorkerChild, type WorkerChild } from '../campaign/worker-child.ts';
import { writeBounceReport } from '../outside/bounce-report.ts';
import { type FaultyMailServer, startFaultyMailServer } from '../outside/faulty-mail-server.ts';
import { type ImapServer, startImapServer } from '../outside/imap-server.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import { ask, makeExport, post, untilCycle, untilExchange } from './month-acts.ts';

/**
 * A month whose NG desk mails the customers itself, over real SMTP: a worker killed in the middle, a
 * signed link, a mail that comes back, a new card, and silence until the charge is given up.
 */
const billed = '2026-11';
/** Short: the next worker takes over when the dead one has been silent for as long. */
const timing = { heartbeatTimeoutMs: 2000, retryInitialIntervalMs: 100 };
const shopsPeople = 'people@example.jp';

let mail: FaultyMailServer;
let imap: ImapServer;
let month: Month;
const workers: WorkerChild[] = [];

beforeAll(async () => {
  [mail, imap] = await Promise.all([startFaultyMailServer(), startImapServer()]);
  month = await openMonth({
    workers: false,
    timing,
    settings: {
      operatorMail: { to: [shopsPeople] },
      ng: {
        contact: {
          enabled: true,
          hours: { from: '00:00', to: '23:59' },
          cardPageUrl: 'https://shop.example.jp/card?t={token}',
        },
      },
    },
  });
  const secret = { name: 'mailbox', value: imap.password, now: sandboxNow, actor: 'test' };
  await writeSecret(month.db, month.merchantId, secret, parseEncryptionKeys(inject('fileKeys')));
  await startWorker();
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await month?.close();
  await Promise.all([mail.close(), imap.close()]);
});

async function startWorker(): Promise<void> {
  const worker = prepareWorkerChild({
    address: inject('temporalAddress'),
    namespace: inject('temporalNamespace'),
    payloadKeys: inject('payloadKeys'),
    fileKeys: inject('fileKeys'),
    databaseUrl: month.appDatabaseUrl,
    taskQueue: month.taskQueue,
    ...{ bundlesDir, timing, logLevel: 'silent' },
    mail: { sandboxSmtpUrl: mail.url, smtpFrom: 'tsukigime@example.jp' },
  });
  workers.push(worker);
  await worker.begin();
}

async function passTo(instant: string): Promise<void> {
  await setSandboxClock(month.portal.url, instant);
  await advanceMerchantClock({
    ...{ db: month.db, client: month.client, merchant: month.day.desk.merchant, actor: 'test' },
    target: instant,
    realNowMs: Date.now,
  });
}

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000 });

/** The mails that the server has whole, by the customer's order (a1@… is A's first address). */
const mailsTo = async (address: string) => {
  const all = await Promise.all(mail.mails.map((one) => simpleParser(one)));
  return all.filter(({ to }) => JSON.stringify(to).includes(address));
};

interface CaseView {
  readonly nextStep: string;
  readonly outcome: string | null;
  readonly recoveredBy: string | null;
  readonly mails: readonly { readonly key: string; readonly state: string }[];
}
const readCase = async (order: string) =>
  ((await ask(month, 'GET', `/cycles/${billed}/ng-cases/${order}`)).body.cases as CaseView[])[0];

const act = (what: object, orderNumber: string) =>
  post(month, '/ng-cases/acts', { ...what, cases: [{ month: billed, orderNumber }] });

async function useMailbox(on: boolean): Promise<void> {
  const { db, merchantId, client, taskQueue, day } = month;
  const current = await findSettings(db, merchantId);
  const { port, user } = imap;
  const mailbox = on
    ? { host: '127.0.0.1', port, secure: false, user, secretName: 'mailbox' }
    : null;
  await saveSettings(db, merchantId, {
    seenVersion: current?.version ?? 0,
    settings: merchantSettingsSchema.parse({ ...current?.settings, mailbox }),
    ...{ actor: 'test', reason: 'メールボックスの監視', now: sandboxNow },
  });
  const { clockOffsetMs } = (await db
    .selectFrom('merchants')
    .where('id', '=', merchantId)
    .select('clock_offset_ms as clockOffsetMs')
    .executeTakeFirst()) ?? { clockOffsetMs: 0 };
  await wakeMailbox(createWorkflowStarter(client, taskQueue, timing), {
    slug: day.desk.merchant,
    clockOffsetMs,
  });
}

test('a worker that is killed while it mails the customers mails nobody twice', async () => {
  const orders = ['A-OK', 'B-G83x1', 'C-G83', 'D-G83'].map((number) => ({
    number,
    メールアドレス: `${number.slice(0, 1).toLowerCase()}@example.jp`,
  }));
  await month.begin(billed, makeExport(orders));
  for (const name of ['auth-1', 'capture-1']) {
    await carryFile(month.day, await untilExchange(month, billed, name));
  }
  await eventually(async () => expect((await readCase('D-G83'))?.nextStep).toBe('contact'));
  await passTo('2026-11-24T00:59:00.000Z');

  mail.fault = 'silent_after_data';
  const before = mail.mails.length;
  // Nobody answers for a while, so the clock may give up: it stands where it was sent all the same.
  const passed = passTo('2026-11-24T01:01:00.000Z').catch(() => {});
  await eventually(() => expect(mail.mails).toHaveLength(before + 1));
  await workers[0]?.kill();
  mail.fault = null;
  await startWorker();
  await passed;
  const readMails = () =>
    Promise.all(
      ['B-G83x1', 'C-G83', 'D-G83'].map(async (order) => (await readCase(order))?.mails[0]),
    );
  await eventually(async () =>
    expect((await readMails()).map((one) => one?.state).sort()).toEqual([
      'sent',
      'sent',
      'unknown',
    ]),
  );
  for (const customer of ['b', 'c', 'd']) {
    expect(await mailsTo(`${customer}@example.jp`)).toHaveLength(1);
  }
  expect(await mailsTo('a@example.jp')).toEqual([]);

  // Nobody but a person says what became of the one that was cut off.
  const unknown = (await readMails()).find((one) => one?.state === 'unknown');
  const said = { outcome: 'sent', reason: 'メールサーバーの記録で確認' };
  expect((await post(month, `/mails/${unknown?.key}/decision`, said)).status).toBe(200);
});

test('the link in the mail names the case to the shop; a new card is paid and nobody asks again', async () => {
  const [first] = await mailsTo('b@example.jp');
  const token = decodeURIComponent(/t=(\S+)/.exec(first?.text ?? '')?.[1] ?? '');
  const link = await post(month, '/card-page-links/verification', { token });
  expect(link.body).toMatchObject({ orderNumber: 'B-G83x1', month: billed, open: true });

  expect((await act({ kind: 'new_card', previousOrderNumber: null }, 'B-G83x1')).status).toBe(200);
  await passTo('2026-11-25T01:01:00.000Z');
  for (const name of ['retry-1', 'capture-2']) {
    await carryFile(month.day, await untilExchange(month, billed, name));
  }
  await eventually(async () =>
    expect(await readCase('B-G83x1')).toMatchObject({ outcome: 'paid', recoveredBy: 'new_card' }),
  );
});

test('a mail that comes back hands its case to a person, and the month says so', async () => {
  await untilCycle(month, billed, ({ stage, attention }) => stage === 'working_ng' && !attention);
  const [first] = await mailsTo('c@example.jp');
  imap.deliver(writeBounceReport('c@example.jp', first?.messageId ?? ''));
  await useMailbox(true);
  await eventually(async () => expect((await readCase('C-G83'))?.nextStep).toBe('decide'));
  const cycle = await untilCycle(month, billed, ({ attention }) => attention);
  expect(cycle.waitsFor).toContain('NG 1 件');
  await useMailbox(false);
});

test('who does not answer is asked once more and given up, and the shop’s people are mailed', async () => {
  await passTo('2026-12-22T02:00:00.000Z');
  expect(await readCase('D-G83')).toMatchObject({ outcome: 'given_up' });
  const counts = ['b', 'c', 'd'].map(
    async (customer) => (await mailsTo(`${customer}@example.jp`)).length,
  );
  expect(await Promise.all(counts)).toEqual([1, 1, 2]);
  const told = (await mailsTo(shopsPeople)).map(({ subject }) => subject);
  expect(told).toContainEqual(expect.stringContaining('断念'));

  expect((await act({ kind: 'give_up', reason: '連絡がつかない' }, 'C-G83')).status).toBe(200);
  const closed = await untilCycle(month, billed, ({ stage }) => stage === 'closed');
  expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
  const { totals } = await month.readLedger();
  expect(totals).toMatchObject({ doubleAuthorizations: 0, repeatedCaptures: 0 });
});
