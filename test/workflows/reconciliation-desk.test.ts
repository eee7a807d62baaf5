import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { writeCsv } from '../../billing/csv-writer.ts';
import { deskSheetHeader } from '../../billing/desk-sheet.ts';
import { checkoutDir, inheritedEnvironment } from '../../config.ts';
import { billMonth } from '../../sandbox/bill-month.ts';
import { downloadExchangeFile, type ExchangeView } from '../../sandbox/operator.ts';
import { type Month, openMonth } from './month.ts';
import {
  ask,
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

/** One shop's desk: September's authorizations come back spoiled, October's contradict a decision. */
let month: Month;
let auth: ExchangeView;
let request: Buffer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsukigime-desk-'));
  month = await openMonth();
  await month.begin('2026-09', makeExport(numbered('09', 7)));
  auth = await untilExchange(month, '2026-09', 'auth-1');
  request = await downloadExchangeFile(month.day.desk, auth);
  await fetchResult(month, auth);
});
afterAll(async () => {
  await month.close();
  await rm(folder, { recursive: true, force: true });
});

/** `tsukigime desk …` on the servers of the test. */
function runDesk(...args: string[]) {
  const env = {
    ...inheritedEnvironment(),
    TSUKIGIME_DATA_DIR: folder,
    TSUKIGIME_DATABASE_URL_APP: month.appDatabaseUrl,
    TEMPORAL_ADDRESS: month.server.address,
    TEMPORAL_NAMESPACE: month.server.namespace,
    TSUKIGIME_PAYLOAD_KEYS: inject('payloadKeys'),
    TSUKIGIME_FILE_KEYS: inject('fileKeys'),
  };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(checkoutDir, 'cli', 'tsukigime.js'), 'desk', ...args],
      { env },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const desk = '/reconciliation-desk';
const line = (number: number) => `line.2026-09.auth.1.${number}`;

interface Item {
  readonly item: string;
  readonly kind: string;
  readonly orderNumber: string;
  readonly inquiry: unknown;
  readonly suggestions: readonly { readonly action: string; readonly effect: string }[];
}
async function readItems(filter = ''): Promise<readonly Item[]> {
  return (await ask(month, 'GET', `${desk}${filter}`)).body.items as readonly Item[];
}
const kinds = (items: readonly Item[]) => items.map(({ kind, orderNumber }) => [orderNumber, kind]);

/** The result with one row changed, one lost, one blank, one twice, and one that nobody sent. */
function spoil(bytes: Uint8Array): Buffer {
  const answered = makeResult(bytes, (order) => (order === '0903' ? '' : '0'));
  const rows = answered.toString('ascii').split('\r\n');
  const spoiled = rows.flatMap((row) => {
    const fields = row.split(',');
    const order = fields[2] ?? '';
    if (order === '0901') return fields.map((field, at) => (at === 4 ? '9999' : field)).join(',');
    if (order === '0902') return [];
    return order === '0904' ? [row, row] : [row];
  });
  return addStray(spoiled);
}

function addStray(rows: readonly string[]): Buffer {
  const row = rows.find((one) => one.includes('0905')) ?? '';
  const stray = row
    .split(',')
    .map((field, at) => (at === 2 ? '077777' : at === 4 ? '5500' : field));
  return Buffer.from(
    rows.flatMap((one) => (one.startsWith('4,') ? [stray.join(','), one] : [one])).join('\r\n'),
    'ascii',
  );
}

