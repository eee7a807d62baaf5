import { Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { downloadExchangeFile, type ExchangeView } from '../../sandbox/operator.ts';
import { registerMerchant } from '../../sandbox/paygent-operator.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { exchangeWorkflowId } from '../../workflows/workflow-ids.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
  countAtPsp,
  exchangePath,
  giveResult,
  makeExport,
  makeResult,
  numbered,
  orderFault,
  post,
  untilCycle,
  untilExchange,
} from './month-acts.ts';
import { minutesLater, useSftp } from './sftp-acts.ts';

/** Files that nobody carries. Each test bills a month of its own and goes on in time. */
let month: Month;
let minutes = 0;
beforeAll(async () => {
  month = await openMonth();
  await useSftp(month);
});
afterAll(() => month.close());

/** Moves both clocks in turn; how far they are by now is the tests' common time. */
async function pass(...steps: readonly number[]): Promise<void> {
  for (const step of steps) {
    minutes += step;
    await advanceTo(month, minutesLater(minutes));
  }
}

/** Waits until a file's page says so. */
const untilSaid = (exchange: ExchangeView, words: string) =>
  vi.waitFor(
    async () => {
      const { body } = await ask(month, 'GET', exchangePath(exchange));
      expect(body.waitsFor).toContain(words);
      return body;
    },
    { timeout: 60_000, interval: 50 },
  );

const begin = (billingMonth: string, prefix: string) =>
  month.begin(billingMonth, makeExport(numbered(prefix, 3)));

const portalTerms = {
  contacts: ['first@example.jp', 'second@example.jp'],
  processingDelayMs: 0,
  outcomes: { declineShare: 0 },
  maxRecordsPerFile: 10_000,
};

const notSent = { found: 'not_sent', reason: 'ペイジェントに確認' };

async function sendsOf(billingMonth: string): Promise<string[]> {
  const { rows } = await sql<{ text: string }>`
    select e.kind || ' ' || s.send_number || ' ' || coalesce(a.answer, 'open') as text
      from sends s join exchanges e on e.id = s.exchange_id
      left join send_answers a on a.exchange_id = s.exchange_id and a.send_number = s.send_number
     where e.billing_month = ${billingMonth} order by e.id, s.send_number`.execute(month.db);
  return rows.map(({ text }) => text);
}

