import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBrokenPromises, resendUntaken, sendCalls } from '../../../bench/carrier-calls.ts';
import { openReceiverOnOwnPostgres, type ReceiverOnOwnPostgres } from './own-postgres.ts';

/** Fixed, so that every run of the suite sends the same calls. */
const seed = 20261122;

let receiver: ReceiverOnOwnPostgres;
/** Of all tests here: they share one record. */
const forms = new Set<string>();
beforeAll(async () => {
  receiver = await openReceiverOnOwnPostgres();
});
afterAll(() => receiver?.close());

test.each([
  ['restarted', 'restartPostgres'],
  ['killed', 'killPostgres'],
] as const)(
  'keeps every call that it answered 200, while Postgres is %s and Temporal is away',
  async (_what, disturbance) => {
    const { db, merchantId, url } = receiver;
    const { calls, disturbed } = await sendCalls({
      url,
      callsPerSecond: 100,
      seconds: 6,
      seed,
      disturb: { atSecond: 1, act: () => receiver[disturbance]() },
    });
    expect(disturbed).not.toBeNull();
    // Nothing but a yes or an honest "call again".
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([200, 503]));
    await resendUntaken(url, calls);
    expect(await findBrokenPromises(db, merchantId, calls)).toEqual([]);
    const results = await db
      .selectFrom('carrier_results')
      .select(db.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    const queued = await db
      .selectFrom('deliveries')
      .select(db.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    expect(queued.n).toBe(results.n);
    for (const { form } of calls) forms.add(form);
    expect(results.n).toBe(forms.size);
    expect(receiver.wakings()).toBeGreaterThan(0);
  },
);