test('a spoiled result shows row by row what differs, and what deciding would do', async () => {
  expect((await giveResult(month, auth, spoil(request))).status).toBe(200);
  const listed = await ask(month, 'GET', desk);
  expect(listed.body).toMatchObject({
    total: { rows: 5 },
    byKind: {
      stray: { rows: 1, yen: 5500 },
      quarantined: { rows: 2, yen: 2003 },
      missing: { rows: 1, yen: 1001 },
      unknown: { rows: 1, yen: 1002 },
    },
  });
  expect(kinds(await readItems())).toEqual([
    ['077777', 'stray'],
    ['0901', 'quarantined'],
    ['0902', 'missing'],
    ['0903', 'unknown'],
    ['0904', 'quarantined'],
  ]);
  expect(kinds(await readItems('?reason=amountYen_differs'))).toEqual([['0901', 'quarantined']]);
  expect(await readItems('?exchange=2026-09.auth.2')).toEqual([]);
  const first = await ask(month, 'GET', `${desk}?limit=2`);
  const rest = await readItems(`?after=${encodeURIComponent(String(first.body.nextAfter))}`);
  expect(rest.map(({ orderNumber }) => orderNumber)).toEqual(['0902', '0903', '0904']);

  const { body } = await ask(month, 'GET', `${desk}/items/${line(2)}`);
  expect(body).toMatchObject({
    difference: '請求金額: 送信 1000、返却 9999',
    fields: [
      { nameJa: '注文番号', sent: '0901', returned: '0901', differs: false },
      { nameJa: '請求金額', sent: '1000', returned: '9999', differs: true },
      { nameJa: '顧客番号', sent: '90901', returned: '90901', differs: false },
      { nameJa: '直前回の注文番号', sent: '80901', returned: '80901', differs: false },
    ],
    resultLines: [{ line: 2, text: expect.stringContaining(',0901,,9999,') }],
    sentLine: expect.stringContaining(',0901,,1000,'),
  });
  expect((body.suggestions as Item['suggestions']).map(({ effect }) => effect)).toEqual([
    expect.stringContaining('+1,000 円が売上の対象'),
    expect.stringContaining('±0 円'),
    expect.stringContaining('照会中と記録'),
  ]);
  const twice = await ask(month, 'GET', `${desk}/items/${line(5)}`);
  expect((twice.body.resultLines as unknown[]).length).toBe(2);
  const cycle = await untilCycle(month, '2026-09', ({ waitsFor }) =>
    waitsFor.includes('送信していない行が 1 件'),
  );
  expect(cycle).toMatchObject({ attention: true, conservation: { broken: [] } });
});

test('decisions are all done or none, and of many at once one', async () => {
  const mixed = await post(month, `${desk}/decisions`, {
    decisions: [
      { item: line(4), action: 'inquire' },
      { item: line(5), action: 'captured' },
      { item: line(6), action: 'ok' },
    ],
    reason: 'まとめて',
  });
  expect(mixed.status).toBe(409);
  expect(mixed.body.detail).toContain(`${line(5)}: 「売上済」は選べません`);
  expect(mixed.body.detail).toContain(`${line(6)}: 結果ファイルまたは別の操作で確定済み`);
  expect((await readItems())[3]).toMatchObject({ orderNumber: '0903', inquiry: null });

  const asked = { decisions: [{ item: line(4), action: 'inquire' }], reason: '電話で照会' };
  expect((await post(month, `${desk}/decisions`, asked)).status).toBe(200);
  expect((await readItems())[3]).toMatchObject({ inquiry: { reason: '電話で照会' } });

  const one = { decisions: [{ item: line(5), action: 'ok' }], reason: '画面で1件だけと確認' };
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => post(month, `${desk}/decisions`, one)),
  );
  const statuses = replies.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
  const lost = replies.find(({ status }) => status === 409);
  expect(lost?.body.detail).toContain('「オーソリOK」と判断済みです');
  expect(replies.find(({ status }) => status === 200)?.body).toMatchObject({
    rows: 1,
    yen: 1003,
    effectYen: 1003,
  });
  const settled = await ask(month, 'GET', `${desk}/items/${line(5)}`);
  expect(settled.body).toMatchObject({ open: false, decision: { action: 'ok' } });
});

test('a corrected file settles by itself what it can, and says what it changed', async () => {
  const corrected = makeResult(request, (order) => (order === '0903' ? '1' : '0'));
  const rows = corrected.toString('ascii').split('\r\n');
  expect((await giveResult(month, auth, addStray(rows))).status).toBe(200);
  expect(kinds(await readItems())).toEqual([['077777', 'stray']]);
  const changes = await ask(month, 'GET', `${exchangePath(auth)}/result-changes`);
  expect(changes.body).toMatchObject({
    round: 2,
    counts: [
      { before: 'quarantined', after: 'ok', rows: 3 },
      { before: 'unknown', after: 'ng', rows: 1, yen: 1002 },
    ],
  });
  const { body } = await ask(month, 'GET', `${desk}/items/${line(2)}`);
  expect(body).toMatchObject({
    open: false,
    rounds: [
      { round: 1, verdict: 'quarantined', difference: '請求金額: 送信 1000、返却 9999' },
      { round: 2, verdict: 'ok', difference: '' },
    ],
  });
});

