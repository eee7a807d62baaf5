import { sql } from 'kysely';
import { createToken } from '../../db/queries/tokens.ts';
import { type CycleView, readCycle } from '../../sandbox/operator.ts';
import { setSandboxClock } from '../../sandbox/paygent-operator.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import { type Month, sandboxNow } from '../workflows/month.ts';
import { makeExport, numbered } from '../workflows/month-acts.ts';
import { minutesLater, useSftp } from '../workflows/sftp-acts.ts';
import { useTelegrams, writeTelegramSecrets } from '../workflows/telegram-acts.ts';
import { httpFaults, mailFaults, processFaults, sftpFaults } from './faults.ts';
import { billedMonth, insist, pause, persist, type StepKind, type Story } from './story.ts';

/**
 * 300 orders in four files. Four are declined once and paid when their limit is raised, four are
 * declined for good and given up.
 */
const recovered = numbered('x', 4).map((order) => ({ ...order, number: `${order.number}-G55x1` }));
const hopeless = numbered('y', 4).map((order) => ({ ...order, number: `${order.number}-G12` }));
const orders = [...numbered('e', 292), ...recovered, ...hopeless];
const maxRecordsPerFile = 80;
const files = 4;

const steps = {
  'orders collected': { table: 'order_collections', on: 'insert', rows: 1, at: 'commit' },
  'preview shown': { table: 'previews', on: 'insert', rows: 1, at: 'commit' },
  approved: { table: 'clearances', on: 'insert', rows: 1, at: 'commit' },
  'planning charges': { table: 'charges', on: 'insert', rows: 300, at: 'row' },
  'file built': {
    table: 'exchanges',
    on: 'insert',
    when: "new.kind = 'auth'",
    rows: files,
    at: 'commit',
  },
  'authorizations claimed': { table: 'attempts', on: 'insert', rows: 300, at: 'commit' },
  'first sending begun': { table: 'sends', on: 'insert', rows: 1, at: 'commit' },
  'beginning a sending': { table: 'sends', on: 'insert', first: 2, rows: 3, at: 'row' },
  'sending begun': { table: 'sends', on: 'insert', first: 4, rows: 4, at: 'commit' },
  'answering a sending': { table: 'send_answers', on: 'insert', rows: 2, at: 'row' },
  'sending answered': { table: 'send_answers', on: 'insert', first: 3, rows: 4, at: 'commit' },
  'result stored': {
    table: 'files',
    on: 'insert',
    when: "new.direction = 'inbound' and new.kind = 'auth-result'",
    rows: files,
    at: 'commit',
  },
  'merging authorizations': { table: 'outcomes', on: 'insert', rows: 300, at: 'row' },
  'authorizations merged': { table: 'result_files', on: 'insert', rows: files, at: 'commit' },
  'claiming captures': { table: 'endings', on: 'insert', rows: 292, at: 'row' },
  'captures claimed': { table: 'endings', on: 'insert', rows: 292, at: 'commit' },
  'capture sending begun': { table: 'sends', on: 'insert', first: 5, rows: 5, at: 'commit' },
  'merging captures': { table: 'ending_results', on: 'insert', rows: 292, at: 'row' },
  'captures merged': { table: 'ending_results', on: 'insert', rows: 292, at: 'commit' },
  'opening cases': { table: 'ng_cases', on: 'insert', rows: 8, at: 'row' },
  'retry asked for': { table: 'authorization_requests', on: 'insert', rows: 4, at: 'commit' },
  'claiming a retry': {
    table: 'attempts',
    on: 'insert',
    when: "new.n > 1 and new.kind = 'authorization'",
    rows: 4,
    at: 'row',
  },
  'retry file built': {
    table: 'exchanges',
    on: 'insert',
    when: "new.kind = 'retry'",
    rows: 1,
    at: 'commit',
  },
  'merging a retry': { table: 'outcomes', on: 'insert', when: 'new.n > 1', rows: 4, at: 'row' },
  'mail claimed': { table: 'mail_sends', on: 'insert', rows: 1, at: 'commit' },
  'month moved on': {
    table: 'cycles',
    on: 'update',
    when: "new.stage in ('awaiting_approval', 'awaiting_result', 'capturing', 'working_ng')",
    rows: 4,
    at: 'commit',
  },
  'month closed': {
    table: 'cycles',
    on: 'update',
    when: "new.stage = 'closed'",
    rows: 1,
    at: 'commit',
  },
} as const satisfies Record<string, StepKind>;

