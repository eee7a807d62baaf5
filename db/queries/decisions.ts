import { sql } from 'kysely';
import type { Db, Trx } from '../database.ts';
import { appendAudit } from './audit.ts';

export interface Decision {
  /** The idempotency key of the request. */
  readonly key: string;
  readonly workflowId: string;
  /** What was decided, as a verb: `record-acceptance`. */
  readonly act: string;
  /** What it was decided about; no personal data. */
  readonly body: unknown;
  /** From the token or session, never from the payload. */
  readonly actor: string;
  readonly reason?: string | null;
  readonly now: string;
}

/** The act by which an operator has a month go on that stands still. */
export const RESUME_CYCLE = 'resume-cycle';

/** Whether a person decided `act` for a workflow at an instant or later. */
export async function hasDecisionSince(
  db: Trx,
  merchantId: number,
  decision: { workflowId: string; act: string; since: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('decisions')
    .select('id')
    .where('merchant_id', '=', merchantId)
    .where('workflow_id', '=', decision.workflowId)
    .where('act', '=', decision.act)
    .where('decided_at', '>=', decision.since)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether this very request was decided before: told again after its workflow's end, it is the same yes. */
export async function isDecided(
  db: Db,
  merchantId: number,
  { key, workflowId, body }: Pick<Decision, 'key' | 'workflowId' | 'body'>,
): Promise<boolean> {
  const { rows } = await sql`
    select from decisions
     where merchant_id = ${merchantId} and idempotency_key = ${key}
       and workflow_id = ${workflowId} and body = ${JSON.stringify(body)}::jsonb`.execute(db);
  return rows.length > 0;
}

/** Thrown when a key is used again for something else. */
export class IdempotencyConflict extends Error {
  override readonly name = 'IdempotencyConflict';
}

/**
 * Writes what a person decided, with its audit entry, before anything says yes.
 *
 * @returns the decision's ID, when it was made, and whether it is new; a repetition of the same
 *   request is not.
 * @throws IdempotencyConflict when the key was used for another act or another body.
 */
export async function recordDecision(
  db: Trx,
  merchantId: number,
  decision: Decision,
): Promise<{ id: number; decidedAt: string; fresh: boolean }> {
  const body = JSON.stringify(decision.body);
  const {
    rows: [inserted],
  } = await sql<{ id: number; bodySha256: string }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, reason, decided_at)
    values (${merchantId}, ${decision.key}, ${decision.workflowId}, ${decision.act}, ${body}::jsonb,
            ${decision.actor}, ${decision.reason ?? null}, ${decision.now})
    on conflict (merchant_id, idempotency_key) do nothing
    returning id, encode(sha256(convert_to(body::text, 'UTF8')), 'hex') as "bodySha256"`.execute(
    db,
  );
  if (inserted !== undefined) {
    await appendAudit(db, merchantId, {
      at: decision.now,
      actor: decision.actor,
      act: decision.act,
      subject: decision.workflowId,
      reason: decision.reason ?? null,
      // The chain covers what was decided without repeating it: a body may be long.
      details: { decision: inserted.id, bodySha256: inserted.bodySha256 },
    });
    return { id: inserted.id, decidedAt: decision.now, fresh: true };
  }

  const {
    rows: [earlier],
  } = await sql<{ id: number; decidedAt: string; same: boolean }>`
    select id, decided_at as "decidedAt", workflow_id = ${decision.workflowId} and act = ${decision.act}
               and body = ${body}::jsonb as same
      from decisions where merchant_id = ${merchantId} and idempotency_key = ${decision.key}`.execute(
    db,
  );
  if (earlier?.same !== true) {
    throw new IdempotencyConflict(
      `idempotency key ${decision.key} was already used for another request; use a new key`,
    );
  }
  return { id: earlier.id, decidedAt: earlier.decidedAt, fresh: false };
}
