import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  downloadResult,
  searchResults,
  waitForCompletionMail,
} from '../../sandbox/paygent-operator.ts';
import {
  dayMs,
  later,
  openPortalSession,
  type PortalSession,
  sessionStart,
} from './portal-session.ts';
import { readResultRows, type SampleOrder } from './transaction-bytes.ts';

const orders: SampleOrder[] = Array.from({ length: 20 }, (_, index) => [`1${index}`, 1000 + index]);

let session: PortalSession;

beforeEach(async () => {
  session = await openPortalSession();
});

afterEach(() => session.stop());

/** The result file after a fault; what Paygent really did must stay whole. */
async function resultAfter(fault: Record<string, unknown>): Promise<Buffer> {
  await session.orderFault(fault);
  const acceptanceNumber = await session.handOver('オーソリ', orders);
  await session.setClock(later(sessionStart, dayMs));
  expect((await session.readLedger()).totals.authorizations).toBe(20);
  return downloadResult(session.account, acceptanceNumber);
}

test('a missing row', async () => {
  const rows = readResultRows(await resultAfter({ kind: 'row_missing', orderNumbers: ['13'] }));
  const returned = rows.map((row) => row[2]);
  expect(returned).toEqual(orders.map(([number]) => number).filter((number) => number !== '13'));
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

test('unknown result codes', async () => {
  const rows = readResultRows(await resultAfter({ kind: 'unknown_result_code', count: 3 }));
  expect(rows.filter((row) => row[15] === '9')).toHaveLength(3);
});

test('a trailer that counts wrongly', async () => {
  const result = await resultAfter({ kind: 'trailer_count_off', by: -1 });
  expect(result.toString()).toMatch(/\r\n4,19\r\n$/);
});

test('a truncated file ends within a row, wherever the cut falls', async () => {
  for (let keepPercent = 10; keepPercent <= 100; keepPercent += 3) {
    await session.orderFault({ kind: 'truncated', keep: keepPercent / 100 });
    const acceptanceNumber = await session.handOver('オーソリ', [[String(keepPercent), 100]]);
    await session.setClock(later(sessionStart, keepPercent * dayMs));
    const text = (await downloadResult(session.account, acceptanceNumber)).toString();
    expect(text, `keeping ${keepPercent} %`).not.toMatch(/[\r\n]$|\r\n4,1$/);
  }
});

test('a fault strikes one upload only, and only of its kind', async () => {
  const order = { merchantId: '10001', transactionKind: '売上', fault: { kind: 'row_missing' } };
  await fetch(`${session.account.url}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
  const numbers = [
    await session.handOver('オーソリ', [['1', 100]]),
    await session.handOver('売上', [['1', 100]]),
    await session.handOver('売上', [['1', 100]]),
  ];
  await session.setClock(later(sessionStart, dayMs));
  const counts: number[] = [];
  for (const number of numbers) {
    counts.push(readResultRows(await downloadResult(session.account, number)).length);
  }
  expect(counts).toEqual([1, 0, 1]);
});

test('a cut after acceptance hides the number, a cut before it accepts nothing', async () => {
  await session.orderFault({ kind: 'cut_after_acceptance' });
  await expect(session.handOver('オーソリ', [['1', 500]])).rejects.toThrow(TypeError);
  expect(await searchResults(session.account)).toHaveLength(1);
  await session.orderFault({ kind: 'cut_before_acceptance' });
  await expect(session.handOver('オーソリ', [['2', 500]])).rejects.toThrow(TypeError);
  expect(await searchResults(session.account)).toHaveLength(1);
  await session.handOver('オーソリ', [['2', 500]]);
  expect(await searchResults(session.account)).toHaveLength(2);
});

test('a lost mail is never sent, the next one is', async () => {
  await session.orderFault({ kind: 'mail_lost' });
  await session.handOver('オーソリ', [['1', 500]]);
  const second = await session.handOver('オーソリ', [['2', 500]]);
  await session.setClock(later(sessionStart, dayMs));
  await waitForCompletionMail(session.mailServer, second);
  expect(session.mailServer.listMails()).toHaveLength(1);
});
