import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { searchAudit } from '../../db/queries/audit.ts';
import {
  insertCarrierCalls,
  type JudgedCall,
  listMerchantsWithUnjudgedCalls,
  listUnjudgedCalls,
  recordCarrierCalls,
} from '../../db/queries/carrier-calls.ts';
import {
  type ClaimedDelivery,
  claimDeliveries,
  closeCutOffAttempts,
  type EndedAttempt,
  findNextDue,
  recordAttempts,
  returnClaims,
} from '../../db/queries/deliveries.ts';
import {
  changeEndpoint,
  createEndpoint,
  type EndpointSettings,
} from '../../db/queries/delivery-endpoints.ts';
import { listSleepingDesks } from '../../db/queries/delivery-wakes.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { readCarrierCall } from '../../psp/zeus/carrier-call.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

const now = '2026-11-22T00:00:00.000Z';
const later = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString();

let database: TestDatabase;
let db: Db;
let merchantId: number;
let endpointId: number;

const endpointSettings: EndpointSettings = {
  url: 'http://127.0.0.1:9/',
  secretName: 's',
  encoding: 'as_received',
  backOffSeconds: [10],
  timeoutMs: 1000,
  concurrency: 4,
  circuitFailures: 10,
  circuitPauseSeconds: 60,
};

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  const slug = `m-${randomUUID().slice(0, 8)}`;
  const settings = merchantSettingsSchema.parse({});
  const made = await createMerchant(db, {
    ...{ slug, name: slug, kind: 'sandbox', settings, actor: 'test', now },
  });
  merchantId = made.id;
  const endpoint = await createEndpoint(db, merchantId, {
    slug: `${slug}-shop`,
    settings: endpointSettings,
    actor: 'test',
    reason: null,
    now,
  });
  endpointId = endpoint.id;
});

/** Stores calls and leaves them without a verdict, as a cut-off process does. */
async function store(forms: readonly string[]) {
  return await insertCarrierCalls(
    db,
    merchantId,
    forms.map((form) => ({
      publicId: randomUUID(),
      receivedAt: now,
      method: 'POST',
      contentType: null,
      sourceAddress: '127.0.0.1',
      bytes: { query: Buffer.alloc(0), body: Buffer.from(form) },
    })),
  );
}

function judge(stored: Awaited<ReturnType<typeof store>>): JudgedCall[] {
  const settings = merchantSettingsSchema.parse({}).carrier;
  return stored.flatMap((call) =>
    call.bytes === null ? [] : [{ call, read: readCarrierCall(call.bytes, settings) }],
  );
}

const form = (ordd: string, result = 'OK') => `clientip=1&ordd=${ordd}&result=${result}`;
const take = async (...forms: string[]) =>
  await recordCarrierCalls(db, merchantId, judge(await store(forms)), now);
const claim = (at = now, limit = 100) =>
  claimDeliveries(db, merchantId, { endpointId, now: at, limit });
const ended = (delivery: ClaimedDelivery, more: Partial<EndedAttempt> = {}): EndedAttempt => ({
  delivery,
  outcome: 'delivered',
  status: 200,
  answerStart: '',
  durationMs: 1,
  endedAt: now,
  next: { state: 'delivered' },
  ...more,
});
const orderOf = (claimed: readonly ClaimedDelivery[]) =>
  claimed.map(({ parameters }) => parameters.find(([name]) => name === 'ordd')?.[1]);

describe('calls', () => {
  test('that bear one result at once are one result, whoever writes them', async () => {
    const stored = await store(Array.from({ length: 40 }, () => form('a')));
    const halves = [judge(stored.slice(0, 20)), judge(stored.slice(20).reverse())];
    const recorded = await Promise.all(
      halves.map((half) => recordCarrierCalls(db, merchantId, half, now)),
    );
    const verdicts = recorded.flatMap(({ verdicts: some }) => [...some.values()]);
    expect(verdicts.filter((verdict) => verdict === 'new')).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict === 'duplicate')).toHaveLength(39);
    expect(await claim()).toHaveLength(1);
  });

  test('with different results at once are versions without a gap', async () => {
    const forms = Array.from({ length: 30 }, (_, n) => form('a', `R${n % 10}`));
    const stored = judge(await store(forms));
    await Promise.all(
      [0, 1, 2].map((part) =>
        recordCarrierCalls(db, merchantId, stored.slice(part * 10, part * 10 + 10), now),
      ),
    );
    const versions = await db
      .selectFrom('carrier_results')
      .where('merchant_id', '=', merchantId)
      .orderBy('id')
      .select('version')
      .execute();
    expect(versions.map(({ version }) => version)).toEqual(
      Array.from({ length: 10 }, (_, n) => n + 1),
    );
  });

  test('that were cut off are found, and taken up once', async () => {
    await take(form('a'));
    const stored = await store([form('b'), form('c')]);
    const found = await listUnjudgedCalls(db, merchantId, { limit: 10 });
    expect(found.map(({ id }) => id)).toEqual(stored.map(({ id }) => id));
    expect(await listMerchantsWithUnjudgedCalls(db)).toHaveLength(1);
    const both = await Promise.all(
      [0, 1].map(() => recordCarrierCalls(db, merchantId, judge(found), now)),
    );
    for (const { verdicts } of both) expect([...verdicts.values()]).toEqual(['new', 'new']);
    expect(await listUnjudgedCalls(db, merchantId, { limit: 10 })).toEqual([]);
    expect(await claim()).toHaveLength(3);
  });
});

