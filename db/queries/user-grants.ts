import { type Kysely, sql } from 'kysely';
import type { Grants } from '../../billing/grants.ts';
import { type Grant, type Right, type Role, rights } from '../../billing/role.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';

/** A grant as people read it: the merchant by its slug, null = everywhere. */
export interface NamedGrant extends Grant {
  readonly merchant: string | null;
  readonly merchantId: number | null;
}

/** Who does it, why and when, for the audit. */
export interface Doer {
  readonly actor: string;
  readonly reason: string | null;
  /** ISO instant of real time: people know no business clock. */
  readonly now: string;
}

/**
 * Says what a user may do at a merchant (null: everywhere) from now on; a grant of null takes all away.
 * The newest grant holds, also for sessions that run.
 */
export async function grantUser(
  db: Kysely<Database>,
  merchantId: number | null,
  of: Doer & {
    readonly user: { readonly id: number; readonly login: string };
    readonly grant: Grant | null;
  },
): Promise<void> {
  const { user, ...rest } = of;
  await db.transaction().execute(async (trx) => {
    await insertGrant(trx, { userId: user.id, login: user.login, merchantId, ...rest });
  });
}

export async function insertGrant(
  trx: Kysely<Database>,
  of: Doer & {
    readonly userId: number;
    readonly login: string;
    readonly merchantId: number | null;
    readonly grant: Grant | null;
  },
): Promise<void> {
  const { userId, merchantId, grant } = of;
  const before = (await readGrants(trx, [userId])).get(userId) ?? [];
  const held = before.find((one) => one.merchantId === merchantId);
  await trx
    .insertInto('user_grants')
    .values({
      user_id: userId,
      merchant_id: merchantId,
      role: grant?.role ?? null,
      export_personal_data: grant?.rights.includes('exportPersonalData') ?? false,
      edit_send_parameters: grant?.rights.includes('editSendParameters') ?? false,
      granted_at: of.now,
      granted_by: of.actor,
    })
    .execute();
  const show = (one: Grant | null | undefined) =>
    one ? { role: one.role, rights: one.rights } : null;
  const changed = { before: show(held), after: show(grant) };
  await appendAudit(trx, merchantId, entryOf(of, 'user.granted', of.login, changed));
}

/** What holds now, by user. */
export async function readGrants(
  db: Kysely<Database>,
  userIds: readonly number[],
): Promise<ReadonlyMap<number, readonly NamedGrant[]>> {
  const found = new Map<number, NamedGrant[]>();
  if (userIds.length === 0) return found;
  const { rows } = await sql<{
    user_id: number;
    merchant_id: number | null;
    slug: string | null;
    role: Role | null;
    export_personal_data: boolean;
    edit_send_parameters: boolean;
  }>`
    select distinct on (g.user_id, g.merchant_id) g.user_id, g.merchant_id, m.slug, g.role,
      g.export_personal_data, g.edit_send_parameters
    from user_grants g left join merchants m on m.id = g.merchant_id
    where g.user_id = any (${userIds}::bigint[])
    order by g.user_id, g.merchant_id, g.id desc`.execute(db);
  for (const row of rows) {
    if (row.role === null) continue;
    const held: Record<Right, boolean> = {
      exportPersonalData: row.export_personal_data,
      editSendParameters: row.edit_send_parameters,
    };
    const grant: NamedGrant = {
      merchant: row.slug,
      merchantId: row.merchant_id,
      role: row.role,
      rights: rights.filter((right) => held[right]),
    };
    found.set(row.user_id, [...(found.get(row.user_id) ?? []), grant]);
  }
  return found;
}

/** What a user may do now, as every request asks it anew: a grant taken away is gone at once. */
export async function findGrants(db: Kysely<Database>, userId: number): Promise<Grants> {
  const held = (await readGrants(db, [userId])).get(userId) ?? [];
  const plain = ({ role, rights: given }: NamedGrant): Grant => ({ role, rights: given });
  const everywhere = held.find(({ merchantId }) => merchantId === null);
  return {
    everywhere: everywhere === undefined ? null : plain(everywhere),
    merchants: new Map(
      held.flatMap((one) =>
        one.merchantId === null ? [] : [[one.merchantId, plain(one)] as const],
      ),
    ),
  };
}

/** What somebody did to a user, as the audit keeps it. */
export function entryOf(
  { actor, reason, now }: Doer,
  act: string,
  subject: string,
  details: object,
) {
  return { at: now, actor, act, subject, reason, details: { ...details } };
}
