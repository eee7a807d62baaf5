import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { merchantSettingsSchema } from '../../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../../config.ts';
import { openDatabase } from '../../../db/database.ts';
import { writeSecret } from '../../../db/queries/secrets.ts';
import { saveSettings } from '../../../db/queries/settings.ts';
import { cardLikeNumber } from '../../db/card-like-number.ts';
import { type RunningApi, startApi, startOfTime } from '../running-api.ts';
import { addCarrierMerchant, callParameters, postCall, writeForm } from './receiving-api.ts';

let api: RunningApi;
let shop: number;

beforeAll(async () => {
  api = await startApi({ trustedProxies: 1 });
  shop = await addCarrierMerchant(api, 'shop', { ipCodes: ['12345', '67890'] });
});
afterAll(async () => {
  await api.close();
});

const path = '/callbacks/zeus/shop';

async function readResults(orderNumber: string) {
  return await api.db
    .selectFrom('carrier_results as r')
    .innerJoin('carrier_calls as c', 'c.id', 'r.call_id')
    .where('r.merchant_id', '=', shop)
    .where('r.order_number', '=', orderNumber)
    .orderBy('r.version')
    .select(['r.version', 'r.result', 'r.encoding', 'r.parameters', 'r.phone', 'c.body', 'c.query'])
    .execute();
}

async function readVerdicts(merchantId: number) {
  return await api.db
    .selectFrom('carrier_calls as c')
    .leftJoin('carrier_verdicts as v', 'v.call_id', 'c.id')
    .where('c.merchant_id', '=', merchantId)
    .orderBy('c.id')
    .select(['v.verdict', 'v.findings', 'c.query', 'c.body', 'c.source_address'])
    .execute();
}

