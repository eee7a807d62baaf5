import { sql } from 'kysely';
import {
  type CustomerMailKind,
  type CustomerMailTemplate,
  defaultTemplate,
} from '../../billing/mail/customer-templates.ts';
import { type Db, lockMerchant, type Trx } from '../database.ts';
import { appendAudit } from './audit.ts';

/** The words of mails to customers, by kind and version. */

export interface KeptTemplate extends CustomerMailTemplate {
  readonly kind: CustomerMailKind;
  /** 0: the words that come with Tsukigime. */
  readonly version: number;
  /** ISO instant; null for version 0. */
  readonly setAt: string | null;
  readonly setBy: string | null;
}

/** The versions that a merchant wrote itself, newest first; of one kind, or the newest of every kind. */
export async function listOwnTemplates(
  db: Db,
  merchantId: number,
  kind: CustomerMailKind | null,
): Promise<KeptTemplate[]> {
  const { rows } = await sql<KeptTemplate>`
    select kind, version, subject, body, set_at as "setAt", set_by as "setBy"
      from customer_mail_templates t
     where merchant_id = ${merchantId} and (${kind}::text is null or kind = ${kind})
       and (${kind}::text is not null or version = (
             select max(version) from customer_mail_templates n
              where n.merchant_id = t.merchant_id and n.kind = t.kind))
     order by kind, version desc limit 200`.execute(db);
  return rows;
}

/** One version of the words; the newest unless one is named. */
export async function readTemplate(
  db: Db,
  merchantId: number,
  of: { readonly kind: CustomerMailKind; readonly version: number | null },
): Promise<KeptTemplate> {
  const builtIn = { ...defaultTemplate(of.kind), kind: of.kind, version: 0 };
  if (of.version === 0) return { ...builtIn, setAt: null, setBy: null };
  const { rows } = await sql<KeptTemplate>`
    select kind, version, subject, body, set_at as "setAt", set_by as "setBy"
      from customer_mail_templates
     where merchant_id = ${merchantId} and kind = ${of.kind}
       and (${of.version}::int is null or version = ${of.version})
     order by version desc limit 1`.execute(db);
  return rows[0] ?? { ...builtIn, setAt: null, setBy: null };
}

/** Adds a version on top of the one that was changed. @returns undefined when another is newer */
export async function saveTemplate(
  trx: Trx,
  merchantId: number,
  change: CustomerMailTemplate & {
    readonly kind: CustomerMailKind;
    /** The version that was changed. */
    readonly version: number;
    readonly actor: string;
    readonly reason: string | null;
    /** ISO instant. */
    readonly now: string;
  },
): Promise<KeptTemplate | undefined> {
  const { kind, subject, body, actor, now } = change;
  await lockMerchant(trx, merchantId);
  const newest = await readTemplate(trx, merchantId, { kind, version: null });
  if (newest.version !== change.version) return undefined;
  const version = newest.version + 1;
  await trx
    .insertInto('customer_mail_templates')
    .values({ merchant_id: merchantId, kind, version, subject, body, set_at: now, set_by: actor })
    .execute();
  await appendAudit(trx, merchantId, {
    at: now,
    actor,
    act: 'customer-mail-template.set',
    subject: kind,
    reason: change.reason,
    details: { version },
  });
  return { kind, version, subject, body, setAt: now, setBy: actor };
}
