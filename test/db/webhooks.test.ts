import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../../billing/webhook-event.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, lockAuditChain, openDatabase } from '../../db/database.ts';
import { moveCycle } from '../../db/queries/cycles.ts';
import { findNextDue, recordAttempts } from '../../db/queries/deliveries.ts';
import { createEndpoint, moveEndpoint } from '../../db/queries/delivery-endpoints.ts';
import { listSleepingDesks } from '../../db/queries/delivery-wakes.ts';
import { closeCases, openCases } from '../../db/queries/ng-cases.ts';
import { readSecretsInForce, writeSecret } from '../../db/queries/secrets.ts';
import {
  claimEvents,
  listWebhookDeliveries,
  resendEvents,
} from '../../db/queries/webhook-deliveries.ts';
import { listOrdersOfEvent } from '../../db/queries/webhook-events.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { attempted } from './broken-rules.ts';
import { insertCards, refuseCards } from './locked-cards.ts';
import { insertAttempt, insertEnding } from './money-facts.ts';
import {
  AT,
  type Charge,
  insertExchange,
  insertFileLine,
  insertMoneyRecord,
  type MoneyRecord,
} from './money-record.ts';

/** What the triggers write of facts that come as they come in production, and its queue. */
let database: TestDatabase;
let db: Db;
let record: MoneyRecord;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.appUrl);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  record = await insertMoneyRecord(db);
});

let hooks = 0;

async function addHook(events: readonly WebhookEventType[]): Promise<number> {
  hooks += 1;
  const made = await createEndpoint(db, record.merchantId, {
    slug: `hook-${hooks}`,
    settings: {
      url: 'http://127.0.0.1:9/',
      secretName: 's',
      encoding: 'utf-8',
      backOffSeconds: [10],
      timeoutMs: 1000,
      concurrency: 4,
      circuitFailures: 10,
      circuitPauseSeconds: 60,
      webhook: { events, secretOverlapHours: 24 },
    },
    ...{ actor: 'test', reason: null, now: AT },
  });
  return made.id;
}

const told = async (endpointId: number) => {
  const page = { endpointId, state: null, event: null, before: null, limit: 100 };
  const rows = await listWebhookDeliveries(db, record.merchantId, page);
  return rows.map(({ event }) => event).reverse();
};