describe('a call', () => {
  test.each(['utf-8', 'cp932'] as const)('comes by POST in %s', async (encoding) => {
    const ordd = `post-${encoding}`;
    const form = writeForm(callParameters({ ordd }), encoding);
    const response = await postCall(api, path, form);
    expect([response.status, await response.text()]).toEqual([200, 'OK']);
    const [kept, ...others] = await readResults(ordd);
    expect(others).toEqual([]);
    expect(kept).toMatchObject({ version: 1, result: 'OK', encoding, phone: '09000000000' });
    expect(kept?.parameters).toContainEqual(['sendpoint', '能表 構']);
    expect(kept?.body?.toString('latin1')).toBe(form);
  });

  test('comes by GET, byte for byte', async () => {
    const form = writeForm(callParameters({ ordd: 'get' }), 'cp932');
    expect((await api.call(`${path}?${form}`)).status).toBe(200);
    const [kept] = await readResults('get');
    expect(kept?.query?.toString('latin1')).toBe(form);
    expect(kept?.parameters).toContainEqual(['sendpoint', '能表 構']);
  });

  test('that asks before it sends its body is told to go on', async () => {
    const form = writeForm(callParameters({ ordd: 'asks-first' }));
    const sent = request(`${api.url}${path}`, {
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': String(form.length) },
    });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end(form);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(await readResults('asks-first')).toHaveLength(1);
  });

  test('that comes again is known, however it is written', async () => {
    const parameters = callParameters({ ordd: 'twice' });
    const turned = Object.fromEntries(Object.entries(parameters).reverse());
    const answers = await Promise.all([
      postCall(api, path, writeForm(parameters)),
      postCall(api, path, writeForm(turned, 'cp932')),
      api.call(`${path}?${writeForm(parameters)}`),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(await readResults('twice')).toHaveLength(1);
  });

  test('with another result of the same payment is a version of its own', async () => {
    for (const result of ['OK', 'CANCEL', 'OK']) {
      expect(
        (await postCall(api, path, writeForm(callParameters({ ordd: 'versions', result })))).status,
      ).toBe(200);
    }
    expect((await readResults('versions')).map(({ version, result }) => [version, result])).toEqual(
      [
        [1, 'OK'],
        [2, 'CANCEL'],
      ],
    );
  });

  test('of the same オーダーNo under another IPコード is another payment', async () => {
    for (const clientip of ['12345', '67890']) {
      await postCall(api, path, writeForm(callParameters({ ordd: 'two-codes', clientip })));
    }
    expect((await readResults('two-codes')).map(({ version }) => version)).toEqual([1, 1]);
  });
});

describe('a call that is no result', () => {
  test.each([
    ['lacks its オーダーNo', { ordd: '' }, 'missing'],
    ['bears a foreign IPコード', { clientip: '99999' }, 'unknown_ip_code'],
    ['has an amount that is none', { money: '1,980' }, 'not_yen'],
  ])('%s: kept, shown, answered 400', async (_what, changed, code) => {
    const form = writeForm(callParameters(changed));
    expect((await postCall(api, path, form)).status).toBe(400);
    const last = (await readVerdicts(shop)).at(-1);
    expect(last).toMatchObject({ verdict: 'unusable', findings: [{ code }] });
    expect(last?.body?.toString('latin1')).toBe(form);
  });

  test('is no form at all: kept too', async () => {
    const response = await api.call(path, { method: 'POST', json: { result: 'OK' } });
    expect(response.status).toBe(400);
    expect((await readVerdicts(shop)).at(-1)?.body?.toString()).toBe('{"result":"OK"}');
  });

  test('holds a card number: refused, counted, and its bytes are not kept', async () => {
    const number = cardLikeNumber();
    const spaced = number.replace(/(....)/g, '$1 ').trim();
    for (const form of [
      writeForm(callParameters({ sendpoint: number })),
      writeForm({ ...callParameters(), [spaced]: '' }),
      JSON.stringify({ number }),
    ]) {
      expect((await postCall(api, path, form)).status).toBe(422);
      const last = (await readVerdicts(shop)).at(-1);
      expect(last).toMatchObject({ verdict: 'card_number', query: null, body: null });
    }
    expect((await api.call(`${path}?${writeForm({ a: number })}`)).status).toBe(422);
    const typed = { method: 'POST', headers: { 'Content-Type': `text/${number}` }, body: 'a=b' };
    expect((await api.call(path, typed)).status).toBe(422);
    expect(api.logLines.join('')).not.toContain(number);
  });

  test('has an オーダーNo that looks like one: taken, the number is ZEUS’s own', async () => {
    const form = writeForm(callParameters({ ordd: cardLikeNumber() }));
    expect((await postCall(api, path, form)).status).toBe(200);
  });

  test('is longer than any call: nothing is kept', async () => {
    const before = (await readVerdicts(shop)).length;
    const form = writeForm(callParameters({ sendpoint: 'x'.repeat(70_000) }));
    expect((await postCall(api, path, form)).status).toBe(413);
    expect(await readVerdicts(shop)).toHaveLength(before);
  });

  test('has a name of the payment longer than an index of Postgres: kept, answered 400', async () => {
    // Kanji that do not repeat: nothing that Postgres could compress.
    const kanji = (first: number) =>
      String.fromCodePoint(...Array.from({ length: 480 }, (_, n) => first + ((n * 7919) % 9000)));
    const form = writeForm(callParameters({ clientip: kanji(0x4e00), ordd: kanji(0x5000) }));
    await addCarrierMerchant(api, 'any-ip-code');
    const to = '/callbacks/zeus/any-ip-code';
    expect((await postCall(api, to, form)).status).toBe(400);
    expect((await postCall(api, to, writeForm(callParameters()))).status).toBe(200);
  });

  test('cannot be kept by Postgres: it alone is answered 503, and again when it is taken up', async () => {
    const owner = openDatabase(api.ownerUrl, { maxConnections: 1 });
    try {
      await sql`alter table carrier_results add constraint no_bad_one
        check (order_number <> 'bad-one')`.execute(owner);
      const names = ['good-1', 'bad-one', ...Array.from({ length: 20 }, (_, n) => `good-2${n}`)];
      const call = async (ordd: string) =>
        (await postCall(api, path, writeForm(callParameters({ ordd })))).status;
      const statuses = await Promise.all(names.map(call));
      expect(statuses[names.indexOf('bad-one')]).toBe(503);
      // A machine that is busy may answer others so, too: not within a second. They come again.
      for (const name of names.filter((_, n) => statuses[n] === 503)) {
        expect(await call(name)).toBe(name === 'bad-one' ? 503 : 200);
      }
      expect(await call('good-after')).toBe(200);
      await sql`alter table carrier_results drop constraint no_bad_one`.execute(owner);
      expect(await call('bad-one')).toBe(200);
      expect(await readResults('bad-one')).toHaveLength(1);
    } finally {
      await owner.destroy();
    }
  });

  test('is neither GET nor POST', async () => {
    const response = await api.call(path, { method: 'PUT', body: 'x' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
});

describe('a sender', () => {
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });

  test('is let in by its address, through our own proxy, and never counted', async () => {
    await addCarrierMerchant(api, 'by-address', {
      allowedAddresses: ['192.0.2.0/24', '2001:db8::/32'],
    });
    const call = (address: string, n: number) =>
      api.call(
        `/callbacks/zeus/by-address?${writeForm(callParameters({ ordd: `a${n}` }))}`,
        from(address),
      );
    const many = Array.from({ length: 50 }, (_, n) => call('192.0.2.7', n));
    expect(new Set((await Promise.all(many)).map((answer) => answer.status))).toEqual(
      new Set([200]),
    );
    expect((await call('2001:db8::5', 1)).status).toBe(200);
    expect((await call('198.51.100.1', 1)).status).toBe(404);
  });

  test('is let in by the secret in the path, which no log ever holds', async () => {
    const id = await addCarrierMerchant(api, 'by-secret', {
      allowedAddresses: [],
      pathSecretName: 'zeus-path',
    });
    const secret = randomBytes(12).toString('hex');
    await writeSecret(
      api.db,
      id,
      { name: 'zeus-path', value: secret, now: startOfTime, actor: 'test' },
      parseEncryptionKeys(inject('fileKeys')),
    );
    const form = writeForm(callParameters());
    const statuses = [];
    for (const end of [`/${secret}`, '/another', '', `/${secret}/`]) {
      statuses.push(
        (await api.call(`/callbacks/zeus/by-secret${end}?${form}`, from('203.0.113.1'))).status,
      );
    }
    expect(statuses).toEqual([200, 404, 404, 404]);
    const log = api.logLines.join('');
    expect(log).toContain('/callbacks/zeus/:merchant');
    expect(log).not.toContain(secret);
    expect(log).not.toContain('ord-1');
  });

  test('needs both where both are set', async () => {
    const id = await addCarrierMerchant(api, 'by-both', {
      allowedAddresses: ['192.0.2.0/24'],
      pathSecretName: 'zeus-path',
    });
    await writeSecret(
      api.db,
      id,
      { name: 'zeus-path', value: 'right', now: startOfTime, actor: 'test' },
      parseEncryptionKeys(inject('fileKeys')),
    );
    const call = async (end: string, address: string) =>
      (
        await api.call(
          `/callbacks/zeus/by-both${end}?${writeForm(callParameters())}`,
          from(address),
        )
      ).status;
    expect(await call('/right', '192.0.2.1')).toBe(200);
    expect(await call('/right', '203.0.113.2')).toBe(404);
    expect(await call('/wrong', '192.0.2.1')).toBe(404);
    expect(await call('', '192.0.2.1')).toBe(404);
  });

  test('whom nobody knows is told nothing and soon has to wait', async () => {
    const call = async (slug: string) =>
      (await api.call(`/callbacks/zeus/${slug}`, from('203.0.113.66'))).status;
    const statuses = [];
    for (let n = 0; n < 12; n += 1)
      statuses.push(await call(n % 2 === 0 ? 'shop' : 'no-such-shop'));
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(404));
    expect(statuses.slice(10)).toEqual([429, 429]);
  });

  test('finds nobody at a merchant that takes no calls', async () => {
    const id = await addCarrierMerchant(api, 'switched-off');
    await saveSettings(api.db, id, {
      seenVersion: 2,
      settings: merchantSettingsSchema.parse({ carrier: { allowedAddresses: ['127.0.0.1'] } }),
      actor: 'test',
      reason: 'test',
      now: startOfTime,
    });
    expect((await api.call('/callbacks/zeus/switched-off?a=b')).status).toBe(404);
  });
});

test('settings that would let nobody in are refused', () => {
  const parsed = merchantSettingsSchema.safeParse({ carrier: { enabled: true } });
  expect(parsed.error?.issues.map(({ path: at }) => at.join('.'))).toEqual(['carrier.enabled']);
});
