import { once } from 'node:events';
import { type IncomingMessage, request as openHttp } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadKinds } from '../../billing/file-kind.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

/**
 * Files that are small and unpack to much, and lines without an end, at every door that takes a file. What
 * reads them afterwards: test/imports/csv-bombs.test.ts.
 */
let api: RunningApi;
let admin: string;
beforeAll(async () => {
  api = await startApi();
  await api.addMerchant('own-shop');
  admin = await api.addToken('admin');
});
afterAll(() => api.close());

const merchant = '/v1/merchants/own-shop';
const doors: Readonly<Record<string, readonly [method: string, path: string]>> = {
  ...Object.fromEntries(
    uploadKinds.map((kind) => [kind, ['POST', `${merchant}/files?name=a.csv&kind=${kind}`]]),
  ),
  customers: ['POST', `${merchant}/imports?kind=customers&name=a.csv&held=true`],
  cards: ['POST', `${merchant}/imports?kind=cards&name=a.csv&held=true`],
  'returned cards': ['POST', `${merchant}/card-migrations/99/returned-files?name=r.csv`],
  banner: ['PUT', `${merchant}/epos-banner`],
};

let unique = 0;
async function upload(
  door: string,
  body: RequestInit['body'],
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const [method = '', path = ''] = doors[door] ?? [];
  unique += 1;
  return await api.call(path, {
    ...{ method, token: admin, body: body ?? null },
    headers: {
      'Content-Type': 'application/octet-stream',
      'Idempotency-Key': `bomb-key-${unique}`,
      ...headers,
    },
  } as RequestInit);
}

/** The start, then one piece again and again: the sender holds nothing else, so all that is held is ours. */
async function uploadEndless(door: string, start: string, filling: string, bytes: number) {
  const [method = '', path = ''] = doors[door] ?? [];
  const piece = Buffer.from(filling.repeat(65_536 / filling.length));
  const pieces = function* () {
    yield Buffer.from(start);
    for (let left = bytes; left > 0; left -= piece.byteLength) yield piece;
  };
  unique += 1;
  const request = openHttp(`${api.url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${admin}`,
      'Content-Type': 'text/csv',
      'Idempotency-Key': `bomb-key-${unique}`,
    },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  const sent = pipeline(Readable.from(pieces()), request).catch(() => {});
  const [response] = await answered;
  response.resume();
  await once(response, 'end');
  // A refusal may come before all is sent: then nobody goes on.
  request.destroy();
  await sent;
  return response.statusCode ?? 0;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const mib = 1024 * 1024;

/** No door may hold more than this of what comes in. */
const heldAtMost = 32 * mib;

/**
 * Bytes that are in use beyond what was before, at the most, while something runs. What is garbage is
 * told from the rest only where both together would be too much, and for a tenth of the time: it stops
 * the whole process, which other files' tests have filled.
 */
async function measureHeld(work: () => Promise<void>): Promise<number> {
  const look = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  collectGarbage();
  const before = look();
  let most = 0;
  let nextAt = 0;
  const timer = setInterval(() => {
    const begun = performance.now();
    if (look() - before > heldAtMost) {
      if (begun < nextAt) return;
      collectGarbage();
      nextAt = begun + 10 * (performance.now() - begun);
    }
    most = Math.max(most, look() - before);
  }, 100);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most;
}

const zeros = Buffer.alloc(32 * mib);
const packed = {
  gzip: gzipSync(zeros),
  // The head of a ZIP entry `a.csv` and its packed bytes.
  zip: Buffer.concat([
    Buffer.from(`504b0304140000000800${'00'.repeat(16)}05000000`, 'hex'),
    Buffer.from('a.csv'),
    deflateRawSync(zeros),
  ]),
};

test('what is packed is not unpacked, whatever it says of itself', async () => {
  const held = await measureHeld(async () => {
    for (const door of Object.keys(doors)) {
      for (const bytes of Object.values(packed)) {
        const plain = await upload(door, bytes, { 'Content-Type': 'text/csv' });
        await plain.arrayBuffer();
        expect(plain.status, door).toBeLessThan(500);
      }
      const coded = await upload(door, packed.gzip, { 'Content-Encoding': 'gzip' });
      expect((await readProblem(coded)).slug, door).toBe('content-type-not-supported');
    }
  });
  expect(held).toBeLessThan(heldAtMost);
  const { rows } = await sql<{ n: number }>`select max(bytes) as n from files`.execute(api.db);
  expect(rows[0]?.n).toBeLessThan(mib);
});

test('a packed JSON body is read to its limit and no further', async () => {
  const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
  for (const [path, token] of [
    ['/v1/merchants', { token: admin }],
    // Somebody whom nobody knows.
    ['/v1/session', {}],
  ] as const) {
    const held = await measureHeld(async () => {
      const response = await api.call(path, {
        method: 'POST',
        body: packed.gzip,
        headers,
        ...token,
      });
      expect(await readProblem(response)).toMatchObject({ status: 413, slug: 'body-too-large' });
    });
    expect(held).toBeLessThan(heldAtMost);
  }
});

test.each([
  ['fifty million letters without an end of line', 'a,b\r\n', 'x', 50_000_000, ['order-export']],
  ['a million columns', '', ',', 1_000_000, Object.keys(doors)],
  ['ten million quotes', 'a,b\r\n', '"', 10_000_000, ['order-export', 'auth-result', 'customers']],
  ['a field that never closes', 'a,b\r\n"', 'x,', 4_000_000, Object.keys(doors)],
])('%s', async (_, start, filling, bytes, at) => {
  const held = await measureHeld(async () => {
    for (const door of at) {
      expect(await uploadEndless(door, start, filling, bytes), door).toBeLessThan(500);
    }
  });
  expect(held).toBeLessThan(heldAtMost);
  expect(api.uploadsRunning()).toBe(0);
});
