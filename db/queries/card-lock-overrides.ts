import { sql } from 'kysely';
import { isAnotherPerson } from '../../billing/approval.ts';
import type { LockMismatch } from '../../billing/card-lock.ts';
import { lockMerchant, type Trx } from '../database.ts';

/** Four eyes over a lock: asked by one person with a stored proof, answered by another. */

export type OverrideRefusal =
  | 'unknown_lock'
  | 'not_locked'
  | 'unknown_file'
  | 'own_result'
  | 'asked_already'
  | 'not_asked'
  | 'other_request'
  | 'same_person';

/** Asks for an override, under the merchant's lock. @returns its number, or why not */
export async function requestOverride(
  trx: Trx,
  merchantId: number,
  of: {
    readonly number: number;
    readonly mismatch: LockMismatch;
    readonly evidenceSha256: string;
    readonly reason: string;
    readonly actor: string;
    readonly now: string;
  },
): Promise<{ readonly n: number } | OverrideRefusal> {
  await lockMerchant(trx, merchantId);
  const lock = await findLock(trx, merchantId, of.number);
  if (lock === undefined) return 'unknown_lock';
  if (!lock.open) return 'not_locked';
  if (lock.overrideId !== null && !lock.answered) return 'asked_already';
  // What locked the card cannot prove that it was wrong.
  if (lock.resultSha256 === of.evidenceSha256) return 'own_result';
  const { rows } = await sql<{ n: number }>`
    insert into card_lock_overrides (merchant_id, lock_id, n, mismatch, evidence_file_id, reason,
                                     requested_by, requested_at)
    select ${merchantId}, ${lock.id}, ${lock.n + 1}, ${of.mismatch}, f.id, ${of.reason},
           ${of.actor}, ${of.now}
      from files f where f.merchant_id = ${merchantId} and f.sha256 = ${of.evidenceSha256}
    returning n`.execute(trx);
  return rows[0] ?? 'unknown_file';
}

/**
 * Answers what was asked last, under the merchant's lock; a yes lets the lock of the card fall. Who
 * read an older request has not seen the proof of this one.
 *
 * @param of `override`: which request of the lock was read
 * @returns null when it is written, or why it is not
 */
export async function answerOverride(
  trx: Trx,
  merchantId: number,
  of: {
    readonly number: number;
    readonly override: number;
    readonly answer: 'approved' | 'rejected';
    readonly reason: string;
    readonly actor: string;
    readonly now: string;
  },
): Promise<OverrideRefusal | null> {
  await lockMerchant(trx, merchantId);
  const lock = await findLock(trx, merchantId, of.number);
  if (lock === undefined) return 'unknown_lock';
  if (!lock.open) return 'not_locked';
  if (lock.overrideId === null) return 'not_asked';
  if (lock.n !== of.override) return 'other_request';
  if (lock.answered) return 'not_asked';
  if (!isAnotherPerson(of.actor, [lock.requestedBy ?? ''])) return 'same_person';
  await sql`
    insert into card_lock_override_answers (override_id, merchant_id, answer, reason, answered_by,
                                            answered_at)
    values (${lock.overrideId}, ${merchantId}, ${of.answer}, ${of.reason}, ${of.actor},
            ${of.now})`.execute(trx);
  if (of.answer === 'rejected') return null;
  await sql`
    insert into card_unlocks (lock_id, merchant_id, how, override_id, unlocked_at)
    values (${lock.id}, ${merchantId}, 'override', ${lock.overrideId}, ${of.now})`.execute(trx);
  return null;
}

interface LockToOverride {
  readonly id: number;
  readonly open: boolean;
  readonly resultSha256: string;
  /** Of its latest request; 0 and null: there is none. */
  readonly n: number;
  readonly overrideId: number | null;
  readonly requestedBy: string | null;
  readonly answered: boolean;
}

async function findLock(
  trx: Trx,
  merchantId: number,
  number: number,
): Promise<LockToOverride | undefined> {
  const { rows } = await sql<LockToOverride>`
    select l.id, not exists (select from card_unlocks u where u.lock_id = l.id) as open,
           f.sha256 as "resultSha256",
           coalesce(o.n, 0) as n, o.id as "overrideId", o.requested_by as "requestedBy",
           exists (select from card_lock_override_answers a where a.override_id = o.id) as answered
      from card_locks l
      join refresh_result_files r on r.refresh_id = l.refresh_id and r.n = l.result_n
      join files f on f.id = r.file_id
      left join lateral (select * from card_lock_overrides x where x.lock_id = l.id
                          order by x.n desc limit 1) o on true
     where l.merchant_id = ${merchantId} and l.number = ${number}`.execute(trx);
  return rows[0];
}
