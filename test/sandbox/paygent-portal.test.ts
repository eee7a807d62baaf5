import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resultLayout } from '../../psp/paygent/layouts.ts';
import { decodeResultFile, type ResultEntry } from '../../psp/paygent/result-file.ts';
import { type MailServer, startMailServer } from '../../sandbox/mail-server.ts';
import { type PaygentSandbox, startPaygentSandbox } from '../../sandbox/paygent/server.ts';
import {
  confirmUpload,
  downloadResult,
  handOverFile,
  type PortalAccount,
  registerMerchant,
  searchResults,
  setSandboxClock,
  uploadFile,
  waitForCompletionMail,
} from '../../sandbox/paygent-operator.ts';
import { makeTransactionFile, readResultRows, type SampleOrder } from './transaction-bytes.ts';

const merchantId = '10001';
const start = '2026-11-20T01:00:00.000Z';
const dayMs = 86_400_000;

let dataDir: string;
let sandbox: PaygentSandbox;
let mailServer: MailServer;
let account: PortalAccount;

const later = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();

async function restart(): Promise<void> {
  await sandbox.stop();
  await open();
}

async function open(): Promise<void> {
  const smtp = { host: mailServer.host, port: mailServer.port };
  sandbox = await startPaygentSandbox({ dataDir, smtp });
  account = { url: sandbox.url, merchantId };
}

async function handOver(
  kind: 'オーソリ' | '売上',
  orders: readonly SampleOrder[],
): Promise<string> {
  const fileKind = kind === 'オーソリ' ? 'authorization' : 'capture';
  const bytes = await makeTransactionFile(fileKind, merchantId, orders);
  const amountYen = orders.reduce((sum, [, yen]) => sum + yen, 0);
  const upload = { bytes, fileName: 'file.csv', transactionKind: kind };
  const expected = { records: orders.length, amountYen };
  return (await handOverFile(account, upload, expected)).acceptanceNumber;
}

async function getJson<T>(path: string): Promise<T> {
  return (await (await fetch(`${sandbox.url}${path}`)).json()) as T;
}

interface Ledger {
  readonly totals: Record<string, number>;
  readonly orders: { orderNumber: string; authorizations: number; captures: number }[];
}

const readLedger = (): Promise<Ledger> => getJson(`/merchants/${merchantId}/ledger`);

