import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertCompletionMail, insertMailboxMail } from '../../db/queries/mailbox.ts';
import { billMonth } from '../../sandbox/bill-month.ts';
import {
  downloadExchangeFile,
  type ExchangeView,
  listExchanges,
  readCycle,
} from '../../sandbox/operator.ts';
import { confirmUpload, uploadFile } from '../../sandbox/paygent-operator.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import {
  ask,
  countAtPsp,
  exchangePath,
  fetchResult,
  giveResult,
  makeExport,
  makeResult,
  numbered,
  post,
  untilCycle,
  untilExchange,
  upload,
} from './month-acts.ts';

/** What an operator tells of an upload that did not go as it should. Each test has its own month. */
let month: Month;
beforeAll(async () => {
  month = await openMonth();
});
afterAll(() => month.close());

const reason = 'ブラウザが応答しなくなった';
const minutesLater = (minutes: number) =>
  new Date(Date.parse(sandboxNow) + minutes * 60_000).toISOString();

async function beginWith(billingMonth: string, prefix: string): Promise<ExchangeView> {
  await month.begin(billingMonth, makeExport(numbered(prefix, 3)));
  return await untilExchange(month, billingMonth, 'auth-1');
}

/** Uploads at the portal, presses OK there and tells Tsukigime nothing. */
async function uploadInSilence(exchange: ExchangeView): Promise<string> {
  const answer = await uploadFile(month.portal, {
    bytes: await downloadExchangeFile(month.day.desk, exchange),
    fileName: exchange.fileName,
    transactionKind: exchange.kind === 'auth' ? 'オーソリ' : '売上',
  });
  if (answer.kind !== 'confirm') throw new Error('the portal refused the file');
  return (await confirmUpload(month.portal, answer.screen.uploadId)).acceptanceNumber;
}

const tell = (exchange: ExchangeView, act: string, json: unknown) =>
  post(month, `${exchangePath(exchange)}/${act}`, json);

const finish = async (billingMonth: string) => {
  await billMonth(month.day, billingMonth);
  return await untilCycle(month, billingMonth, ({ stage }) => stage === 'closed');
};

test('the page of a file names what to choose, and an unlike confirm screen is not accepted', async () => {
  const auth = await beginWith('2026-01', '01');
  const { body } = await ask(month, 'GET', exchangePath(auth));
  expect(body).toMatchObject({
    sha256: auth.sha256,
    confirmScreen: { 決済種別: 'クレジットカード決済', 取引種別: 'オーソリ', 件数: 3, 金額: 3003 },
    handOver: { transactionKind: 'オーソリ', heldBackBy: null, absenceCountsFrom: null },
  });
  const acceptance = { acceptanceNumber: '4711', matched: false };
  const refused = await tell(auth, 'acceptance', acceptance);
  expect(refused.body).toMatchObject({ errors: [{ message: 'ConfirmScreenDiffers' }] });
  expect(refused.body.detail).toContain('キャンセル');
  expect(await untilExchange(month, '2026-01', 'auth-1')).toMatchObject({ acceptanceNumber: null });
  // Nobody may leave the question out.
  expect((await tell(auth, 'acceptance', { acceptanceNumber: '4711' })).status).toBe(422);
});

describe('the file that was sent, given back', () => {
  const compare = async (exchange: ExchangeView, bytes: Uint8Array) => {
    const { body } = await upload(month, 'sent-file', bytes, 'sent.csv');
    return await tell(exchange, 'sent-file', { sha256: body.sha256 });
  };

  test('is the same, or is told by its first differing line and column', async () => {
    const auth = await untilExchange(month, '2026-01', 'auth-1');
    const bytes = await downloadExchangeFile(month.day.desk, auth);
    expect((await compare(auth, bytes)).body).toMatchObject({ same: true, difference: null });
    const spoiled = Buffer.from(bytes.toString('ascii').replace('1,020,', '1,20,'));
    const { body } = await compare(auth, spoiled);
    expect(body).toMatchObject({
      same: false,
      expectedSha256: auth.sha256,
      difference: { line: 1, column: 'B', part: 'header', expected: '020', sent: '20' },
    });
    const { status } = await tell(auth, 'sent-file', { sha256: 'd'.repeat(64) });
    expect(status).toBe(404);
  });
});