describe('the queue', () => {
  test('gives a delivery to one of many, and of a payment the first', async () => {
    await take(...['a', 'b', 'c', 'd', 'e'].map((ordd) => form(ordd)), form('a', 'NG'));
    const claims = await Promise.all(Array.from({ length: 5 }, () => claim(now, 2)));
    expect(orderOf(claims.flat()).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await claim()).toEqual([]);
    const first = claims.flat().find(({ version, parameters }) => {
      return version === 1 && parameters.some(([, value]) => value === 'a');
    });
    await recordAttempts(db, merchantId, [ended(first as ClaimedDelivery)]);
    expect((await claim()).map(({ version }) => version)).toEqual([2]);
  });

  test('takes an attempt whose process ended for cut off, and gives its try back', async () => {
    await take(form('a'));
    const [lost] = await claim();
    expect(lost).toMatchObject({ attempt: 1, triesLeft: 1 });
    for (let n = 0; n < 2; n += 1) {
      await closeCutOffAttempts(db, merchantId, { endpointId, now });
    }
    const [again] = await claim();
    expect(again).toMatchObject({ attempt: 2, triesLeft: 1, resultId: lost?.resultId });
    const attempts = await db
      .selectFrom('delivery_attempts')
      .where('merchant_id', '=', merchantId)
      .select(['attempt', 'outcome'])
      .execute();
    expect(attempts).toEqual([{ attempt: 1, outcome: 'cut_off' }]);
    // The process was not dead after all: what it says now changes nothing.
    await recordAttempts(db, merchantId, [ended(lost as ClaimedDelivery)]);
    const { state } = await db
      .selectFrom('deliveries')
      .where('merchant_id', '=', merchantId)
      .select('state')
      .executeTakeFirstOrThrow();
    expect(state).toBe('due');
  });

  test('takes claims back as if they had never been made', async () => {
    await take(form('a'));
    const [claimed] = await claim();
    await returnClaims(db, merchantId, [claimed as ClaimedDelivery]);
    expect((await claim())[0]).toMatchObject({ attempt: 1, triesLeft: 1 });
  });

  test('keeps the number of a claim that was closed as cut off before it is taken back', async () => {
    await take(form('a'));
    const [lost] = await claim();
    // Temporal heard nothing of its worker; the next one began, and then the first one ended its batch.
    await closeCutOffAttempts(db, merchantId, { endpointId, now });
    await returnClaims(db, merchantId, [lost as ClaimedDelivery]);
    const [again] = await claim();
    expect(again).toMatchObject({ attempt: 2, triesLeft: 1 });
    await recordAttempts(db, merchantId, [ended(again as ClaimedDelivery)]);
    expect(await claim(later(60))).toEqual([]);
  });

  test('says when it goes on: never for what waits behind another', async () => {
    expect(await findNextDue(db, merchantId, endpointId)).toBeNull();
    await take(form('a'), form('a', 'NG'));
    const [first] = await claim();
    const next = { state: 'due', dueAt: later(10) } as const;
    const failed = ended(first as ClaimedDelivery, { outcome: 'refused', status: 500, next });
    expect(await recordAttempts(db, merchantId, [failed])).toEqual({ failed: 0 });
    expect(await findNextDue(db, merchantId, endpointId)).toBe(later(10));
    expect(await claim(later(9))).toEqual([]);
    expect(await claim(later(10))).toHaveLength(1);
  });

  test('is seen by those who wake desks once it was missed, tried before or not', async () => {
    const isSeen = async (at: string) => {
      const found = await listSleepingDesks(db, at);
      const { slug: own } = await db
        .selectFrom('delivery_endpoints')
        .where('id', '=', endpointId)
        .select('slug')
        .executeTakeFirstOrThrow();
      return found.some((desk) => desk.slug === own);
    };
    await take(form('a'));
    // Whoever took the call wakes the desk; it was cut off before it could.
    expect(await isSeen(later(59))).toBe(false);
    expect(await isSeen(later(60))).toBe(true);
    const [claimed] = await claim();
    const next = { state: 'due', dueAt: later(600) } as const;
    const failed = ended(claimed as ClaimedDelivery, { outcome: 'refused', status: 500, next });
    await recordAttempts(db, merchantId, [failed]);
    expect(await isSeen(later(600))).toBe(false);
    // Its endpoint was paused over the time at which it was due, and resumed by somebody who was cut off.
    expect(await isSeen(later(660))).toBe(true);
  });

  test('makes one error of a delivery that is given up, whoever says it twice', async () => {
    await take(form('a'));
    const [claimed] = await claim();
    const given = ended(claimed as ClaimedDelivery, {
      outcome: 'timed_out',
      status: null,
      next: { state: 'failed' },
    });
    expect(await recordAttempts(db, merchantId, [given])).toEqual({ failed: 1 });
    expect(await recordAttempts(db, merchantId, [given])).toEqual({ failed: 0 });
    const errors = await db
      .selectFrom('send_errors')
      .where('merchant_id', '=', merchantId)
      .select('attempt')
      .execute();
    expect(errors).toEqual([{ attempt: 1 }]);
    expect(await claim(later(60))).toEqual([]);
  });
});

