import type { Kysely } from 'kysely';
import { lockAuditChain, type Trx } from '../database.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';

/** What an admin decided about a host whose address is not public. */
export interface AllowedHost {
  /** A name or an address, lower case. */
  readonly host: string;
  readonly allowed: boolean;
  readonly reason: string;
  /** ISO instant. */
  readonly setAt: string;
  readonly setBy: string;
}

/** Allows a host or takes that back, with its audit entry. */
export async function setAllowedHost(
  db: Kysely<Database>,
  merchantId: number,
  decision: {
    readonly host: string;
    readonly allowed: boolean;
    readonly reason: string;
    readonly now: string;
    readonly actor: string;
  },
): Promise<AllowedHost> {
  const { host, allowed, reason, now, actor } = decision;
  return await db.transaction().execute(async (trx: Trx) => {
    await lockAuditChain(trx, merchantId);
    const { newest } = await trx
      .selectFrom('allowed_hosts')
      .where('merchant_id', '=', merchantId)
      .where('host', '=', host)
      .select((eb) => eb.fn.coalesce(eb.fn.max('version'), eb.lit(0)).as('newest'))
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('allowed_hosts')
      .values({
        merchant_id: merchantId,
        host,
        version: newest + 1,
        allowed,
        reason,
        set_at: now,
        set_by: actor,
      })
      .execute();
    await appendAudit(trx, merchantId, {
      at: now,
      actor,
      act: allowed ? 'host.allowed' : 'host.disallowed',
      subject: host,
      reason,
      details: {},
    });
    return { host, allowed, reason, setAt: now, setBy: actor };
  });
}

/** The newest decision about each host, by host. */
export async function listAllowedHosts(
  db: Kysely<Database>,
  merchantId: number,
): Promise<AllowedHost[]> {
  return await db
    .selectFrom('allowed_hosts')
    .distinctOn('host')
    .where('merchant_id', '=', merchantId)
    .orderBy('host')
    .orderBy('version', 'desc')
    .select(['host', 'allowed', 'reason', 'set_at as setAt', 'set_by as setBy'])
    .execute();
}