/** A month that an approver lets go, whose files nobody carries, and whose declined orders are retried. */
export function carriedMonth(transport: 'sftp' | 'telegram'): Story {
  const sftp = transport === 'sftp';
  return {
    settings: {
      paygent: { maxRecordsPerFile },
      approval: { policy: 'always' },
      operatorMail: { to: ['keiri@example.jp'] },
    },
    outcomes: { declineShare: 0 },
    faults: [...(sftp ? sftpFaults : httpFaults), ...mailFaults, ...processFaults],
    steps,
    async live(month, ended) {
      if (sftp) await useSftp(month);
      else await writeTelegramSecrets(month);
      // The shortest time that settings allow for an answer.
      if (!sftp) await useTelegrams(month, { timeoutSeconds: 5 });
      await liveThrough(month, ended);
    },
  };
}

async function liveThrough(month: Month, ended: AbortSignal): Promise<void> {
  const clock = startClock(month, ended);
  await persist(month, () => month.begin(billedMonth, makeExport(orders)));
  const approval = await untilAsked(month);
  await insist(
    month,
    `/cycles/${billedMonth}/approval`,
    { sha256: approval },
    await approverOf(month),
  );
  const paid = orders.length - recovered.length - hopeless.length;
  await clock.passUntil(({ charges }) => charges.captured?.rows === paid);
  await clock.passUntil(({ charges }) => charges.declined?.rows === 8);
  const cases = recovered.map(({ number }) => ({ month: billedMonth, orderNumber: number }));
  await insist(month, '/ng-cases/acts', {
    ...{ kind: 'limit_raised', limit: 'daily', on: null },
    cases,
  });
  await clock.passUntil(({ charges }) => charges.captured?.rows === paid + recovered.length);
  await insist(month, `/cycles/${billedMonth}/ended-charges`, {
    orderNumbers: hopeless.map(({ number }) => number),
    kind: 'given_up',
    reason: '店舗の依頼',
  });
  await clock.passUntil(({ stage }) => stage === 'closed');
  await clock.passUntilMailsLeft();
}

async function approverOf(month: Month): Promise<Month> {
  const { token } = await createToken(month.db, {
    actor: 'approver of the test',
    role: 'approver',
    scope: { all: true },
    expiresAt: null,
    now: sandboxNow,
    createdBy: 'test',
  });
  return { ...month, day: { ...month.day, desk: { ...month.day.desk, token } } };
}

async function untilAsked(month: Month): Promise<string> {
  for (;;) {
    const cycle = await readCycle(month.day.desk, billedMonth);
    const { approval } = cycle as unknown as { approval: { sha256: string } | null };
    if (cycle.stage === 'awaiting_approval' && approval !== null) return approval.sha256;
    await pause();
  }
}

/** Lets time pass on Tsukigime's clock and on the PSP's, whatever happens meanwhile. */
function startClock(month: Month, ended: AbortSignal) {
  let minutes = 0;
  const pass = async (step: number) => {
    minutes += step;
    for (;;) {
      try {
        await advanceMerchantClock({
          db: month.db,
          client: month.client,
          merchant: month.day.desk.merchant,
          actor: 'test',
          realNowMs: Date.now,
          target: minutesLater(minutes),
          limit: { settleTimeoutMs: 30_000 },
        });
        break;
      } catch {
        ended.throwIfAborted();
        // Where a fault has its turn the clock stays; that it never goes on, the month's patience tells.
        await pause();
      }
    }
    await setSandboxClock(month.portal.url, minutesLater(minutes));
  };
  return {
    async passUntil(holds: (cycle: CycleView) => boolean) {
      for (;;) {
        const cycle = await readCycle(month.day.desk, billedMonth);
        if (holds(cycle)) return;
        await pass(10);
      }
    },
    async passUntilMailsLeft() {
      while ((await countWaitingMails(month)) > 0) await pass(60);
    },
  };
}

async function countWaitingMails(month: Month): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from mail_outbox
     where state in ('waiting', 'sending')`.execute(month.db);
  return rows[0]?.waiting ?? 0;
}
