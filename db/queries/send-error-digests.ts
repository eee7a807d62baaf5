import { type Kysely, sql } from 'kysely';
import type { Database } from '../tables.ts';

export interface UntoldSendErrors {
  /** When the earliest error failed that no mail has told yet; null = all are told. */
  readonly firstUntoldAt: string | null;
  /** When the latest mail was posted. */
  readonly lastPostedAt: string | null;
}

export async function readUntoldSendErrors(
  db: Kysely<Database>,
  merchantId: number,
  endpointId: number,
): Promise<UntoldSendErrors> {
  const { rows } = await sql<UntoldSendErrors>`
    with last as (
      select max(up_to_error_id) as id, max(posted_at) as posted_at from send_error_digests
      where merchant_id = ${merchantId} and endpoint_id = ${endpointId}
    )
    select (select posted_at from last) as "lastPostedAt",
      (select min(s.failed_at) from send_errors s join deliveries d on d.id = s.delivery_id
        where s.merchant_id = ${merchantId} and d.endpoint_id = ${endpointId}
          and s.id > coalesce((select id from last), 0)) as "firstUntoldAt"`.execute(db);
  return rows[0] ?? { firstUntoldAt: null, lastPostedAt: null };
}

/**
 * Takes all errors that there are as told, and says what is open among them: deliveries that are
 * given up and that nobody has dealt with.
 *
 * @returns null when nothing was untold.
 */
export async function takeSendErrorDigest(
  trx: Kysely<Database>,
  merchantId: number,
  of: { readonly endpointId: number; readonly now: string },
): Promise<{
  readonly number: number;
  readonly open: number;
  readonly oldestAt: string | null;
} | null> {
  const { numAffectedRows } = await sql`
    insert into send_error_digests (endpoint_id, up_to_error_id, merchant_id, posted_at)
    select ${of.endpointId}, max(s.id), ${merchantId}, ${of.now}
    from send_errors s join deliveries d on d.id = s.delivery_id
    where s.merchant_id = ${merchantId} and d.endpoint_id = ${of.endpointId}
    having max(s.id) is not null
    on conflict do nothing`.execute(trx);
  if (numAffectedRows !== 1n) return null;
  const { rows } = await sql<{ number: number; open: number; oldestAt: string | null }>`
    select (select count(*) from send_error_digests
        where merchant_id = ${merchantId} and endpoint_id = ${of.endpointId}) as number,
      count(*) as open, min(s.failed_at) as "oldestAt"
    from send_errors s join deliveries d on d.id = s.delivery_id and d.attempt = s.attempt
    where s.merchant_id = ${merchantId} and d.endpoint_id = ${of.endpointId}
      and d.state = 'failed'`.execute(trx);
  return rows[0] ?? null;
}
