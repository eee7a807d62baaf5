import { asyncLocalStorage, type Context } from '@temporalio/activity';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { createResultFileActivities } from '../../activities/result-file.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import {
  type LineVerdict,
  type Merge,
  mergeAuthorization,
  mergeCapture,
} from '../../billing/result-merge.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { lockMerchant } from '../../db/database.ts';
import { storeFile } from '../../db/queries/files.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { AT, insertCharges, insertCycle } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { prepareAuthorized } from '../db/race.ts';

/** Results of one file, merged at once, in several rounds, or cut off: what stands in the record after. */

const { pool, db } = await openOwnDatabase(12);
const keys = parseEncryptionKeys(inject('fileKeys'));
const deps = { db, pool, fileKeys: keys, workflows: {} } as unknown as ActivityDependencies;
const { ingestResult } = createResultFileActivities(deps);
const settings = merchantSettingsSchema.parse({ paygent: { merchantId: '10001' } });
const name = { billingMonth: '2026-11', number: 1 };

type Kind = 'auth' | 'capture';
/** 処理結果 of each line, q: an OK under another 決済ID; null: the result has no such line. */
type Answers = readonly (string | null)[];

let shops = 0;

/** A file of `count` orders that awaits its result. */
async function sendFile(kind: Kind, count: number) {
  shops += 1;
  const slug = `merge-result-${shops}`;
  const shop = { slug, name: slug, kind: 'sandbox' as const, settings, actor: 'test', now: AT };
  const { id: merchantId } = await createMerchant(db, shop);
  const cycleId = await insertCycle(db, merchantId, '2026-11');
  const record = { merchantId, slug, cycleId, fileId: 0 };
  const charges = await (kind === 'auth' ? insertCharges : prepareAuthorized)(db, record, count);
  const ids = charges.map(({ chargeId }) => chargeId);
  const { rows: orders } = await sql<{ order: string; customer: string }>`
    select order_number as order, customer_number as customer from charges
     where cycle_id = ${cycleId} order by id`.execute(db);
  const lines = orders.map(({ order, customer }) => `3,,${order},,1000,,,10,,,,7,,${customer},`);
  const store = async (content: readonly string[]) => {
    const head = `1,${kind === 'auth' ? '020' : '021'},10001`;
    const text = [head, ...content, `4,${content.length}`, ''].join('\r\n');
    const source = (async function* () {
      yield Buffer.from(text, 'ascii');
    })();
    const file = { name: 'file.csv', kind: 'test', direction: 'outbound' as const, maxBytes: 1e9 };
    return await storeFile(db, merchantId, { ...file, source, keys, now: AT, actor: 'test' });
  };
  const { fileId } = await store(lines);
  const { id: exchangeId } = await db
    .insertInto('exchanges')
    .values({
      ...{ merchant_id: merchantId, cycle_id: cycleId, billing_month: '2026-11', kind, number: 1 },
      ...{ transport: 'portal', stage: 'awaiting_result', file_id: fileId, created_at: AT },
      ...{ records: count, amount_yen: 1000 * count, accepted_at: AT, acceptance_number: '1' },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const k = kind === 'auth' ? null : 1;
  await (k === null
    ? sql`insert into attempts (charge_id, n, merchant_id, kind, exchange_id, amount_yen, claimed_at)
        select id, 1, ${merchantId}, 'authorization', ${exchangeId}, 1000, ${AT}
          from unnest(${ids}::bigint[]) id`
    : sql`insert into endings (charge_id, n, k, merchant_id, kind, amount_yen, exchange_id, claimed_at)
        select id, 1, 1, ${merchantId}, 'capture', 1000, ${exchangeId}, ${AT}
          from unnest(${ids}::bigint[]) id`
  ).execute(db);
  await sql`insert into file_lines (exchange_id, line_number, merchant_id, charge_id, n, k, order_number, yen)
    select ${exchangeId}, 1 + row_number() over (order by id), ${merchantId}, id, 1, ${k}::int,
           order_number, 1000 from charges where cycle_id = ${cycleId}`.execute(db);
  /** A result that says so, in the order of the file or backwards. */
  const answer = async (answers: Answers, backwards = false) => {
    const told = lines.flatMap((line, at) => {
      const code = answers[at];
      if (code == null) return [];
      const [result, paymentId] = code === 'q' ? ['0', 'q'] : [code, code === '0' ? 'p' : ''];
      return [`${line},${result},${paymentId},,,20261122101500`];
    });
    return await store(backwards ? told.reverse() : told);
  };
  let acts = 0;
  const ingest = (sha256: string) => {
    acts += 1;
    const act = { actor: 'test', idempotencyKey: `${slug}-${acts}`, reason: null };
    const of = { merchant: slug, exchange: { ...name, kind }, now: AT, workflowId: 'test', act };
    const context = { info: {} } as unknown as Context;
    return asyncLocalStorage.run(context, () => ingestResult({ ...of, sha256 }));
  };
  return { merchantId, exchangeId, kind, ids, answer, ingest };
}

type SentFile = Awaited<ReturnType<typeof sendFile>>;

/** What is on record of the file: facts and contradictions by line, rounds, and whether it is finished. */
async function look({ exchangeId, kind }: SentFile) {
  const facts = kind === 'auth' ? sql`outcomes` : sql`ending_results`;
  const fact = kind === 'auth' ? sql`f.outcome` : sql`f.result`;
  const { rows } = await sql<{ line: number; fact: string | null; contradictions: string }>`
    select l.line_number - 2 as line, ${fact} as fact,
           (select coalesce(string_agg(c.received, ' ' order by c.received), '')
              from contradictions c where c.charge_id = l.charge_id) as contradictions
      from file_lines l left join ${facts} f on f.charge_id = l.charge_id
     where l.exchange_id = ${exchangeId} order by l.line_number`.execute(db);
  const { rows: rounds } = await sql<{ file: number; lines: number }>`
    select f.file_id as file, count(l.line_number)::int as lines from result_files f
      left join result_lines l on l.exchange_id = f.exchange_id and l.round = f.round
     where f.exchange_id = ${exchangeId} group by f.round, f.file_id order by f.round`.execute(db);
  const { rows: stage } = await sql<{ stage: string }>`
    select stage from exchanges where id = ${exchangeId}`.execute(db);
  return { rows, rounds, stage: stage[0]?.stage };
}

const verdictOf = (code: string | null): LineVerdict =>
  code === '0' || code === 'q'
    ? 'ok'
    : code === '1'
      ? 'ng'
      : code === ''
        ? 'unknown'
        : 'quarantined';

const result = fc.record({
  answers: fc.array(fc.constantFrom('0', '0', 'q', '1', '', null), { minLength: 4, maxLength: 4 }),
  backwards: fc.boolean(),
});

test.each(['auth', 'capture'] as const)(
  '%s: results that come at once and one after another are each merged once',
  async (kind) => {
    const rule: (...of: Parameters<typeof mergeAuthorization>) => Merge<string> =
      kind === 'auth' ? mergeAuthorization : mergeCapture;
    await fc.assert(
      fc.asyncProperty(fc.array(result, { minLength: 2, maxLength: 4 }), async (results) => {
        // The last line is always answered: a result without any is none of this file.
        const said = results.map(({ answers, backwards }) => ({
          answers: [...answers, '0'],
          backwards,
        }));
        const file = await sendFile(kind, 5);
        const files: Awaited<ReturnType<typeof file.answer>>[] = [];
        for (const { answers, backwards } of said)
          files.push(await file.answer(answers, backwards));
        const [first, ...others] = files;
        // The first one twice, all at once; then all again.
        await Promise.all([first, first, ...others].map((one) => file.ingest(one?.sha256 ?? '')));
        for (const one of files) await file.ingest(one.sha256);

        const { rows, rounds, stage } = await look(file);
        const ids = [...new Set(files.map(({ fileId }) => fileId))];
        expect(rounds.map((round) => round.file).sort()).toEqual(ids.sort());
        expect(rounds.every(({ lines }) => lines === 5)).toBe(true);
        const expected = rows.map(({ line }) => {
          let fact: string | null = null;
          let paymentId: string | null = null;
          const contradictions = new Set<string>();
          for (const round of rounds) {
            const of = said[files.findIndex(({ fileId }) => fileId === round.file)];
            const code = of?.answers[line] ?? null;
            const received = code === '0' ? 'p' : code === 'q' ? 'q' : null;
            const merged = rule(verdictOf(code), fact, [paymentId, received]);
            if (merged.kind === 'record') [fact, paymentId] = [merged.fact, received];
            if (merged.kind === 'contradiction') contradictions.add(merged.received);
          }
          return { line, fact, contradictions: [...contradictions].sort().join(' ') };
        });
        expect(rows).toEqual(expected);
        const whole = expected.every(({ fact }) => fact !== null);
        expect(stage).toBe(whole ? 'reconciled' : 'awaiting_result');
      }),
      { numRuns: 12, seed: 20261124 },
    );
  },
);

test('lines staged before the files turn out not to be in step are not merged twice', async () => {
  // More than are held before they are sent to the stage.
  const count = 13_000;
  const file = await sendFile('auth', count);
  const { sha256 } = await file.answer([...new Array<string>(count - 1).fill('0'), null]);
  await file.ingest(sha256);
  const { rows, rounds, stage } = await look(file);
  expect(rows.filter(({ fact }) => fact === 'ok')).toHaveLength(count - 1);
  expect(rows.at(-1)).toEqual({ line: count - 1, fact: null, contradictions: '' });
  expect(rounds).toMatchObject([{ lines: count }]);
  expect(stage).toBe('awaiting_result');
});

/** Waits until a merge stands before the merchant's lock; the process of its connection. */
async function untilItWaits(): Promise<number> {
  for (;;) {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    if (rows[0] !== undefined) return rows[0].pid;
  }
}

test('what others settle while a result is compared is not settled again by it', async () => {
  const file = await sendFile('auth', 3);
  const { sha256 } = await file.answer(['0', '0', '1']);
  let merging: Promise<unknown> = Promise.resolve();
  await db.transaction().execute(async (trx) => {
    await lockMerchant(trx, file.merchantId);
    merging = file.ingest(sha256);
    await untilItWaits();
    await sql`insert into outcomes (charge_id, n, merchant_id, outcome, recorded_at)
      values (${file.ids[0]}, 1, ${file.merchantId}, 'not_sent', ${AT}),
             (${file.ids[2]}, 1, ${file.merchantId}, 'declined', ${AT})`.execute(trx);
  });
  await merging;
  const { rows, stage } = await look(file);
  expect(rows).toEqual([
    { line: 0, fact: 'not_sent', contradictions: 'ok' },
    { line: 1, fact: 'ok', contradictions: '' },
    { line: 2, fact: 'declined', contradictions: '' },
  ]);
  expect(stage).toBe('reconciled');
});

test('a merge that dies behind its comparison leaves nothing, and is done whole the next time', async () => {
  const file = await sendFile('auth', 3);
  const { sha256 } = await file.answer(['0', '1', '0'], true);
  const nothing = await look(file);
  await db.transaction().execute(async (trx) => {
    await lockMerchant(trx, file.merchantId);
    const merging = expect(file.ingest(sha256)).rejects.toThrow();
    const pid = await untilItWaits();
    await sql`select pg_terminate_backend(${pid})`.execute(db);
    await merging;
  });
  expect(await look(file)).toEqual(nothing);
  await file.ingest(sha256);
  const { rows, rounds, stage } = await look(file);
  expect(rows.map(({ fact }) => fact)).toEqual(['ok', 'declined', 'ok']);
  expect([rounds.length, stage]).toEqual([1, 'reconciled']);
});
