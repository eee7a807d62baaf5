import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { contract, type RouteContract, type RouteName } from '../../api/contract.ts';
import { routeSamples } from './route-samples.ts';
import { type RunningApi, readProblem, startApi, testLimits } from './running-api.ts';
import { insertSampledRecords } from './sampled-records.ts';

/**
 * Every parameter of every list and reading route gets what its schema lets through of this: none of it is an error of
 * ours, and none of it is anything but text.
 */
const hostile: readonly string[] = [
  "'; drop table orders; --",
  '%_\\',
  '"$1{}[(*?+',
  'x\u0000y',
  '\u202e\u{1f4a3}',
  '９９',
  '-1',
  '2147483647',
  '9999999999999999999999',
  '0000-01',
  '9999-12-31',
  '2026-02-30',
  '2026-02-30T00:00:00.000Z',
  '2026-11-22T00:00:00.000Z,x',
  '2026-10:1',
  '00000000-0000-0000-0000-000000000000',
  '__proto__',
  '..%2f..%2fetc%2fpasswd',
  'x'.repeat(4000),
];

let api: RunningApi;
let admin: string;
beforeAll(async () => {
  api = await startApi({ limits: { ...testLimits, uploadsAtOnce: 100 }, updateWaitMs: 200 });
  const merchantId = await api.addMerchant('own-shop');
  admin = await api.addToken('admin');
  // Filters are only computed over rows that are there.
  await insertSampledRecords(api, merchantId, ['c-1', 'c-2', 'c-3', 'c-4', 'c-5']);
});
afterAll(() => api.close());

const names = Object.keys(contract) as RouteName[];
/** What does not pass its schema is answered before anything sees it (test/api/http.test.ts). */
const passing = (schema: z.ZodType, text: string) => schema.safeParse(text).success;

interface HostileCall {
  readonly name: RouteName;
  readonly path: string;
  readonly what: string;
}

function* queryCalls(name: RouteName, route: RouteContract): Generator<HostileCall> {
  const [plain = '', sampled] = routeSamples[name].path('own-shop').split('?');
  for (const [parameter, schema] of Object.entries(route.query?.shape ?? {})) {
    for (const text of hostile) {
      if (!passing(schema as z.ZodType, text)) continue;
      const query = new URLSearchParams(sampled);
      query.set(parameter, text);
      yield { name, path: `${plain}?${query}`, what: `${parameter}=${text.slice(0, 40)}` };
    }
  }
}

function* pathCalls(name: RouteName, route: RouteContract): Generator<HostileCall> {
  const [plain = '', sampled] = routeSamples[name].path('own-shop').split('?');
  const steps = plain.split('/');
  for (const [position, step] of route.path.split('/').entries()) {
    const schema = route.params?.shape[step.slice(1)] as z.ZodType | undefined;
    if (!step.startsWith(':') || step === ':merchant' || schema === undefined) continue;
    for (const text of hostile) {
      if (!passing(schema, text)) continue;
      const path = steps.with(position, encodeURIComponent(text)).join('/');
      yield {
        name,
        path: sampled === undefined ? path : `${path}?${sampled}`,
        what: `${step} ${text.slice(0, 40)}`,
      };
    }
  }
}

test('no parameter of any route is taken for more than a text', async () => {
  const calls = names.flatMap((name) => {
    const route: RouteContract = contract[name];
    // Acts ask workflows, which nobody runs here: what they take is walked by test/api/every-route.
    return route.method === 'get' ? [...queryCalls(name, route), ...pathCalls(name, route)] : [];
  });
  expect(calls.length).toBeGreaterThan(500);
  const broken: string[] = [];
  const queue = calls.entries();
  const work = async () => {
    for (const [, { name, path, what }] of queue) {
      const response = await api.call(path, { token: admin });
      await response.arrayBuffer();
      if (response.status >= 500) {
        broken.push(`${name} ${what}: ${response.status}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(broken).toEqual([]);
  const { rows } = await sql<{ n: number }>`select count(*) as n from orders`.execute(api.db);
  expect(rows).toEqual([{ n: 20 }]);
});

test('a body that is nested as deep as it is long is refused', async () => {
  const depth = 1_000_000;
  const response = await api.call('/v1/codec/decode', {
    method: 'POST',
    token: admin,
    headers: { 'Content-Type': 'application/json' },
    body: `{"payloads":[],"x":${'['.repeat(depth)}${']'.repeat(depth)}}`,
  });
  const { status, errors } = await readProblem(response);
  expect([status, errors[0]?.message]).toEqual([422, 'is nested too deeply']);
});