async function orderFault(fault: Record<string, unknown>): Promise<void> {
  const response = await fetch(`${sandbox.url}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ merchantId, fault }),
  });
  expect(response.status).toBe(201);
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'paygent-sandbox-'));
  mailServer = await startMailServer();
  await open();
  await registerMerchant(account, {
    contacts: ['first@example.jp', 'second@example.jp', 'third@example.jp'],
    outcomes: { declineShare: 0, rules: [{ match: { orderNumber: '^9' }, outcome: 'G83' }] },
  });
  await setSandboxClock(sandbox.url, start);
});

afterEach(async () => {
  await sandbox.stop();
  await mailServer.stop();
  await rm(dataDir, { recursive: true });
});

describe('one file at the portal', () => {
  test('upload, confirm, number, processing, mail, list, download', async () => {
    const orders: SampleOrder[] = [
      ['338', 11_246],
      ['339', 7022],
      ['9379', 10_175],
    ];
    const bytes = await makeTransactionFile('authorization', merchantId, orders);
    const answer = await uploadFile(account, {
      bytes,
      fileName: 'auth-001.csv',
      transactionKind: 'オーソリ',
    });
    if (answer.kind !== 'confirm') throw new Error('the file was refused');
    expect(answer.screen).toMatchObject({
      paymentKind: 'クレジットカード決済',
      transactionKind: 'オーソリ',
      records: 3,
      amountYen: 28_443,
    });
    const { acceptanceNumber } = await confirmUpload(account, answer.screen.uploadId);
    expect(await searchResults(account)).toEqual([
      {
        transactionKind: 'カード決済',
        acceptanceNumber,
        acceptedAt: '2026/11/20 10:00:00',
        processingKind: '3',
        ngCount: 0,
        status: '決済処理中',
      },
    ]);
    await expect(downloadResult(account, acceptanceNumber)).rejects.toMatchObject({
      code: 'still_processing',
    });
    expect(mailServer.listMails()).toEqual([]);

    await setSandboxClock(sandbox.url, later(start, 60_000));
    const mail = await waitForCompletionMail(mailServer, acceptanceNumber);
    expect(mail.to).toEqual(['first@example.jp']);
    expect(mail.cc).toEqual(['second@example.jp', 'third@example.jp']);
    expect(mail.text).toContain('取引種別: オーソリ');
    expect(mail.text).toContain('件数: 3');
    expect(await searchResults(account, { acceptanceNumber })).toMatchObject([
      { ngCount: 1, status: '完了処理済' },
    ]);

    const result = await downloadResult(account, acceptanceNumber);
    const uploaded = readResultRows(bytes);
    const rows = readResultRows(result);
    expect(rows.map((row) => row.slice(0, -resultLayout.fields.length))).toEqual(uploaded);
    expect(rows.map((row) => row.slice(15))).toEqual([
      ['0', '226860', '', '', '20261120100100'],
      ['0', '226861', '', '', '20261120100100'],
      ['1', '', 'SBX001', '1G83', '20261120100100'],
    ]);
    const entries: ResultEntry[] = [];
    for await (const entry of decodeResultFile(
      (async function* () {
        yield result;
      })(),
      { expected: { kind: 'authorization', merchantId } },
    )) {
      entries.push(entry);
    }
    expect(entries.map(({ kind }) => kind)).toEqual(['header', 'row', 'row', 'row', 'trailer']);
  });

  test('an upload that was not confirmed bills nobody, a second OK is refused', async () => {
    const bytes = await makeTransactionFile('authorization', merchantId, [['1', 100]]);
    const upload = { bytes, fileName: 'f.csv', transactionKind: 'オーソリ' } as const;
    const answer = await uploadFile(account, upload);
    if (answer.kind !== 'confirm') throw new Error('the file was refused');
    await setSandboxClock(sandbox.url, later(start, dayMs));
    expect((await readLedger()).totals.attempts).toBe(0);
    await confirmUpload(account, answer.screen.uploadId);
    await expect(confirmUpload(account, answer.screen.uploadId)).rejects.toMatchObject({
      code: 'already_confirmed',
    });
  });

  test('raw bytes with the kinds in the query are an upload too', async () => {
    const bytes = await makeTransactionFile('authorization', merchantId, [['1', 100]]);
    const query = new URLSearchParams({
      paymentKind: 'クレジットカード決済',
      transactionKind: 'オーソリ',
    });
    const response = await fetch(`${sandbox.url}/merchants/${merchantId}/uploads?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: new Uint8Array(bytes),
    });
    expect(response.status).toBe(201);
  });
});

describe('the last ten uploads', () => {
  test('an eleventh pushes the first out: found by number, but without a file', async () => {
    const numbers: string[] = [];
    for (let index = 0; index < 11; index += 1) {
      numbers.push(await handOver('オーソリ', [[`1${index}`, 100 + index]]));
    }
    await setSandboxClock(sandbox.url, later(start, dayMs));
    const [oldest = '', second = ''] = numbers;
    const listed = await searchResults(account);
    expect(listed.map(({ acceptanceNumber }) => acceptanceNumber)).toEqual(
      numbers.slice(1).reverse(),
    );
    expect(await searchResults(account, { acceptanceNumber: oldest })).toHaveLength(1);
    await expect(downloadResult(account, oldest)).rejects.toMatchObject({
      code: 'no_file',
      message: 'ファイルがありません',
    });
    expect((await downloadResult(account, second)).length).toBeGreaterThan(0);
  });
});