async function finish(billingMonth: string, prefix: string): Promise<void> {
  await pass(20);
  const cycle = await untilCycle(month, billingMonth, ({ stage }) => stage === 'closed');
  expect(cycle.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(await countAtPsp(month, prefix)).toEqual({ authorizations: 3, captures: 3, twice: [] });
}

test('a month is billed by nobody’s hands; a wrong result is told, a growing one awaited', async () => {
  await orderFault(month, 'オーソリ', { kind: 'result_of_another', minutes: 30 });
  await orderFault(month, '売上', { kind: 'result_growing', parts: 3 });
  await begin('2026-01', '01');
  const auth = await untilExchange(month, '2026-01', 'auth-1', 'awaiting_result');
  expect(auth.acceptanceNumber).toBeNull();
  expect((await ask(month, 'GET', exchangePath(auth))).body.waitsFor).toContain('自動で確認');
  // What an operator would tell of the portal is not asked here.
  const told = { acceptanceNumber: '4711', matched: true };
  expect((await post(month, `${exchangePath(auth)}/acceptance`, told)).status).toBe(409);

  await pass(10);
  const wrong = await ask(month, 'GET', exchangePath(auth));
  expect(wrong.body).toMatchObject({ stage: 'awaiting_result' });
  expect(wrong.body.note).toContain('取り込めませんでした');
  expect((await ask(month, 'GET', '/notices')).text).toContain('取り込めませんでした');

  await pass(30, 20);
  const capture = await untilExchange(month, '2026-01', 'capture-1', 'awaiting_result');
  // A part of its result stood still for long and was read; the whole is found later.
  expect(capture.attention).toBe(true);
  await pass(6, 1, 60);
  await finish('2026-01', '01');
  expect(await sendsOf('2026-01')).toEqual(['auth 1 accepted', 'capture 1 accepted']);
});

test('what is cut before its last act is sent again; what is refused as well', async () => {
  month.sftp.faults.cutUploadAfterBytes = 30;
  await begin('2026-02', '02');
  const auth = await untilExchange(month, '2026-02', 'auth-1');
  await untilSaid(auth, '自動で再送します');
  month.sftp.faults.cutUploadAfterBytes = null;
  month.sftp.faults.refusedRenames = 1;
  await finish('2026-02', '02');
  expect(await sendsOf('2026-02')).toEqual([
    'auth 1 not_sent',
    'auth 2 not_sent',
    'auth 3 accepted',
    'capture 1 accepted',
  ]);
});

test('a cut after the last byte is unclear, and found by asking', async () => {
  month.sftp.faults.cutAfterRename = true;
  await begin('2026-03', '03');
  const auth = await untilExchange(month, '2026-03', 'auth-1', 'unknown');
  const { body } = await ask(month, 'GET', exchangePath(auth));
  expect(body).toMatchObject({ attention: true });
  expect(body.waitsFor).toContain('自動で照会しています');
  const unclear = await untilCycle(month, '2026-03', ({ attention }) => attention);
  expect(unclear.charges.unknown?.rows).toBe(3);
  expect(unclear.waitsFor).toContain('結果待ち');
  // Nobody may take it back while it may be there.
  expect((await post(month, `${exchangePath(auth)}/withdrawal`, { reason: '不要' })).status).toBe(
    409,
  );
  await finish('2026-03', '03');
  expect(await sendsOf('2026-03')).toEqual(['auth 1 accepted', 'capture 1 accepted']);
});

test('what never came is sent again only when its absence counts', async () => {
  month.sftp.faults.cutBeforeRename = true;
  await begin('2026-04', '04');
  await untilExchange(month, '2026-04', 'auth-1', 'unknown');
  await pass(20);
  await untilExchange(month, '2026-04', 'auth-1', 'unknown');
  expect(await sendsOf('2026-04')).toEqual(['auth 1 open']);
  await pass(60);
  await finish('2026-04', '04');
  expect(await sendsOf('2026-04')).toEqual([
    'auth 1 not_sent',
    'auth 2 accepted',
    'capture 1 accepted',
  ]);
});

test('format errors that the folder tells are told to people, who record them; nobody is billed', async () => {
  await useSftp(month, { errorName: '{name}-error.csv' });
  await registerMerchant(month.portal, { ...portalTerms, maxRecordsPerFile: 2 });
  await begin('2026-07', '07');
  const auth = await untilExchange(month, '2026-07', 'auth-1', 'awaiting_result');
  await pass(10);
  await untilSaid(auth, '書式エラーの通知');
  expect((await ask(month, 'GET', '/notices')).text).toContain('書式エラーの通知');
  const sha256 = /ファイル ([0-9a-f]{64})/.exec(
    String((await ask(month, 'GET', exchangePath(auth))).body.note),
  )?.[1];
  expect((await ask(month, 'GET', `/files/${sha256}`)).text).toContain('件');

  const errors = [{ part: 'trailer', line: 5, item: '件数', content: '上限を超えています' }];
  expect((await post(month, `${exchangePath(auth)}/format-errors`, { errors })).status).toBe(200);
  const cycle = await untilCycle(month, '2026-07', ({ charges }) => charges.planned?.rows === 3);
  expect(cycle.waitsFor).toContain('ファイルを作り直してください');
  expect(await countAtPsp(month, '07')).toEqual({ authorizations: 0, captures: 0, twice: [] });
  await registerMerchant(month.portal, portalTerms);
  const rebuilt = { kind: 'auth', reason: '上限を変更' };
  expect((await post(month, '/cycles/2026-07/rebuilt-files', rebuilt)).body.files).toBe(1);
  await finish('2026-07', '07');
});

test('where files do not stay, a person decides', async () => {
  await useSftp(month, { filesStay: false });
  month.sftp.faults.cutBeforeRename = true;
  await begin('2026-05', '05');
  const auth = await untilExchange(month, '2026-05', 'auth-1', 'unknown');
  await pass(60);
  await untilExchange(month, '2026-05', 'auth-1', 'unknown');
  const decided = await post(month, `${exchangePath(auth)}/unclear-decision`, notSent);
  expect(decided.body).toMatchObject({ stage: 'cancelled' });
  expect((await countAtPsp(month, '05')).authorizations).toBe(0);
});

test('a result against what a person decided alarms', async () => {
  month.sftp.faults.cutAfterRename = true;
  await begin('2026-06', '06');
  const auth = await untilExchange(month, '2026-06', 'auth-1', 'unknown');
  // Nobody can ask, and somebody vouches that it is not there.
  month.sftp.faults.refusedLogins = 1000;
  await pass(30);
  expect((await untilSaid(auth, 'ログインが拒否されました')).stage).toBe('unknown');
  const request = await downloadExchangeFile(month.day.desk, auth);
  await post(month, `${exchangePath(auth)}/unclear-decision`, notSent);
  month.sftp.faults.refusedLogins = 0;
  expect((await giveResult(month, auth, makeResult(request))).status).toBe(200);
  const blocked = await untilCycle(
    month,
    '2026-06',
    ({ charges }) => charges.quarantined?.rows === 3,
  );
  expect(blocked.waitsFor).toContain('二重請求の可能性');
  expect(await countAtPsp(month, '06')).toEqual({ authorizations: 3, captures: 0, twice: [] });
});

test('a file that a machine carried replays from its history, however its sending went', async () => {
  const { code } = await loadWorkflowBundle(
    bundlesDir,
    createLogger({ level: 'silent', name: 'test' }),
  );
  const options = {
    workflowBundle: { code },
    dataConverter: createDataConverter(month.server.keys),
  };
  for (const billedMonth of ['2026-01', '2026-02', '2026-04', '2026-07']) {
    const id = exchangeWorkflowId(month.day.desk.merchant, billedMonth, 'auth', 1);
    const handle = month.client.workflow.getHandle(id);
    await handle.result();
    const history = await handle.fetchHistory();
    expect(history.events?.length).toBeGreaterThan(20);
    await Worker.runReplayHistory(options, history, id);
  }
});