async function decide(key: string): Promise<number> {
  const { id } = await db
    .insertInto('decisions')
    .values({
      ...{ merchant_id: record.merchantId, idempotency_key: key, workflow_id: 'test' },
      ...{ act: 'test', body: '{}', actor: 'operator', decided_at: AT },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Charges that were authorized and claimed for capture: in a file, or on a list (null). */
async function claimed(count: number, exchangeId: number | null): Promise<Charge[]> {
  const charges: Charge[] = [];
  for (let n = 1; n <= count; n += 1) {
    const charge = await attempted(db, record, 'ok');
    await insertEnding(db, record, {
      ...{ charge, n: 1, k: 1, kind: 'capture' },
      ...(exchangeId === null ? {} : { exchangeId }),
    });
    if (exchangeId !== null) {
      await insertFileLine(db, record, { exchangeId, lineNumber: n + 1, charge, n: 1, k: 1 });
    }
    charges.push(charge);
  }
  return charges;
}

/** As a merge or a list writes them: one statement. */
async function capture(
  charges: readonly Charge[],
  by: { exchangeId?: number; decisionId?: number },
): Promise<void> {
  await db
    .insertInto('ending_results')
    .values(
      charges.map(({ chargeId }) => ({
        ...{ charge_id: chargeId, n: 1, k: 1, merchant_id: record.merchantId },
        result: 'captured' as const,
        exchange_id: by.exchangeId ?? null,
        decision_id: by.decisionId ?? null,
        recorded_at: AT,
      })),
    )
    .execute();
}

describe('an event', () => {
  test('of captures is one for a file or list, with the orders behind a link', async () => {
    const hook = await addHook(['charges.captured']);
    const exchangeId = await insertExchange(db, record, 'capture');
    await capture(await claimed(3, exchangeId), { exchangeId });
    await capture(await claimed(2, null), { decisionId: await decide('list') });
    const [ofFile, ofList, ...more] = await told(hook);
    expect(more).toEqual([]);
    expect(ofFile).toMatchObject({
      type: 'charges.captured',
      occurredAt: AT,
      data: { month: '2026-11', by: 'file', charges: 3, amountYen: 3000 },
    });
    expect(ofList?.data).toMatchObject({ by: 'list', charges: 2, amountYen: 2000 });
    for (const [event, count] of [
      [ofFile, 3],
      [ofList, 2],
    ] as const) {
      const id = event?.id ?? '';
      const first = await listOrdersOfEvent(db, record.merchantId, {
        ...{ event: id, after: 0, limit: 1 },
      });
      const after = first[0]?.position ?? 0;
      const rest = await listOrdersOfEvent(db, record.merchantId, { event: id, after, limit: 9 });
      const orders = [...first, ...rest].map(({ orderNumber }) => orderNumber);
      expect(new Set(orders).size).toBe(count);
      expect(orders).toHaveLength(count);
      expect([...first, ...rest].map(({ amountYen }) => amountYen)).toContain(1000);
    }
  });

  test('of each capture is there for who wants it, and only from then on', async () => {
    const exchangeId = await insertExchange(db, record, 'capture');
    const charges = await claimed(3, exchangeId);
    await capture(charges.slice(0, 1), { exchangeId });
    const each = await addHook(['charge.captured']);
    const other = await addHook(['ng.opened']);
    await capture(charges.slice(1), { exchangeId });
    const events = await told(each);
    expect(events.map(({ type }) => type)).toEqual(['charge.captured', 'charge.captured']);
    expect(events[0]?.data).toEqual({
      month: '2026-11',
      orderNumber: expect.stringMatching(/^order-/),
      amountYen: 1000,
    });
    expect(await told(other)).toEqual([]);
  });

  test('of a month tells each stage, in order, as often as it comes to it', async () => {
    const hook = await addHook(['cycle.stage']);
    const { cycleId, merchantId } = record;
    const move = (from: 'capturing' | 'working_ng', to: 'capturing' | 'working_ng', now = AT) =>
      moveCycle(db, merchantId, { cycleId, from, to, attention: false, now });
    // At one instant of a business clock that stands still.
    await move('capturing', 'working_ng');
    await move('working_ng', 'capturing');
    await move('capturing', 'working_ng');
    expect((await told(hook)).map(({ data }) => data)).toEqual([
      { month: '2026-11', stage: 'working_ng', previousStage: 'capturing' },
      { month: '2026-11', stage: 'capturing', previousStage: 'working_ng' },
      { month: '2026-11', stage: 'working_ng', previousStage: 'capturing' },
    ]);
    // Of one subject the first alone leaves.
    const claims = await claimEvents(db, merchantId, { endpointId: hook, now: AT, limit: 10 });
    expect(claims).toHaveLength(1);
  });

  test('of a case tells its opening and its end', async () => {
    const hook = await addHook(['ng.opened', 'ng.closed']);
    const charge = await attempted(db, record, 'declined');
    await openCases(db, record.merchantId, AT);
    await insertAttempt(db, record, { charge, n: 2, kind: 'given_up' });
    await closeCases(db, record.merchantId, AT);
    const of = { month: '2026-11', orderNumber: expect.any(String), amountYen: 1000 };
    expect(await told(hook)).toMatchObject([
      { type: 'ng.opened', data: of },
      { type: 'ng.closed', data: { ...of, outcome: 'given_up', recoveredBy: null } },
    ]);
  });

  test('of a card names its customer, never the card', async () => {
    const hook = await addHook(['card.locked', 'card.unlocked']);
    const cards = await insertCards(db, record, ['C-1']);
    await refuseCards(db, record, [...cards.values()]);
    const [lock] = await db
      .selectFrom('card_locks')
      .where('merchant_id', '=', record.merchantId)
      .select('id')
      .execute();
    await sql`
      insert into card_unlocks (lock_id, merchant_id, how, import_id, unlocked_at)
      values (${lock?.id}, ${record.merchantId}, 'replaced', 1, ${AT})`.execute(db);
    const of = { lock: 1, customerNumber: 'C-1', service: 'GMO' };
    const events = await told(hook);
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['card.locked', { ...of, verdict: 1 }],
      ['card.unlocked', { ...of, how: 'replaced' }],
    ]);
  });

  test('of an import comes with its end', async () => {
    const hook = await addHook(['import.finished']);
    await insertCards(db, record, ['C-2']);
    await db
      .insertInto('imports')
      .values({
        ...{ merchant_id: record.merchantId, number: 900, file_id: record.fileId },
        ...{ file_name: 'cards.csv', request_key: `import-${hook}` },
        ...{ registered_at: AT, registered_by: 'test' },
        kind: 'cards',
        stage: 'running',
      })
      .execute();
    await db
      .updateTable('imports')
      .set({ stage: 'done', rows: 3, imported: 2, failed: 1, finished_at: AT })
      .where('merchant_id', '=', record.merchantId)
      .where('number', '=', 900)
      .execute();
    expect((await told(hook)).map(({ data }) => data)).toEqual([
      { number: 900, kind: 'cards', stage: 'done', rows: 3, imported: 2, failed: 1 },
    ]);
  });

  test('is written with its fact or not at all', async () => {
    const hook = await addHook(WEBHOOK_EVENT_TYPES);
    const { cycleId, merchantId } = record;
    const rolledBack = db.transaction().execute(async (trx) => {
      const move = { cycleId, from: 'capturing', to: 'working_ng', attention: false } as const;
      await moveCycle(trx, merchantId, { ...move, now: AT });
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await told(hook)).toEqual([]);
  });
});

describe('the queue of a webhook', () => {
  const stage = async (from: 'capturing' | 'working_ng', to: 'capturing' | 'working_ng') =>
    await moveCycle(db, record.merchantId, {
      ...{ cycleId: record.cycleId, from, to, attention: false, now: AT },
    });
  const news = async () => (await listSleepingDesks(db, AT)).map(({ slug }) => slug);

  test('is seen by those who wake its desk until it was tried', async () => {
    const hook = await addHook(['cycle.stage']);
    const slug = `hook-${hooks}`;
    expect(await news()).not.toContain(slug);
    await stage('capturing', 'working_ng');
    await stage('working_ng', 'capturing');
    expect(await news()).toContain(slug);
    const [first] = await claimEvents(db, record.merchantId, {
      ...{ endpointId: hook, now: AT, limit: 10 },
    });
    // The second waits behind the first, and the first has been tried: the desk knows of both.
    expect(await news()).not.toContain(slug);
    const moved = { slug, state: 'paused', actor: 'test', reason: null, now: AT } as const;
    await recordAttempts(db, record.merchantId, [
      {
        ...{ delivery: first!, outcome: 'delivered', status: 200, answerStart: '' },
        ...{ durationMs: 1, endedAt: AT, next: { state: 'delivered' } },
      },
    ]);
    expect(await news()).toContain(slug);
    await moveEndpoint(db, record.merchantId, moved);
    expect(await news()).not.toContain(slug);
  });

  test('sends again what was given up, or what is named: all of it or nothing', async () => {
    const hook = await addHook(['cycle.stage']);
    await stage('capturing', 'working_ng');
    const [first] = await claimEvents(db, record.merchantId, {
      ...{ endpointId: hook, now: AT, limit: 10 },
    });
    await recordAttempts(db, record.merchantId, [
      {
        ...{ delivery: first!, outcome: 'refused', status: 500, answerStart: 'no' },
        ...{ durationMs: 1, endedAt: AT, next: { state: 'failed' } },
      },
    ]);
    expect(await findNextDue(db, record.merchantId, hook)).toBeNull();
    const resend = async (events: readonly string[] | null, key: string) => {
      const decisionId = await decide(key);
      return await db
        .transaction()
        .execute((trx) =>
          resendEvents(trx, record.merchantId, { endpointId: hook, events, decisionId, now: AT }),
        );
    };
    expect(await resend(null, 'a')).toEqual({ queued: 1, unknown: [] });
    expect(await resend(null, 'b')).toEqual({ queued: 0, unknown: [] });
    const nobody = '00000000-0000-4000-8000-000000000000';
    expect(await resend([nobody], 'c')).toEqual({ queued: 0, unknown: [nobody] });
    const [again] = await claimEvents(db, record.merchantId, {
      ...{ endpointId: hook, now: AT, limit: 10 },
    });
    expect(again).toMatchObject({ attempt: 2, triesLeft: 1, event: { id: first?.event.id } });
    const page = { endpointId: hook, state: null, event: null, before: null, limit: 9 };
    const [row] = await listWebhookDeliveries(db, record.merchantId, page);
    expect(row).toMatchObject({
      state: 'due',
      attempts: [{ attempt: 1, outcome: 'refused', status: 500, answerStart: 'no', endedAt: AT }],
    });
  });
});

describe('a webhook that is moved while events are written', () => {
  const move = (slug: string, state: 'paused' | 'retired') =>
    moveEndpoint(db, record.merchantId, { slug, state, actor: 'test', reason: null, now: AT });
  const tell = (trx: Db) =>
    moveCycle(trx, record.merchantId, {
      ...{ cycleId: record.cycleId, from: 'capturing', to: 'working_ng', attention: false },
      now: AT,
    });
  const untilOneWaits = () =>
    vi.waitFor(
      async () => {
        const { rows } = await sql<{ waiting: number }>`
        select count(*) as waiting from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
        expect(rows[0]?.waiting).toBeGreaterThan(0);
      },
      { timeout: 60_000 },
    );
  const states = async (endpointId: number) => {
    const page = { endpointId, state: null, event: null, before: null, limit: 9 };
    const rows = await listWebhookDeliveries(db, record.merchantId, page);
    return rows.map(({ state }) => state);
  };

  test('settles an event that was queued just before it is retired', async () => {
    const hook = await addHook(['cycle.stage']);
    const retired = await db.transaction().execute(async (trx) => {
      await tell(trx);
      const retiring = move(`hook-${hooks}`, 'retired');
      await Promise.race([retiring, untilOneWaits()]);
      return { retiring };
    });
    expect(await retired.retiring).toMatchObject({ settled: 1 });
    expect(await states(hook)).toEqual(['settled']);
  });

  test.each([
    ['retired', []],
    ['paused', ['due']],
  ] as const)('is %s: whoever tells meanwhile waits for nobody', async (state, queued) => {
    const hook = await addHook(['cycle.stage']);
    const moved = await db.transaction().execute(async (trx) => {
      // The last thing that a move waits for: its own row is written by then.
      await lockAuditChain(trx, record.merchantId);
      const moving = move(`hook-${hooks}`, state);
      await untilOneWaits();
      expect(await tell(db)).toBe(true);
      return { moving };
    });
    expect((await moved.moving).settled).toBe(0);
    expect(await states(hook)).toEqual(queued);
  });
});

test('a secret that was changed signs on for its hours, the newest first', async () => {
  const keys = parseEncryptionKeys(inject('fileKeys'));
  const set = async (value: string, now: string) =>
    await writeSecret(db, record.merchantId, { name: 's', value, now, actor: 'test' }, keys);
  const at = async (now: string, overlapHours = 24) =>
    await readSecretsInForce(db, record.merchantId, { name: 's', overlapHours, now }, keys);
  expect(await at(AT)).toEqual([]);
  await set('one', AT);
  await set('two', AT);
  await set('three', '2026-11-23T00:00:00.000Z');
  expect(await at('2026-11-23T23:59:59.000Z')).toEqual(['three', 'two']);
  expect(await at('2026-11-24T00:00:00.000Z')).toEqual(['three']);
  expect(await at('2026-11-23T00:00:01.000Z', 0)).toEqual(['three']);
});
