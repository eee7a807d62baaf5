import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';

/** How long a session lasts. */
export interface SessionRules {
  /** Without a request it ends after this. */
  readonly idleMs: number;
  /** It ends after this in any case. */
  readonly longestMs: number;
}

export interface StartedSession {
  /** The cookie's value; the row holds its hash. */
  readonly secret: string;
  /** Names the session to people and logs: the first 16 hex digits of its hash. */
  readonly sessionId: string;
  /** ISO instant: the end in any case. */
  readonly expiresAt: string;
}

/** A running session and whose it is. */
export interface Session {
  readonly sessionId: string;
  readonly userId: number;
  readonly login: string;
  readonly name: string;
  readonly passwordSetBy: string;
  /** ISO instants: without a request, and in any case. */
  readonly idleUntil: string;
  readonly expiresAt: string;
}

const secretPattern = /^[A-Za-z0-9_-]{43}$/;

/** Requests of a page come in dozens: the last of them is written down this rarely. */
const seenStepMs = 60_000;

/** A browser that its user has not logged in from for this long is a stranger again. */
const deviceDays = 90;
const deviceMs = deviceDays * 86_400_000;

/** A new secret for a cookie: 256 bits. */
export function createSessionSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Follows from the cookie, which a page of another site cannot read: nothing of it is stored. */
export function csrfTokenOf(sessionSecret: string): string {
  return createHmac('sha256', sessionSecret).update('tsukigime/csrf/1').digest('base64url');
}

export function isCsrfToken(sessionSecret: string, offered: string): boolean {
  const [expected, found] = [csrfTokenOf(sessionSecret), offered].map((text) =>
    createHash('sha256').update(text).digest(),
  ) as [Buffer, Buffer];
  return timingSafeEqual(expected, found);
}

/** Always a new secret: one that was there before the login is worth nothing after it. */
export async function startSession(
  db: Kysely<Database>,
  of: {
    readonly user: { readonly id: number; readonly login: string };
    /** The browser's own secret. */
    readonly device: string;
    readonly rules: SessionRules;
    /** ISO instant of real time. */
    readonly now: string;
    /** Tries with a wrong password since the last login, for the audit. */
    readonly failedBefore: number;
    /** The secret of a session in the same browser, which ends with this. */
    readonly replaces: string | undefined;
  },
): Promise<StartedSession> {
  const secret = createSessionSecret();
  const hash = hashSecret(secret);
  const expiresAt = new Date(Date.parse(of.now) + of.rules.longestMs).toISOString();
  const sessionId = publicId(hash);
  await db.transaction().execute(async (trx) => {
    if (of.replaces !== undefined) await endSession(trx, of.replaces, of.now);
    await trx
      .insertInto('sessions')
      .values({
        session_hash: hash,
        user_id: of.user.id,
        device_hash: hashSecret(of.device),
        started_at: of.now,
        seen_at: of.now,
        expires_at: expiresAt,
      })
      .execute();
    await appendAudit(trx, null, {
      at: of.now,
      actor: of.user.login,
      act: 'user.logged-in',
      subject: of.user.login,
      reason: null,
      details: { session: sessionId, failedBefore: of.failedBefore },
    });
  });
  return { secret, sessionId, expiresAt };
}

/** The session of a cookie, moved on; undefined when it is unknown, ended, idle or its user disabled. */
export async function findSession(
  db: Kysely<Database>,
  of: { readonly secret: string; readonly rules: SessionRules; readonly now: string },
): Promise<Session | undefined> {
  if (!secretPattern.test(of.secret)) return undefined;
  const hash = hashSecret(of.secret);
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .where('session_hash', '=', hash)
    .where('ended_at', 'is', null)
    .where('users.disabled_at', 'is', null)
    .select(['sessions.id', 'session_hash', 'user_id', 'seen_at', 'expires_at'])
    .select(['login', 'name', 'password_set_by'])
    .executeTakeFirst();
  if (row === undefined || !timingSafeEqual(row.session_hash, hash)) return undefined;
  const nowMs = Date.parse(of.now);
  const idleFrom = Date.parse(row.seen_at) + of.rules.idleMs;
  if (nowMs >= Date.parse(row.expires_at) || nowMs >= idleFrom) return undefined;
  if (nowMs - Date.parse(row.seen_at) >= seenStepMs) {
    await db
      .updateTable('sessions')
      .set({ seen_at: of.now })
      .where('id', '=', row.id)
      .where('seen_at', '<', of.now)
      .execute();
  }
  return {
    sessionId: publicId(hash),
    userId: row.user_id,
    login: row.login,
    name: row.name,
    passwordSetBy: row.password_set_by,
    idleUntil: new Date(nowMs + of.rules.idleMs).toISOString(),
    expiresAt: row.expires_at,
  };
}

/** Whether its user has logged in from this browser before. */
export async function isKnownDevice(
  db: Kysely<Database>,
  of: { readonly device: string; readonly login: string; readonly now: string },
): Promise<boolean> {
  if (!secretPattern.test(of.device)) return false;
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .where('device_hash', '=', hashSecret(of.device))
    .where('login', '=', of.login)
    .where('started_at', '>', new Date(Date.parse(of.now) - deviceMs).toISOString())
    .select('sessions.id')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Logs one session out; one that is not there or has ended changes nothing. */
export async function endSession(
  db: Kysely<Database>,
  secret: string,
  now: string,
): Promise<boolean> {
  if (!secretPattern.test(secret)) return false;
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ ended_at: now })
    .where('session_hash', '=', hashSecret(secret))
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends all sessions of a user but one. @returns how many */
export async function endSessions(
  db: Kysely<Database>,
  userId: number,
  of: { readonly now: string; readonly except?: string | undefined },
): Promise<number> {
  const running = await db
    .selectFrom('sessions')
    .select(['id', 'session_hash'])
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .execute();
  const ids = running
    .filter(({ session_hash }) => publicId(session_hash) !== of.except)
    .map(({ id }) => id);
  if (ids.length === 0) return 0;
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ ended_at: of.now })
    .where('id', 'in', ids)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Removes the sessions that ended and by which no browser is known any more. @returns how many */
export async function removeEndedSessions(db: Kysely<Database>, now: string): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ removed: number }>`
      select remove_ended_sessions(${deviceDays}) as removed`.execute(trx);
    const removed = rows[0]?.removed ?? 0;
    if (removed > 0) {
      await appendAudit(trx, null, {
        ...{ at: now, actor: 'schedule', act: 'sessions.removed', subject: 'sessions' },
        ...{ reason: null, details: { removed, days: deviceDays } },
      });
    }
    return removed;
  });
}

function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function publicId(hash: Buffer): string {
  return hash.subarray(0, 8).toString('hex');
}