describe('a 受付番号', () => {
  test('that was mistyped is corrected, and its number is free again', async () => {
    const auth = await beginWith('2026-02', '02');
    const acceptanceNumber = await uploadInSilence(auth);
    await tell(auth, 'acceptance', { acceptanceNumber: '990001', matched: true });
    await tell(auth, 'completion', undefined);
    const second = await tell(auth, 'acceptance', { acceptanceNumber, matched: true });
    expect(second.status).toBe(409);
    expect(second.body.detail).toMatch(/990001 が記録済み.*受付番号の訂正/);
    const right = await tell(auth, 'acceptance-correction', { acceptanceNumber, reason: '誤記' });
    // What was said to be complete was another file.
    expect(right.body).toMatchObject({ acceptanceNumber, completed: false });
    const other = await untilExchange(month, '2026-01', 'auth-1');
    const taken = await tell(other, 'acceptance', { acceptanceNumber: '990001', matched: true });
    expect(taken.status).toBe(200);
    const back = { acceptanceNumber: '990001', reason: '誤記' };
    const refused = await tell(auth, 'acceptance-correction', back);
    expect(refused.body.detail).toContain('2026-01 の auth-1 で記録済み');
    expect((await finish('2026-02')).charges.captured?.rows).toBe(3);
  });

  test('whose completion mail was faster than the operator is complete at once', async () => {
    const auth = await untilExchange(month, '2026-01', 'auth-1', 'awaiting_result');
    const file = await month.db.selectFrom('files').select('id').limit(1).executeTakeFirst();
    await month.db.transaction().execute(async (trx) => {
      const mail = await insertMailboxMail(trx, month.merchantId, {
        mailbox: 'a'.repeat(64),
        uidValidity: 1,
        uid: 1,
        sha256: 'e'.repeat(64),
        messageId: null,
        subject: '処理完了',
        fileId: file?.id ?? null,
        refused: null,
        handler: 'paygent-completion',
        now: sandboxNow,
      });
      if (mail === undefined) throw new Error('the mail is there already');
      await insertCompletionMail(trx, month.merchantId, {
        mailId: mail.id,
        acceptanceNumber: '990100',
        transactionKind: 'オーソリ',
        records: 3,
        ngCount: 0,
      });
    });
    const corrected = { acceptanceNumber: '990100', reason: '誤記' };
    expect((await tell(auth, 'acceptance-correction', corrected)).body).toMatchObject({
      acceptanceNumber: '990100',
      completed: true,
    });
  });

  test('is not corrected once a result has come under it', async () => {
    const auth = await beginWith('2026-03', '03');
    const late = { acceptanceNumber: '990003', reason: '誤記' };
    expect((await tell(auth, 'acceptance-correction', late)).status).toBe(409);
    await fetchResult(month, auth);
    const request = await downloadExchangeFile(month.day.desk, auth);
    const cut = makeResult(request).toString('ascii').split('\r\n').slice(0, 2).join('\r\n');
    expect((await giveResult(month, auth, Buffer.from(`${cut}\r\n`))).status).toBe(200);
    const refused = await tell(auth, 'acceptance-correction', late);
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      expect.stringContaining('取り込み済み'),
    ]);
  });
});