describe('captures', () => {
  async function authorize(orders: readonly SampleOrder[]): Promise<void> {
    await handOver('オーソリ', orders);
    await setSandboxClock(sandbox.url, later(start, 60_000));
  }

  async function capture(orders: readonly SampleOrder[], at: string): Promise<string[]> {
    await setSandboxClock(sandbox.url, at);
    const acceptanceNumber = await handOver('売上', orders);
    await setSandboxClock(sandbox.url, later(at, 60_000));
    const rows = readResultRows(await downloadResult(account, acceptanceNumber));
    return rows.map((row) => row[15] + (row[18] ? ` ${row[18]}` : ''));
  }

  test('takes what it holds, once, at most the authorized amount', async () => {
    await authorize([
      ['1', 500],
      ['2', 500],
      ['3', 500],
      ['9', 500],
    ]);
    const at = later(start, dayMs);
    const first: SampleOrder[] = [
      ['1', 500],
      ['2', 400],
      ['3', 501],
      ['9', 500],
      ['77', 1],
      ['1', 500],
    ];
    expect(await capture(first, at)).toEqual([
      '0',
      '0',
      '1 amount_over_authorization',
      '1 no_authorization',
      '1 no_authorization',
      '1 already_captured',
    ]);
    expect(await capture([['1', 500]], later(at, dayMs))).toEqual(['1 already_captured']);
    const { totals } = await readLedger();
    expect(totals).toMatchObject({
      authorizations: 3,
      authorizedYen: 1500,
      captures: 2,
      capturedYen: 900,
      captureRefusals: 5,
      repeatedCaptures: 0,
      doubleAuthorizations: 0,
    });
  });

  test('voids on its clock at 00:00 JST of the 60th day after the authorization', async () => {
    await authorize([
      ['1', 500],
      ['2', 500],
    ]);
    // Authorized on 2026-11-20 JST; the 60th day after it is 2027-01-19.
    const end = '2027-01-18T15:00:00.000Z';
    expect(await capture([['1', 500]], later(end, -60_001))).toEqual(['0']);
    expect(await capture([['2', 500]], end)).toEqual(['1 expired']);
    const order = await getJson<{ payments: { status: string }[] }>(
      `/merchants/${merchantId}/ledger/2`,
    );
    expect(order.payments.map(({ status }) => status)).toEqual(['オーソリ期限切れ']);
    expect((await readLedger()).totals).toMatchObject({ captures: 1, expired: 1 });
  });
});

describe('the ledger as a witness', () => {
  test('counts the same bytes twice, for the sandbox authorizes what it is asked for', async () => {
    const orders: SampleOrder[] = [
      ['1', 500],
      ['2', 700],
    ];
    const first = await handOver('オーソリ', orders);
    const second = await handOver('オーソリ', orders);
    expect(Number(second)).toBe(Number(first) + 1);
    await setSandboxClock(sandbox.url, later(start, dayMs));
    const ledger = await readLedger();
    expect(ledger.totals).toMatchObject({ authorizations: 4, doubleAuthorizations: 2 });
    expect(ledger.orders.map(({ authorizations }) => authorizations)).toEqual([2, 2]);
  });

  test('an authorization after the first one expired is no double one', async () => {
    await handOver('オーソリ', [['1', 500]]);
    await setSandboxClock(sandbox.url, later(start, 61 * dayMs));
    await handOver('オーソリ', [['1', 500]]);
    await setSandboxClock(sandbox.url, later(start, 62 * dayMs));
    expect((await readLedger()).totals).toMatchObject({
      authorizations: 2,
      doubleAuthorizations: 0,
      expired: 1,
    });
  });
});

