import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LedgerOrder } from '../../sandbox/paygent/ledger.ts';
import {
  downloadResult,
  registerMerchant,
  searchResults,
  waitForCompletionMail,
} from '../../sandbox/paygent-operator.ts';
import {
  dayMs,
  later,
  merchantId,
  openPortalSession,
  type PortalSession,
  sessionStart,
} from './portal-session.ts';
import { readResultRows, type SampleOrder } from './transaction-bytes.ts';

let session: PortalSession;

beforeEach(async () => {
  session = await openPortalSession();
});

afterEach(() => session.stop());

describe('captures', () => {
  async function authorize(orders: readonly SampleOrder[]): Promise<void> {
    await session.handOver('オーソリ', orders);
    await session.setClock(later(sessionStart, 60_000));
  }

  /** 処理結果 and レスポンス詳細 of each capture. */
  async function capture(orders: readonly SampleOrder[], at: string): Promise<string[]> {
    await session.setClock(at);
    const acceptanceNumber = await session.handOver('売上', orders);
    await session.setClock(later(at, 60_000));
    const rows = readResultRows(await downloadResult(session.account, acceptanceNumber));
    return rows.map((row) => `${row[15]} ${row[18]}`.trim());
  }

  test('takes what it holds, once, at most the authorized amount', async () => {
    await authorize([
      ['1', 500],
      ['2', 500],
      ['3', 500],
      ['9', 500],
    ]);
    const at = later(sessionStart, dayMs);
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
    expect((await session.readLedger()).totals).toMatchObject({
      authorizations: 3,
      authorizedYen: 1500,
      declines: 1,
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
    const order = await session.getJson<LedgerOrder>(`/merchants/${merchantId}/ledger/2`);
    expect(order.payments.map(({ status }) => status)).toEqual(['オーソリ期限切れ']);
    expect((await session.readLedger()).totals).toMatchObject({ captures: 1, expired: 1 });
  });
});

describe('the ledger as a witness', () => {
  test('counts the same bytes twice, for the sandbox authorizes what it is asked for', async () => {
    const orders: SampleOrder[] = [
      ['1', 500],
      ['2', 700],
    ];
    const first = await session.handOver('オーソリ', orders);
    const second = await session.handOver('オーソリ', orders);
    expect(Number(second)).toBe(Number(first) + 1);
    await session.setClock(later(sessionStart, dayMs));
    const ledger = await session.readLedger();
    expect(ledger.totals).toMatchObject({ authorizations: 4, doubleAuthorizations: 2 });
    expect(ledger.orders.map(({ authorizations }) => authorizations)).toEqual([2, 2]);
    await session.handOver('売上', orders);
    await session.handOver('売上', orders);
    await session.setClock(later(sessionStart, 2 * dayMs));
    expect((await session.readLedger()).totals).toMatchObject({ captures: 4, repeatedCaptures: 2 });
  });

  test('an authorization after the first one expired is no double one', async () => {
    await session.handOver('オーソリ', [['1', 500]]);
    await session.setClock(later(sessionStart, 61 * dayMs));
    await session.handOver('オーソリ', [['1', 500]]);
    await session.setClock(later(sessionStart, 62 * dayMs));
    expect((await session.readLedger()).totals).toMatchObject({
      authorizations: 2,
      doubleAuthorizations: 0,
      expired: 1,
    });
  });

  test('an authorization after the capture is counted apart', async () => {
    await session.handOver('オーソリ', [['1', 500]]);
    await session.handOver('売上', [['1', 500]]);
    await session.handOver('オーソリ', [['1', 500]]);
    await session.setClock(later(sessionStart, dayMs));
    expect((await session.readLedger()).totals).toMatchObject({
      doubleAuthorizations: 0,
      authorizationsAfterCapture: 1,
    });
  });
});

describe('its state', () => {
  const observe = async (acceptanceNumber: string) => ({
    ledger: await session.readLedger(),
    results: await searchResults(session.account),
    faults: await session.getJson('/faults'),
    clock: await session.getJson('/clock'),
    result: await downloadResult(session.account, acceptanceNumber),
  });

  test('survives a restart, with a file in processing and a fault in wait', async () => {
    const first = await session.handOver('オーソリ', [['1', 500]]);
    await session.setClock(later(sessionStart, 60_000));
    await waitForCompletionMail(session.mailServer, first);
    const second = await session.handOver('オーソリ', [['2', 600]]);
    await session.orderFault({ kind: 'row_missing' });
    const before = await observe(first);
    await session.restart();
    expect(await observe(first)).toEqual(before);
    await session.setClock(later(sessionStart, dayMs));
    await waitForCompletionMail(session.mailServer, second);
    expect(session.mailServer.listMails()).toHaveLength(2);
    expect((await session.readLedger()).totals.authorizations).toBe(2);
    const third = await session.handOver('オーソリ', [['3', 700]]);
    expect(Number(third)).toBe(Number(second) + 1);
  });

  test('the time does not run backwards', async () => {
    await session.setClock(later(sessionStart, -dayMs));
    expect(await session.getJson('/clock')).toEqual({ now: sessionStart });
  });

  test('a request may bring the time along', async () => {
    const now = later(sessionStart, 60_000);
    const acceptanceNumber = await session.handOver('オーソリ', [['1', 500]]);
    const url = `${session.account.url}/merchants/${merchantId}/results/${acceptanceNumber}`;
    expect((await fetch(url)).status).toBe(409);
    expect((await fetch(url, { headers: { 'x-sandbox-now': now } })).status).toBe(200);
    expect((await fetch(url, { headers: { 'x-sandbox-now': 'noon' } })).status).toBe(400);
  });

  test('nothing is accepted before someone has told the time', async () => {
    await session.restart({ fresh: true });
    await registerMerchant(session.account);
    await expect(session.handOver('オーソリ', [['1', 500]])).rejects.toMatchObject({
      code: 'clock_not_set',
    });
  });
});