describe('an upload of which nobody knows whether it went through', () => {
  test('keeps its charges until its 受付番号 is found', async () => {
    const auth = await beginWith('2026-04', '04');
    const acceptanceNumber = await uploadInSilence(auth);
    expect((await tell(auth, 'unclear', { reason })).body).toMatchObject({ stage: 'unknown' });
    const cycle = await readCycle(month.day.desk, '2026-04');
    expect(cycle.charges).toEqual({ unknown: { rows: 3, yen: 3003 } });
    expect(cycle.waitsFor).toContain('結果待ち');
    const { body } = await ask(month, 'GET', exchangePath(auth));
    expect(body.waitsFor).toContain('もう一度アップロードせず');
    for (const [act, json] of [
      ['acceptance', { acceptanceNumber, matched: true }],
      ['unclear', { reason }],
      ['withdrawal', { reason }],
      ['taken-out-orders', { orderNumbers: ['0401'], reason }],
    ] as const) {
      expect([act, (await tell(auth, act, json)).status]).toEqual([act, 409]);
    }
    const rebuilt = { kind: 'auth', reason };
    expect((await post(month, '/cycles/2026-04/rebuilt-files', rebuilt)).body).toEqual({
      files: 0,
      why: expect.stringContaining('auth-1'),
    });

    const found = { found: 'accepted', acceptanceNumber, reason: '一覧で確認' };
    const decided = await tell(auth, 'unclear-decision', found);
    expect(decided.body).toMatchObject({ stage: 'awaiting_result', acceptanceNumber });
    expect((await finish('2026-04')).charges.captured?.rows).toBe(3);
    expect(await countAtPsp(month, '04')).toEqual({ authorizations: 3, captures: 3, twice: [] });
  });

  test('is not sent only after a while, and then the same bytes go into a new file', async () => {
    const auth = await beginWith('2026-05', '05');
    await tell(auth, 'unclear', { reason });
    const absent = { found: 'not_sent', reason: '一覧にない' };
    const early = await tell(auth, 'unclear-decision', absent);
    expect([early.status, early.body.detail]).toEqual([
      409,
      expect.stringContaining('「未送信」と判断できるのは 2026-11-20 10:'),
    ]);
    expect((await ask(month, 'GET', exchangePath(auth))).body).toMatchObject({
      handOver: { absenceCountsFrom: expect.stringContaining('2026-11-20T01:') },
    });
    await advanceTo(month, minutesLater(60));
    expect((await tell(auth, 'unclear-decision', absent)).body).toMatchObject({
      stage: 'cancelled',
    });
    const waiting = await untilCycle(month, '2026-05', ({ stage }) => stage === 'working_ng');
    // Nobody gets the bytes any more that another file may bill.
    for (const path of [`${exchangePath(auth)}/file`, `/files/${auth.sha256}`]) {
      expect((await ask(month, 'GET', path)).status).toBe(409);
    }
    expect(waiting).toMatchObject({ attention: true, charges: { planned: { rows: 3 } } });
    const rebuilt = { kind: 'auth', reason };
    expect((await post(month, '/cycles/2026-05/rebuilt-files', rebuilt)).body.files).toBe(1);
    const again = await untilExchange(month, '2026-05', 'auth-2');
    expect(again.sha256).toBe(auth.sha256);
    await giveResult(month, again, await fetchResult(month, again));
    await untilExchange(month, '2026-05', 'capture-1');
    expect((await finish('2026-05')).charges.captured?.rows).toBe(3);
    expect(await countAtPsp(month, '05')).toEqual({ authorizations: 3, captures: 3, twice: [] });
  });

  test('is decided by one of two people who decide otherwise at the same moment', async () => {
    const auth = await beginWith('2026-06', '06');
    await tell(auth, 'unclear', { reason });
    await advanceTo(month, minutesLater(180));
    const replies = await Promise.all([
      tell(auth, 'unclear-decision', { found: 'accepted', acceptanceNumber: '980001', reason }),
      tell(auth, 'unclear-decision', { found: 'not_sent', reason }),
    ]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
    const decided = (await listExchanges(month.day.desk, '2026-06'))[0];
    const accepted = replies[0]?.status === 200;
    expect(decided).toMatchObject(
      accepted
        ? { stage: 'awaiting_result', acceptanceNumber: '980001' }
        : { stage: 'cancelled', acceptanceNumber: null },
    );
  });

  test('that was there after all, though someone vouched against it, is a contradiction', async () => {
    const auth = await beginWith('2026-07', '07');
    const request = await downloadExchangeFile(month.day.desk, auth);
    await uploadInSilence(auth);
    await tell(auth, 'unclear', { reason });
    await advanceTo(month, minutesLater(300));
    await tell(auth, 'unclear-decision', { found: 'not_sent', reason: '見落とし' });
    expect((await giveResult(month, auth, makeResult(request))).status).toBe(200);
    const cycle = await untilCycle(
      month,
      '2026-07',
      ({ charges }) => charges.quarantined?.rows === 3,
    );
    expect(cycle.waitsFor).toContain('二重請求の可能性');
  });
});

test('a capture file that nobody wants is withdrawn, and its charges can be captured again', async () => {
  const auth = await beginWith('2026-08', '08');
  await giveResult(month, auth, await fetchResult(month, auth));
  const capture = await untilExchange(month, '2026-08', 'capture-1');
  const withdrawn = await tell(capture, 'withdrawal', { reason: '出荷を止めた' });
  expect(withdrawn.body).toMatchObject({ stage: 'cancelled' });
  const cycle = await untilCycle(month, '2026-08', ({ stage }) => stage === 'working_ng');
  expect(cycle.charges).toEqual({ authorized: { rows: 3, yen: 3003 } });
  const rebuilt = { kind: 'capture', reason: '出荷する' };
  expect((await post(month, '/cycles/2026-08/rebuilt-files', rebuilt)).body.files).toBe(1);
  await untilExchange(month, '2026-08', 'capture-2');
  expect((await finish('2026-08')).conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(await countAtPsp(month, '08')).toEqual({ authorizations: 3, captures: 3, twice: [] });
});
