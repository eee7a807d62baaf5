import type { ScheduledWork } from '../../billing/wanted-schedules.ts';
import { type Db, lockAuditChain, type Trx } from '../database.ts';
import { appendAudit } from './audit.ts';

/** What a person decided last about a Schedule. */
export interface ScheduleDecision {
  readonly what: ScheduledWork;
  /** From 1, for each kind of work. */
  readonly n: number;
  readonly paused: boolean;
  readonly actor: string;
  readonly reason: string;
  /** ISO instant. */
  readonly decidedAt: string;
}

/**
 * Records that a Schedule is held or goes on, with its audit entry. One that is held already keeps
 * the first reason: nothing is written then.
 */
export async function decideSchedule(
  db: Db,
  merchantId: number,
  decision: Omit<ScheduleDecision, 'n' | 'decidedAt'> & { readonly now: string },
): Promise<ScheduleDecision> {
  const { what, paused, actor, reason, now } = decision;
  return await db.transaction().execute(async (trx) => {
    await lockAuditChain(trx, merchantId);
    const newest = (await listScheduleDecisions(trx, merchantId)).find((one) => one.what === what);
    if (newest?.paused === paused) return newest;
    const decided = { what, n: (newest?.n ?? 0) + 1, paused, actor, reason, decidedAt: now };
    const { decidedAt, ...row } = decided;
    await trx
      .insertInto('schedule_decisions')
      .values({ merchant_id: merchantId, ...row, decided_at: decidedAt })
      .execute();
    await appendAudit(trx, merchantId, {
      ...{ at: now, actor, act: paused ? 'schedule.paused' : 'schedule.resumed' },
      ...{ subject: what, reason, details: {} },
    });
    return decided;
  });
}

/** The newest decision about each kind of work; none where nobody ever decided anything. */
export async function listScheduleDecisions(
  db: Db | Trx,
  merchantId: number,
): Promise<ScheduleDecision[]> {
  return await db
    .selectFrom('schedule_decisions')
    .distinctOn('what')
    .where('merchant_id', '=', merchantId)
    .orderBy('what')
    .orderBy('n', 'desc')
    .select(['what', 'n', 'paused', 'actor', 'reason', 'decided_at as decidedAt'])
    .execute();
}
