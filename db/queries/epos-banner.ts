import { sql } from 'kysely';
import type { BannerType } from '../../billing/epos-banner.ts';
import { type Db, lockMerchant, type Trx } from '../database.ts';
import { appendAudit } from './audit.ts';

/** The shop's own banner, or none: then the default one is shown. */
export interface EposBanner {
  readonly version: number;
  readonly contentType: BannerType | null;
  readonly content: Buffer | null;
  readonly setAt: string;
  readonly setBy: string;
}

/** The newest banner; undefined when none was ever uploaded. */
export async function findEposBanner(db: Db, merchantId: number): Promise<EposBanner | undefined> {
  const { rows } = await sql<EposBanner>`
    select version, content_type as "contentType", content, set_at as "setAt", set_by as "setBy"
      from epos_banners where merchant_id = ${merchantId}
     order by version desc limit 1`.execute(db);
  return rows[0];
}

/** Keeps a new banner, or has the default one back; earlier ones stay. */
export async function saveEposBanner(
  trx: Trx,
  merchantId: number,
  of: {
    readonly banner: { readonly contentType: BannerType; readonly content: Buffer } | null;
    readonly actor: string;
    readonly now: string;
  },
): Promise<void> {
  const { banner, actor, now } = of;
  await lockMerchant(trx, merchantId);
  const version = ((await findEposBanner(trx, merchantId))?.version ?? 0) + 1;
  await trx
    .insertInto('epos_banners')
    .values({
      merchant_id: merchantId,
      version,
      content_type: banner?.contentType ?? null,
      content: banner?.content ?? null,
      set_at: now,
      set_by: actor,
    })
    .execute();
  await appendAudit(trx, merchantId, {
    at: now,
    actor,
    act: banner === null ? 'epos-banner.reset' : 'epos-banner.uploaded',
    subject: `version ${version}`,
    reason: null,
    details: { bytes: banner?.content.byteLength ?? 0 },
  });
}
