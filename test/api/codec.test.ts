import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDataConverter } from '../../temporal/client.ts';
import { createPayloadCodec } from '../../temporal/payload-codec.ts';
import { connectTestTemporal, type TestTemporal } from '../temporal.ts';
import { openBrowser } from './browser-session.ts';
import { type RunningApi, readProblem, startApi } from './running-api.ts';

const password = randomUUID();
const uiOrigin = 'https://temporal.example.jp';
const path = '/v1/codec/decode';
/** Base64 of "binary/plain" and of "hello". */
const plain = { metadata: { encoding: 'YmluYXJ5L3BsYWlu' }, data: 'aGVsbG8=' };
let api: RunningApi;
let temporal: TestTemporal;
const keys = [{ id: 'of-this-test', bytes: new Uint8Array(randomBytes(32)) }];
beforeAll(async () => {
  temporal = await connectTestTemporal(createDataConverter(keys));
  api = await startApi({ temporalUiOrigin: uiOrigin, temporal: temporal.client });
});
afterAll(async () => {
  await api.close();
  await temporal.close();
});

/** A payload as Temporal stores it, in its JSON. */
async function seal(key = keys): Promise<object> {
  const metadata = { encoding: Buffer.from('binary/plain') };
  const [sealed] = await createPayloadCodec(key).encode([{ metadata, data: Buffer.from('hello') }]);
  const base64 = (bytes: Uint8Array | null | undefined) =>
    Buffer.from(bytes ?? []).toString('base64');
  return {
    metadata: Object.fromEntries(
      Object.entries(sealed?.metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)]),
    ),
    data: base64(sealed?.data),
  };
}

test('payloads are decoded for pages of the UI alone, and for who sees every merchant', async () => {
  await api.addUser('oyakata', password, [{ merchantId: null, role: 'operator', rights: [] }]);
  const browser = openBrowser(api);
  await browser.logIn('oyakata', password);
  const decode = async (origin: string | undefined, json: object = { payloads: [plain] }) =>
    await browser.call(path, {
      method: 'POST',
      json,
      headers: origin === undefined ? {} : { Origin: origin },
    });
  // What was never encrypted passes.
  const decoded = await decode(uiOrigin, { payloads: [await seal(), plain] });
  expect(decoded.headers.get('access-control-allow-origin')).toBe(uiOrigin);
  expect(decoded.headers.get('access-control-allow-credentials')).toBe('true');
  expect(await decoded.json()).toEqual({ payloads: [plain, plain] });
  for (const origin of [undefined, 'null', 'https://temporal.example.jp.evil.example']) {
    const refused = await decode(origin);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect((await readProblem(refused)).slug).toBe('origin-refused');
  }
  const sealed = await seal([{ id: 'of-nobody', bytes: new Uint8Array(randomBytes(32)) }]);
  const unreadable = await decode(uiOrigin, { payloads: [sealed] });
  expect((await readProblem(unreadable)).slug).toBe('payload-unreadable');
});

test('payloads are asked for in advance by browsers, which are told whose pages may', async () => {
  const ask = async (origin: string) =>
    await api.call(path, { method: 'OPTIONS', headers: { Origin: origin } });
  const [mine, foreign] = [await ask(uiOrigin), await ask('https://elsewhere.example')];
  expect([mine.status, foreign.status]).toEqual([204, 403]);
  expect(mine.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  // Nothing else answers pages of another origin.
  const other = await api.call('/v1/merchants', { headers: { Origin: uiOrigin } });
  expect(other.headers.get('access-control-allow-origin')).toBeNull();
});
