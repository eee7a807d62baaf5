import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Caller, Scope } from '../../billing/grants.ts';
import {
  type Grant,
  type Right,
  type Role,
  rights,
  rightsOfTokenRole,
} from '../../billing/role.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';

/** The merchants a token may see: all of them, those of tomorrow too, or those named. */
export type TokenScope = Scope;

export interface TokenListing {
  readonly tokenId: string;
  readonly actor: string;
  readonly role: Role;
  readonly rights: readonly Right[];
  readonly allMerchants: boolean;
  /** Slugs; empty when the token is for all. */
  readonly merchants: readonly string[];
  /** ISO instants. */
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export interface NewToken {
  readonly actor: string;
  readonly role: Role;
  /** Without it, those of its role (`rightsOfTokenRole`). */
  readonly rights?: readonly Right[];
  readonly scope: TokenScope;
  /** ISO instant; null = until revoked. */
  readonly expiresAt: string | null;
  /** ISO instant of real time: tokens know no business clock. */
  readonly now: string;
  /** Who makes it. */
  readonly createdBy: string;
}

const tokenPattern = /^tsk_[A-Za-z0-9_-]{43}$/;

/** Makes a token. The secret is in the answer only: the row holds its hash. */
export async function createToken(
  db: Kysely<Database>,
  token: NewToken,
): Promise<{ readonly tokenId: string; readonly token: string }> {
  const secret = `tsk_${randomBytes(32).toString('base64url')}`;
  const hash = hashToken(secret);
  const tokenId = publicId(hash);
  const given = token.rights ?? rightsOfTokenRole(token.role);
  await db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('tokens')
      .values({
        token_hash: hash,
        actor: token.actor,
        role: token.role,
        all_merchants: token.scope.all,
        created_at: token.now,
        expires_at: token.expiresAt,
        export_personal_data: given.includes('exportPersonalData'),
        edit_send_parameters: given.includes('editSendParameters'),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const merchantIds = token.scope.all ? [] : token.scope.merchantIds;
    if (merchantIds.length > 0) {
      await trx
        .insertInto('token_merchants')
        .values(merchantIds.map((id) => ({ token_id: row.id, merchant_id: id })))
        .execute();
    }
    await appendAudit(trx, null, {
      at: token.now,
      actor: token.createdBy,
      act: 'token.created',
      subject: tokenId,
      reason: null,
      details: {
        for: token.actor,
        role: token.role,
        rights: given,
        allMerchants: token.scope.all,
        merchants: merchantIds.length,
        expiresAt: token.expiresAt,
      },
    });
  });
  return { tokenId, token: secret };
}

/** Why a token opens nothing; all of them look the same from outside. */
export type TokenRefusal = 'unknown' | 'expired' | 'revoked';

export async function findTokenCaller(
  db: Kysely<Database>,
  token: string,
  now: string,
): Promise<Caller | TokenRefusal> {
  if (!tokenPattern.test(token)) return 'unknown';
  const hash = hashToken(token);
  const row = await db
    .selectFrom('tokens')
    .where('token_hash', '=', hash)
    .select(['id', 'token_hash', 'actor', 'role', 'all_merchants', 'expires_at', 'revoked_at'])
    .select(['export_personal_data', 'edit_send_parameters'])
    .executeTakeFirst();
  // The index compares hashes of random secrets, which tells a guesser nothing; this comparison
  // takes the same time for every row all the same.
  if (row === undefined || !timingSafeEqual(row.token_hash, hash)) return 'unknown';
  if (row.revoked_at !== null) return 'revoked';
  if (row.expires_at !== null && Date.parse(row.expires_at) <= Date.parse(now)) return 'expired';
  const grant: Grant = { role: row.role, rights: rightsOf(row) };
  const merchantIds = row.all_merchants ? [] : await findTokenMerchantIds(db, row.id);
  return {
    kind: 'token',
    id: publicId(hash),
    actor: row.actor,
    grants: {
      everywhere: row.all_merchants ? grant : null,
      merchants: new Map(merchantIds.map((id) => [id, grant])),
    },
  };
}

function rightsOf(row: {
  readonly role: Role;
  readonly export_personal_data: boolean | null;
  readonly edit_send_parameters: boolean | null;
}): Right[] {
  const own = {
    exportPersonalData: row.export_personal_data,
    editSendParameters: row.edit_send_parameters,
  };
  const byRole = rightsOfTokenRole(row.role);
  return rights.filter((right) => own[right] ?? byRole.includes(right));
}

/** Newest first; a scoped viewer sees only tokens that reach no further than its own. */
export async function listTokens(
  db: Kysely<Database>,
  viewer: TokenScope,
): Promise<TokenListing[]> {
  const rows = await db
    .selectFrom('tokens')
    .$if(!viewer.all, (query) => query.where('all_merchants', '=', false))
    .select(['id', 'token_hash', 'actor', 'role', 'all_merchants'])
    .select(['created_at', 'expires_at', 'revoked_at'])
    .select(['export_personal_data', 'edit_send_parameters'])
    .select(
      sql<{ id: number; slug: string }[]>`
        coalesce((
          select jsonb_agg(jsonb_build_object('id', merchants.id, 'slug', slug) order by slug)
          from token_merchants join merchants on merchants.id = merchant_id
          where token_id = tokens.id
        ), '[]')`.as('merchants'),
    )
    .orderBy('id', 'desc')
    .execute();
  return rows
    .filter((row) => viewer.all || row.merchants.every(({ id }) => viewer.merchantIds.includes(id)))
    .map((row) => ({
      tokenId: publicId(row.token_hash),
      actor: row.actor,
      role: row.role,
      rights: rightsOf(row),
      allMerchants: row.all_merchants,
      merchants: row.merchants.map(({ slug }) => slug),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
    }));
}

/**
 * Ends a token; the row stays. Revoking a revoked one changes nothing.
 * @returns false when no token of that ID lies within the scope.
 */
export async function revokeToken(
  db: Kysely<Database>,
  revocation: {
    readonly tokenId: string;
    readonly scope: TokenScope;
    readonly actor: string;
    readonly reason: string | null;
    /** ISO instant. */
    readonly now: string;
  },
): Promise<boolean> {
  const listed = (await listTokens(db, revocation.scope)).find(
    (token) => token.tokenId === revocation.tokenId,
  );
  if (listed === undefined) return false;
  await db.transaction().execute(async (trx) => {
    const updated = await trx
      .updateTable('tokens')
      .set({ revoked_at: revocation.now })
      .where(sql`encode(token_hash, 'hex')`, 'like', `${revocation.tokenId}%`)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return;
    await appendAudit(trx, null, {
      at: revocation.now,
      actor: revocation.actor,
      act: 'token.revoked',
      subject: revocation.tokenId,
      reason: revocation.reason,
      details: { for: listed.actor, role: listed.role },
    });
  });
  return true;
}

async function findTokenMerchantIds(db: Kysely<Database>, tokenId: number): Promise<number[]> {
  const rows = await db
    .selectFrom('token_merchants')
    .where('token_id', '=', tokenId)
    .select('merchant_id')
    .execute();
  return rows.map((row) => row.merchant_id);
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Database keys never leave the database, so people name a token by a piece of its hash. */
function publicId(hash: Buffer): string {
  return hash.subarray(0, 8).toString('hex');
}