test('the bytes of a call with a card number cannot be stored', async () => {
  const row = {
    merchant_id: merchantId,
    public_id: randomUUID(),
    received_at: now,
    method: 'POST',
    source_address: '127.0.0.1',
    query: Buffer.alloc(0),
    body: Buffer.from('a'),
    card_number_found: true,
  } as const;
  await expect(db.insertInto('carrier_calls').values(row).execute()).rejects.toMatchObject({
    constraint: 'card_numbers_are_not_kept',
  });
});

describe('the audit tells of an endpoint', () => {
  const by = { actor: 'test', reason: null, now };
  const told = async (slug: string): Promise<{ act: string; details: unknown }[]> => {
    const page = { search: { about: slug }, beforeN: null, limit: 10 };
    const entries = await searchAudit(db, merchantId, page);
    return entries.map(({ entry }) => JSON.parse(entry)).reverse();
  };

  test('everything at its beginning, but the query of its address', async () => {
    const slug = `hook-${randomUUID().slice(0, 8)}`;
    const settings: EndpointSettings = {
      ...endpointSettings,
      url: 'https://shop.example.jp/hooks/1?key=abc',
      webhook: { events: ['ng.opened', 'ng.closed'], secretOverlapHours: 24 },
    };
    await createEndpoint(db, merchantId, { slug, settings, ...by });
    const { webhook: _, ...rest } = settings;
    const after = {
      ...rest,
      url: 'https://shop.example.jp/hooks/1?…',
      events: ['ng.opened', 'ng.closed'],
      secretOverlapHours: 24,
    };
    expect(await told(slug)).toMatchObject([
      { act: 'endpoint.created', details: { version: 1, after } },
    ]);
    const changed: EndpointSettings = {
      ...settings,
      url: 'https://shop.example.jp/hooks/1?key=def',
      webhook: { events: ['ng.closed'], secretOverlapHours: 24 },
    };
    await changeEndpoint(db, merchantId, { slug, settings: changed, seenVersion: 1, ...by });
    const [, change] = await told(slug);
    // The address is told although both look alike: it was changed.
    expect(change?.details).toEqual({
      version: 2,
      before: { url: after.url, events: after.events },
      after: { url: after.url, events: ['ng.closed'] },
    });
  });

  test('what was and what is, where they differ', async () => {
    const slug = `shop-${randomUUID().slice(0, 8)}`;
    await createEndpoint(db, merchantId, { slug, settings: endpointSettings, ...by });
    const settings = {
      ...endpointSettings,
      url: 'http://127.0.0.1:9/results',
      secretName: 'other',
      concurrency: 8,
      backOffSeconds: [10, 60],
    };
    await changeEndpoint(db, merchantId, { slug, settings, seenVersion: 1, ...by });
    const [, change] = await told(slug);
    expect(change).toMatchObject({ act: 'endpoint.changed' });
    const limits = { concurrency: 4, backOffSeconds: [10] };
    expect(change?.details).toEqual({
      version: 2,
      before: { url: 'http://127.0.0.1:9/', secretName: 's', ...limits },
      after: {
        ...{ url: 'http://127.0.0.1:9/results', secretName: 'other' },
        ...{ concurrency: 8, backOffSeconds: [10, 60] },
      },
    });
  });
});