describe('its state', () => {
  test('survives a restart in every stage', async () => {
    const first = await handOver('オーソリ', [['1', 500]]);
    await setSandboxClock(sandbox.url, later(start, 60_000));
    await waitForCompletionMail(mailServer, first);
    const second = await handOver('オーソリ', [['2', 600]]);
    await orderFault({ kind: 'row_missing' });
    const before = await Promise.all([
      readLedger(),
      searchResults(account),
      getJson('/faults'),
      getJson('/clock'),
      downloadResult(account, first),
    ]);
    await restart();
    expect(
      await Promise.all([
        readLedger(),
        searchResults(account),
        getJson('/faults'),
        getJson('/clock'),
        downloadResult(account, first),
      ]),
    ).toEqual(before);
    await setSandboxClock(sandbox.url, later(start, dayMs));
    await waitForCompletionMail(mailServer, second);
    expect(mailServer.listMails()).toHaveLength(2);
    expect((await readLedger()).totals.authorizations).toBe(2);
    expect(Number(await handOver('オーソリ', [['3', 700]]))).toBe(Number(second) + 1);
  });

  test('the time does not run backwards, and must be told before anything is accepted', async () => {
    await setSandboxClock(sandbox.url, later(start, -dayMs));
    expect(await getJson('/clock')).toEqual({ now: start });
    await sandbox.stop();
    dataDir = await mkdtemp(join(tmpdir(), 'paygent-sandbox-'));
    await open();
    await registerMerchant(account);
    await expect(handOver('オーソリ', [['1', 500]])).rejects.toMatchObject({
      code: 'clock_not_set',
    });
  });
});

describe('ordered faults', () => {
  const orders: SampleOrder[] = Array.from({ length: 20 }, (_, index) => [
    `1${index}`,
    1000 + index,
  ]);

  async function resultAfter(fault: Record<string, unknown>): Promise<Buffer> {
    await orderFault(fault);
    const acceptanceNumber = await handOver('オーソリ', orders);
    await setSandboxClock(sandbox.url, later(start, dayMs));
    expect((await readLedger()).totals.authorizations).toBe(20);
    return downloadResult(account, acceptanceNumber);
  }

  test('a missing row', async () => {
    const rows = readResultRows(await resultAfter({ kind: 'row_missing', orderNumbers: ['13'] }));
    expect(rows.map((row) => row[2])).toEqual(
      orders.map(([number]) => number).filter((number) => number !== '13'),
    );
  });

  test('doubled rows', async () => {
    const rows = readResultRows(await resultAfter({ kind: 'row_doubled', count: 2 }));
    expect(rows).toHaveLength(22);
    expect(new Set(rows.map((row) => row[2])).size).toBe(20);
  });

  test('a changed amount', async () => {
    const rows = readResultRows(await resultAfter({ kind: 'amount_changed' }));
    const changed = rows.filter((row, index) => row[4] !== String(orders[index]?.[1]));
    expect(changed).toHaveLength(1);
  });

  test('an unknown result code', async () => {
    const rows = readResultRows(await resultAfter({ kind: 'unknown_result_code', count: 3 }));
    expect(rows.filter((row) => row[15] === '9')).toHaveLength(3);
  });

  test('a trailer that counts wrongly', async () => {
    const result = await resultAfter({ kind: 'trailer_count_off', by: -1 });
    expect(result.toString()).toMatch(/\r\n4,19\r\n$/);
  });

  test('a truncated file ends within a row', async () => {
    const whole = await resultAfter({ kind: 'truncated', keep: 0.5 });
    const text = whole.toString();
    expect(text).not.toMatch(/\r\n$/);
    expect(text).not.toContain('\r\n4,');
  });

  test('a cut after acceptance hides the number, a cut before it accepts nothing', async () => {
    await orderFault({ kind: 'cut_after_acceptance' });
    await expect(handOver('オーソリ', [['1', 500]])).rejects.toThrow(TypeError);
    expect(await searchResults(account)).toHaveLength(1);
    await orderFault({ kind: 'cut_before_acceptance' });
    await expect(handOver('オーソリ', [['2', 500]])).rejects.toThrow(TypeError);
    expect(await searchResults(account)).toHaveLength(1);
    await handOver('オーソリ', [['2', 500]]);
    expect(await searchResults(account)).toHaveLength(2);
  });

  test('a lost mail is never sent, the next one is', async () => {
    await orderFault({ kind: 'mail_lost' });
    await handOver('オーソリ', [['1', 500]]);
    const second = await handOver('オーソリ', [['2', 500]]);
    await setSandboxClock(sandbox.url, later(start, dayMs));
    await waitForCompletionMail(mailServer, second);
    expect(mailServer.listMails()).toHaveLength(1);
  });
});
