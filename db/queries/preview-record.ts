import { sql } from 'kysely';
import {
  FINDING_KINDS,
  type Finding,
  type FindingKind,
  type PreviewSummary,
} from '../../billing/preview.ts';
import type { Db, Trx } from '../database.ts';
import type { PreviewContent } from './preview.ts';

/** A preview as it is kept: of a run, or a dry run that somebody asked for. */
export interface PreviewRecord {
  readonly id: number;
  readonly month: string;
  readonly n: number;
  readonly kind: 'run' | 'dry_run';
  /** The export that a dry run reads; null: what the month has collected. */
  readonly exportSha256: string | null;
  /** Who asked for the billing, or for the dry run. */
  readonly requesters: readonly string[];
  readonly requestedAt: string;
  /** Null while a dry run is at work. */
  readonly computedAt: string | null;
  /** Why a dry run was refused, in Japanese. */
  readonly trouble: string | null;
  readonly settingsVersion: number | null;
  readonly sha256: string | null;
  readonly rows: number | null;
  readonly yen: number | null;
  readonly summary: PreviewSummary | null;
  /** What became of it; null: nothing yet, or a dry run. */
  readonly verdict: 'not_needed' | 'approved' | 'rejected' | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

/** A preview that is older than a kind of finding has none of it. */
const noFindings = JSON.stringify(
  Object.fromEntries(FINDING_KINDS.map((kind) => [kind, { rows: 0, yen: 0 }])),
);

const previewRows = sql`
  select p.id, p.billing_month as month, p.n, p.kind, f.sha256 as "exportSha256", p.requesters,
         p.requested_at as "requestedAt", r.computed_at as "computedAt", r.trouble,
         r.settings_version as "settingsVersion", r.sha256, r.charges as rows,
         r.amount_yen::float8 as yen, k.verdict, d.actor as "decidedBy",
         jsonb_set(r.summary, '{findings}', ${noFindings}::jsonb || (r.summary->'findings'))
           as summary,
         k.cleared_at as "decidedAt"
    from previews p
    left join files f on f.id = p.file_id
    left join preview_results r on r.preview_id = p.id
    left join clearances k on k.preview_id = p.id
    left join decisions d on d.id = k.decision_id`;

/** Of a month, the newest first, a page at a time. */
export async function listPreviews(
  db: Db,
  merchantId: number,
  page: { month: string; before: number | null; limit: number },
): Promise<PreviewRecord[]> {
  const { rows } = await sql<PreviewRecord>`
    ${previewRows}
     where p.merchant_id = ${merchantId} and p.billing_month = ${page.month}
       and (${page.before}::int is null or p.n < ${page.before})
     order by p.n desc limit ${page.limit}`.execute(db);
  return rows;
}

export async function findPreview(
  db: Db,
  merchantId: number,
  of: { month: string; n: number },
): Promise<PreviewRecord | undefined> {
  const { rows } = await sql<PreviewRecord>`
    ${previewRows}
     where p.merchant_id = ${merchantId} and p.billing_month = ${of.month}
       and p.n = ${of.n}`.execute(db);
  return rows[0];
}

/** The newest preview of a month's runs. */
export async function findRunPreview(
  db: Db,
  merchantId: number,
  of: { month: string; sha256?: string },
): Promise<PreviewRecord | undefined> {
  const { rows } = await sql<PreviewRecord>`
    ${previewRows}
     where p.merchant_id = ${merchantId} and p.billing_month = ${of.month} and p.kind = 'run'
       and (${of.sha256 ?? null}::text is null or r.sha256 = ${of.sha256 ?? null})
     order by p.n desc limit 1`.execute(db);
  return rows[0];
}

/**
 * Writes down that a preview is asked for; a dry run once for each key.
 *
 * @returns its number, and whether it is new; undefined when the key was used for something else
 */
export async function registerPreview(
  db: Db,
  merchantId: number,
  preview: {
    month: string;
    kind: 'run' | 'dry_run';
    fileId: number | null;
    requesters: readonly string[];
    requestKey: string | null;
    now: string;
  },
): Promise<{ id: number; n: number; isNew: boolean } | undefined> {
  const inserted = await sql`
    insert into previews (merchant_id, billing_month, n, kind, file_id, requesters, request_key,
                          requested_at)
    select ${merchantId}, ${preview.month}, coalesce(max(n), 0) + 1, ${preview.kind},
           ${preview.fileId}, ${preview.requesters}::text[], ${preview.requestKey}, ${preview.now}
      from previews where merchant_id = ${merchantId} and billing_month = ${preview.month}
    on conflict (merchant_id, request_key) do nothing`.execute(db);
  const isNew = inserted.numAffectedRows === 1n;
  const { rows } = await sql<{ id: number; n: number }>`
    select id, n from previews
     where merchant_id = ${merchantId} and billing_month = ${preview.month}
       and kind = ${preview.kind} and file_id is not distinct from ${preview.fileId}
       and request_key is not distinct from ${preview.requestKey}
     order by n desc limit 1`.execute(db);
  return rows[0] && { ...rows[0], isNew };
}

/** What a preview came to, once. */
export async function recordPreview(
  trx: Trx,
  merchantId: number,
  result: {
    previewId: number;
    settingsVersion: number;
    content: PreviewContent;
    summary: PreviewSummary;
    /** Of a run: what it rests on; null in a dry run, whose selection is gone with it. */
    cycleId: number | null;
    now: string;
  },
): Promise<void> {
  const { content } = result;
  await sql`
    insert into preview_results (preview_id, merchant_id, settings_version, selection_id, run_ids,
                                 sha256, charges, amount_yen, summary, computed_at)
    values (${result.previewId}, ${merchantId}, ${result.settingsVersion},
            (select max(id) from selections where cycle_id = ${result.cycleId}),
            array(select u.id from runs u where u.cycle_id = ${result.cycleId}
                     and not exists (select from run_plans p where p.run_id = u.id)
                     and not exists (select from run_withdrawals w where w.run_id = u.id)
                   order by u.id),
            ${content.sha256}, ${content.rows}, ${content.yen}, ${JSON.stringify(result.summary)},
            ${result.now})`.execute(trx);
}

/** Why a dry run came to nothing, once. */
export async function recordRefusedPreview(
  db: Db,
  merchantId: number,
  refused: { previewId: number; trouble: string; now: string },
): Promise<void> {
  await sql`
    insert into preview_results (preview_id, merchant_id, trouble, computed_at)
    values (${refused.previewId}, ${merchantId}, ${refused.trouble}, ${refused.now})
    on conflict (preview_id) do nothing`.execute(db);
}

/** As COPY takes the findings of a dry run. */
export const FINDING_COLUMNS = [
  'preview_id',
  'kind',
  'i',
  'merchant_id',
  'order_number',
  'customer_number',
  'amount_yen',
  'last_order_number',
  'last_yen',
  'detail',
] as const;

/** Keeps the findings that were staged in this transaction. */
export async function keepStagedFindings(
  trx: Trx,
  merchantId: number,
  previewId: number,
): Promise<void> {
  await sql`
    insert into preview_findings (preview_id, kind, i, merchant_id, order_number, customer_number,
                                  amount_yen, last_order_number, last_yen, detail)
    select ${previewId}::bigint, kind, i, ${merchantId}::bigint, order_number, customer_number,
           amount_yen, last_order_number, last_yen, detail from found`.execute(trx);
}

/** Of one kind or of all, a page at a time. */
export async function listFindings(
  db: Db,
  merchantId: number,
  page: {
    previewId: number;
    kind: FindingKind | null;
    /** 0 for the first page. */
    after: number;
    limit: number;
  },
): Promise<Finding[]> {
  const { rows } = await sql<Finding>`
    select kind, i, order_number as "orderNumber", customer_number as "customerNumber",
           amount_yen as "amountYen", last_order_number as "lastOrderNumber",
           last_yen as "lastYen", detail
      from preview_findings
     where merchant_id = ${merchantId} and preview_id = ${page.previewId}
       and (${page.kind}::text is null or kind = ${page.kind})
       and i > ${page.after}
     order by i limit ${page.limit}`.execute(db);
  return rows;
}
