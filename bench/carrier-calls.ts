// A load of carrier calls for the receiver, and what the record must say about it afterwards.
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { createRandom } from '../sandbox/shop/random.ts';

export interface CallLoad {
  /** The receiver's address of the merchant. */
  readonly url: string;
  readonly callsPerSecond: number;
  readonly seconds: number;
  readonly seed: number;
  /** Called once, so far into the load; the load goes on meanwhile. */
  readonly disturb?: { readonly atSecond: number; readonly act: () => Promise<void> };
}

/** One call: when it was due to leave, and how it was answered. */
export interface SentCall {
  readonly form: string;
  /** From the start of the load. */
  readonly dueMs: number;
  readonly answeredMs: number;
  /** null = the connection failed: no answer at all. */
  readonly status: number | null;
}

export interface LoadResult {
  readonly calls: readonly SentCall[];
  /** When the disturbance began and ended, from the start of the load. */
  readonly disturbed: { readonly fromMs: number; readonly toMs: number } | null;
}

/** Of 100 calls so many are the same form once more, as a re-send by hand would be. */
const repeatedPercent = 5;

/**
 * Sends calls at an even rate, whether or not earlier ones are answered: a receiver that is slow gets
 * no less to do. The time of an answer counts from when its call was due.
 */
export async function sendCalls(load: CallLoad): Promise<LoadResult> {
  const random = createRandom(load.seed);
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const run = randomBytes(4).toString('hex');
  const forms: string[] = [];
  const pending: Promise<SentCall>[] = [];
  const total = load.callsPerSecond * load.seconds;
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  const send = async (form: string, dueMs: number): Promise<SentCall> => {
    const status = await postForm(agent, load.url, form);
    return { form, dueMs, answeredMs: elapsedMs(), status };
  };
  let disturbance: Promise<{ fromMs: number; toMs: number }> | undefined;
  while (pending.length < total) {
    const dueCount = Math.min(Math.floor((elapsedMs() * load.callsPerSecond) / 1000) + 1, total);
    while (pending.length < dueCount) {
      const n = pending.length;
      const repeats = forms.length > 0 && random.int(100) < repeatedPercent;
      const form = repeats ? random.pick(forms) : formOf(run, n);
      forms.push(form);
      pending.push(send(form, (n * 1000) / load.callsPerSecond));
    }
    if (load.disturb && disturbance === undefined && elapsedMs() > load.disturb.atSecond * 1000) {
      const fromMs = elapsedMs();
      disturbance = load.disturb.act().then(() => ({ fromMs, toMs: elapsedMs() }));
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const calls = await Promise.all(pending);
  agent.destroy();
  return { calls, disturbed: (await disturbance) ?? null };
}

/** Sends every form that was never taken until it is: a person re-sends at ZEUS. */
export async function resendUntaken(url: string, calls: readonly SentCall[]): Promise<number> {
  const taken = new Set(calls.filter(({ status }) => status === 200).map(({ form }) => form));
  const untaken = [...new Set(calls.map(({ form }) => form))].filter((form) => !taken.has(form));
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const total = untaken.length;
  const resendInTurn = async () => {
    for (let form = untaken.pop(); form !== undefined; form = untaken.pop()) {
      while ((await postForm(agent, url, form)) !== 200) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, resendInTurn));
  agent.destroy();
  return total;
}

/**
 * What the record says that it must not: a form without exactly one result, a result that was new
 * twice, or a form of which each call was answered 200 and that is not in the table as often.
 */
export async function findBrokenPromises(
  db: Db,
  merchantId: number,
  calls: readonly SentCall[],
): Promise<string[]> {
  const { rows } = await sql<{ form: string; rows: number; fresh: number; results: number }>`
    select convert_from(c.body, 'LATIN1') as form, count(*) as rows,
      count(*) filter (where v.verdict = 'new') as fresh, count(distinct v.result_id) as results
    from carrier_calls c left join carrier_verdicts v on v.call_id = c.id
    where c.merchant_id = ${merchantId} group by 1`.execute(db);
  const kept = new Map(rows.map((row) => [row.form, row]));
  const byForm = new Map<string, SentCall[]>();
  for (const call of calls) byForm.set(call.form, [...(byForm.get(call.form) ?? []), call]);
  return [...byForm].flatMap(([form, sent]) => {
    const row = kept.get(form) ?? { rows: 0, fresh: 0, results: 0 };
    const everyTaken = sent.every(({ status }) => status === 200);
    const isRight =
      row.results === 1 && row.fresh === 1 && (!everyTaken || row.rows === sent.length);
    return isRight
      ? []
      : [`${form}: ${sent.map(({ status }) => status).join(' ')}; ${JSON.stringify(row)}`];
  });
}

/** Calls answered 200 that were not due while the record was away or just back. */
function calmCalls({ calls, disturbed }: LoadResult, settleMs = 5_000): SentCall[] {
  return calls
    .filter(({ status }) => status === 200)
    .filter(
      ({ dueMs }) =>
        disturbed === null || dueMs < disturbed.fromMs || dueMs > disturbed.toMs + settleMs,
    );
}

/** How long their answers took, shortest first. */
export function calmLatenciesMs(result: LoadResult): number[] {
  return calmCalls(result)
    .map(({ dueMs, answeredMs }) => answeredMs - dueMs)
    .sort((a, b) => a - b);
}

/** Seconds of the load in which an answer took longer: a stall of the machine shows as a few of them. */
export function slowSeconds(result: LoadResult, limitMs: number): number[] {
  const slow = calmCalls(result).filter(({ dueMs, answeredMs }) => answeredMs - dueMs > limitMs);
  return [...new Set(slow.map(({ dueMs }) => Math.floor(dueMs / 1000)))];
}

function formOf(run: string, n: number): string {
  return new URLSearchParams({
    clientip: '12345',
    ordd: `${run}-${n}`,
    money: String(100 + (n % 9000)),
    email: `buyer-${n}@example.jp`,
    sendid: `user-${n}`,
    sendpoint: '能表',
    result: 'OK',
    carrier: 'docomo',
  }).toString();
}

async function postForm(agent: Agent, url: string, form: string): Promise<number | null> {
  return await new Promise((resolve) => {
    const sent = request(url, {
      agent,
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': String(form.length),
      },
    });
    sent.on('error', () => resolve(null));
    sent.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? null));
    });
    sent.end(form);
  });
}
