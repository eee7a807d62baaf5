import type { Kysely, Selectable } from 'kysely';
import type { MerchantKind } from '../../billing/merchant.ts';
import type { MerchantSettings } from '../../billing/merchant-settings.ts';
import type { Database, MerchantsTable } from '../tables.ts';
import { appendAudit } from './audit.ts';
import { insertSettings } from './settings.ts';

export interface Merchant {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly kind: MerchantKind;
  /** Business time minus real time; 0 for every real merchant. */
  readonly clockOffsetMs: number;
  /** ISO instant. */
  readonly createdAt: string;
}

/** The slug is taken. */
export class MerchantExistsError extends Error {
  override name = 'MerchantExistsError';
}

export interface NewMerchant {
  readonly slug: string;
  readonly name: string;
  readonly kind: MerchantKind;
  readonly settings: MerchantSettings;
  readonly actor: string;
  /** ISO instant. */
  readonly now: string;
}

/**
 * The merchant, version 1 of its settings and the audit entry, all or nothing.
 * @throws MerchantExistsError when the slug is taken; nothing is changed then.
 */
export async function createMerchant(
  db: Kysely<Database>,
  merchant: NewMerchant,
): Promise<Merchant> {
  return await db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('merchants')
      .values({
        slug: merchant.slug,
        name: merchant.name,
        kind: merchant.kind,
        created_at: merchant.now,
      })
      .onConflict((conflict) => conflict.column('slug').doNothing())
      .returning(merchantColumns)
      .executeTakeFirst();
    if (row === undefined) {
      throw new MerchantExistsError(`A merchant "${merchant.slug}" exists already.`);
    }
    await insertSettings(trx, row.id, {
      version: 1,
      settings: merchant.settings,
      actor: merchant.actor,
      reason: null,
      now: merchant.now,
    });
    await appendAudit(trx, row.id, {
      at: merchant.now,
      actor: merchant.actor,
      act: 'merchant.created',
      subject: merchant.slug,
      reason: null,
      details: { kind: merchant.kind, settingsVersion: 1 },
    });
    return toMerchant(row);
  });
}

export async function findMerchant(
  db: Kysely<Database>,
  slug: string,
): Promise<Merchant | undefined> {
  const row = await db
    .selectFrom('merchants')
    .where('slug', '=', slug)
    .select(merchantColumns)
    .executeTakeFirst();
  return row && toMerchant(row);
}

/** By slug; `merchantIds` limits the list to a token's scope, null means all. */
export async function listMerchants(
  db: Kysely<Database>,
  merchantIds: readonly number[] | null,
): Promise<Merchant[]> {
  if (merchantIds !== null && merchantIds.length === 0) return [];
  const rows = await db
    .selectFrom('merchants')
    .$if(merchantIds !== null, (query) => query.where('id', 'in', merchantIds ?? []))
    .select(merchantColumns)
    .orderBy('slug')
    .execute();
  return rows.map(toMerchant);
}

const merchantColumns = ['id', 'slug', 'name', 'kind', 'clock_offset_ms', 'created_at'] as const;

function toMerchant(
  row: Pick<Selectable<MerchantsTable>, (typeof merchantColumns)[number]>,
): Merchant {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    kind: row.kind,
    clockOffsetMs: row.clock_offset_ms,
    createdAt: row.created_at,
  };
}
