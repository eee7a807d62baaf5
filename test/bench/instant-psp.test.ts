import { expect, it } from 'vitest';
import { answerBytes, answerFile, isDeclined } from '../../bench/instant-psp.ts';
import { reconcileFiles } from '../../psp/paygent/reconcile.ts';
import { encodeTransactionFiles } from '../../psp/paygent/transaction-file.ts';

const records = Array.from({ length: 4_000 }, (_, index) => ({
  orderNumber: `2611${String(index).padStart(5, '0')}`,
  amountYen: 1_000 + index,
  previousOrderNumber: `2610${index}`,
  customerNumber: String(20_000 + index),
}));

async function encode(kind: 'authorization' | 'capture'): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const event of encodeTransactionFiles(records, {
    kind,
    merchantId: '10001',
    maxRecords: 5_000,
  })) {
    if (event.kind === 'bytes') pieces.push(event.bytes);
  }
  return Buffer.concat(pieces);
}

it('answers each record of a file as Tsukigime reads it, one of forty declined', async () => {
  const request = await encode('authorization');
  const answer = await answerBytes(request, 'auth', new Date('2026-11-22T15:00:00Z'));
  const declined = records.filter(({ orderNumber }) => isDeclined(orderNumber)).length;
  expect(declined).toBe(100);
  expect(answer).toMatchObject({ ok: 3_900, ng: 100 });
  const source = (bytes: Uint8Array) =>
    async function* () {
      yield bytes;
    };
  const events = reconcileFiles({ request: source(request), result: source(answer.bytes) });
  for await (const event of events) {
    if (event.kind !== 'summary') continue;
    expect(event).toMatchObject({
      sent: { rows: 4_000 },
      ok: { rows: 3_900 },
      ng: { rows: 100 },
      findings: 0,
      stray: 0,
    });
  }
  expect(answer.bytes.toString()).toContain(',0,9261100000,,,20261123000000\r\n');
});

it('captures all, and gives the same answer however the file is cut', async () => {
  const request = await encode('capture');
  const at = new Date('2026-11-22T15:00:00Z');
  const whole = await answerBytes(request, 'capture', at);
  expect(whole).toMatchObject({ ok: 4_000, ng: 0 });
  const cut = Array.from({ length: Math.ceil(request.length / 777) }, (_, index) =>
    request.subarray(index * 777, (index + 1) * 777),
  );
  const pieces: Buffer[] = [];
  for await (const piece of answerFile(cut, 'capture', at)) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(whole.bytes)).toBe(true);
});