test('a stray holds the month open until it is decided, here by a CSV', async () => {
  const billed = await billMonth(month.day, '2026-09');
  const ended = { orderNumbers: ['0903'], kind: 'given_up', reason: '断念' };
  expect((await post(month, '/cycles/2026-09/ended-charges', ended)).status).toBe(200);
  expect(billed.charges.captured?.rows).toBe(6);
  const held = await untilCycle(
    month,
    '2026-09',
    ({ charges }) => charges.given_up?.rows === 1 && charges.declined === undefined,
  );
  expect([held.stage, held.attention]).toEqual(['working_ng', true]);

  const csv = await ask(month, 'GET', `${desk}/items.csv?encoding=cp932`);
  expect(csv.status).toBe(200);
  const item = (await readItems())[0]?.item ?? '';
  const row = [item, '2026年09月', 'auth-1', null, '送信していない行', '077777', 5500];
  const sheet = (order: string, word: string) => {
    const filled = [...row.slice(0, 5), order, ...row.slice(6), '', 9, '', word, '社内で確認'];
    return Buffer.from(writeCsv([deskSheetHeader, filled]), 'utf8');
  };
  const preview = async (bytes: Buffer) => {
    const { sha256 } = (await upload(month, 'desk-decisions', bytes)).body;
    return { sha256, body: (await ask(month, 'GET', `${desk}/sheets/${sha256}`)).body };
  };
  const damaged = await preview(sheet('77777', '記録して無視'));
  expect(damaged.body.problems).toEqual([
    { line: 2, code: 'leading_zeros_lost', ja: expect.stringContaining('077777') },
  ]);
  const good = await preview(sheet('077777', '記録して無視'));
  expect(good.body).toMatchObject({
    totals: { rows: 1, yen: 5500, effectYen: 0 },
    problemCount: 0,
  });
  const apply = (sha256: unknown, confirmed: object) =>
    post(month, `${desk}/sheets/${sha256}/decisions`, { confirmed, reason: 'CSVで確定' });
  expect((await apply(damaged.sha256, { rows: 1, yen: 5500 })).body.detail).toContain('2 行目');
  expect((await apply(good.sha256, { rows: 2, yen: 5500 })).status).toBe(409);
  expect((await apply(good.sha256, { rows: 1, yen: 5500 })).body).toMatchObject({ rows: 1 });
  expect((await apply(good.sha256, { rows: 1, yen: 5500 })).status).toBe(409);
  const closed = await untilCycle(month, '2026-09', ({ stage }) => stage === 'closed');
  expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
});

test('OK after a decision that it was declined comes to the desk with what to do', async () => {
  await month.begin('2026-10', makeExport(numbered('10', 2)));
  const october = await untilExchange(month, '2026-10', 'auth-1');
  const sent = await downloadExchangeFile(month.day.desk, october);
  expect((await ask(month, 'GET', desk)).body.waiting).toEqual({ files: 1, rows: 2, yen: 2001 });
  const genuine = await fetchResult(month, october);
  expect(
    (
      await giveResult(
        month,
        october,
        makeResult(sent, () => ''),
      )
    ).status,
  ).toBe(200);
  const sheet = join(folder, 'desk.csv');
  const { merchant } = month.day.desk;
  expect(await runDesk('export', '--merchant', merchant, '--out', sheet)).toMatchObject({
    code: 0,
  });
  const words = new Map([
    ['1001', 'オーソリNG,電話で照会済み'],
    ['1002', 'オーソリOK,電話で照会済み'],
  ]);
  const filled = iconv
    .decode(await readFile(sheet), 'cp932')
    .replace(/^line\.(?:[^,]*,){5}(\d+),.*$/gm, (row, order) =>
      row.replace(/,,\r?$/, `,${words.get(order)}`),
    );
  await writeFile(sheet, iconv.encode(filled, 'cp932'));
  const shown = await runDesk('apply', sheet, '--merchant', merchant);
  expect(shown.stdout).toContain('--confirm 2:2001');
  const decide = ['--confirm', '2:2001', '--reason', '10月分'];
  const decided = await runDesk('apply', sheet, '--merchant', merchant, '--json', ...decide);
  expect(JSON.parse(decided.stdout)).toMatchObject({
    applied: true,
    totals: { rows: 2, yen: 2001, effectYen: 1001 },
  });
  await untilExchange(month, '2026-10', 'auth-1', 'reconciled');
  expect((await giveResult(month, october, genuine)).status).toBe(200);

  const [item] = await readItems('?month=2026-10&kind=contradiction');
  expect(item?.item).toBe('contradiction.2026-10.1.0.ok.2026-10-auth-1.1001');
  expect(item?.suggestions.map(({ action }) => action)).toEqual([
    'voided_at_psp',
    'record_holds',
    'inquire',
  ]);
  const { body } = await ask(month, 'GET', `${desk}/items/${item?.item}`);
  expect(body.advice).toContain('二重に請求されるおそれ');
  const voided = {
    decisions: [{ item: item?.item, action: 'voided_at_psp' }],
    reason: 'ペイジェントで取消済み',
  };
  expect((await post(month, `${desk}/decisions`, voided)).status).toBe(200);
  const free = await untilCycle(month, '2026-10', ({ charges }) => charges.declined?.rows === 1);
  expect(free.charges.quarantined).toBeUndefined();
  expect(await readItems('?month=2026-10')).toEqual([]);
});
