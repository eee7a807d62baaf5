import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CodecServer, startCodecServer } from '../../temporal/codec-server.ts';
import { createPayloadCodec } from '../../temporal/payload-codec.ts';

const origin = 'http://127.0.0.1:8233';
const codec = createPayloadCodec([{ id: 'k1', bytes: new Uint8Array(randomBytes(32)) }]);
let server: CodecServer;

beforeAll(async () => {
  server = await startCodecServer({ codec, port: 0, allowedOrigins: [origin] });
});
afterAll(() => server.close());

const base64 = (bytes: Uint8Array | null | undefined) =>
  Buffer.from(bytes ?? []).toString('base64');

/** As the UI sends them: protobuf JSON. */
function toJson(payloads: Payload[]) {
  return {
    payloads: payloads.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([key, value]) => [key, base64(value)]),
      ),
      data: base64(data),
    })),
  };
}

function decode(body: unknown, headers: Record<string, string> = { origin }) {
  return fetch(`${server.url}/decode`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

test('the UI reads what is encrypted and what is not', async () => {
  const texts = ['オーソリ結果', { orders: 371 }].map(
    (value) => defaultPayloadConverter.toPayload(value) as Payload,
  );
  const sealed = await codec.encode(texts);
  const response = await decode(toJson([...sealed, ...texts]));
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  expect(await response.json()).toEqual(toJson([...texts, ...texts]));
});

test('a browser may ask beforehand, of the UI only', async () => {
  const preflight = (from: string) =>
    fetch(`${server.url}/decode`, { method: 'OPTIONS', headers: { origin: from } });
  const allowed = await preflight(origin);
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-headers')).toContain('x-namespace');
  const foreign = await preflight('https://example.com');
  expect(foreign.status).toBe(403);
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
});

test.each([
  ['a page of another site', { origin: 'https://example.com' }, {}, 403],
  ['no page at all', {}, {}, 403],
  ['what is no JSON', { origin }, '{', 400],
  ['payloads with a foreign key', { origin }, undefined, 400],
] as const)('refuses %s without a word about the content', async (_, headers, body, status) => {
  const other = createPayloadCodec([{ id: 'k2', bytes: new Uint8Array(randomBytes(32)) }]);
  const sealed = await other.encode([defaultPayloadConverter.toPayload('x') as Payload]);
  const response = await decode(body ?? toJson(sealed), headers);
  expect(response.status).toBe(status);
  expect(await response.text()).toBe('');
});

test('does nothing but decode', async () => {
  const response = await fetch(`${server.url}/encode`, { method: 'POST', headers: { origin } });
  expect(response.status).toBe(404);
});
