import { AUDIT_ACT_LABELS_JA } from '../../billing/audit-acts.ts';
import type { AuditExportLine } from '../../billing/audit-chain.ts';
import { csvInstant } from '../../billing/csv-writer.ts';
import {
  type AuditEntry,
  listAudit,
  type RecordedAuditEntry,
  searchAudit,
} from '../../db/queries/audit.ts';
import { listAuditHeads } from '../../db/queries/audit-heads.ts';
import type { auditRoutes } from '../contract/audit.ts';
import { pagesByKey, replyWithCsv } from '../csv-download.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';

/** Entries read at a time: the audit of years does not have to fit into memory. */
const PAGE = 1000;

export const auditHandlers: Handlers<typeof auditRoutes> = {
  async searchAudit({ deps, merchant, query }) {
    const { before = null, limit, ...search } = query;
    const of = { search, beforeN: before, limit: limit + 1 };
    const found = await searchAudit(deps.db, merchant.id, of);
    const page = found.slice(0, limit);
    const nextBefore = found.length > limit ? (page.at(-1)?.n ?? null) : null;
    return { status: 200, body: { entries: page.map(showEntry), nextBefore } };
  },

  async downloadAudit({ deps, merchant, query }) {
    const { encoding, ...search } = query;
    return await replyWithCsv({
      fileName: `audit-${merchant.slug}.csv`,
      encoding,
      head: [
        '番号',
        '日時',
        '人・プログラム',
        '操作',
        'コード',
        '対象',
        '理由',
        '内容',
        'ハッシュ',
      ],
      ...pagesByKey<RecordedAuditEntry, number | null>(
        null,
        (beforeN, limit) => searchAudit(deps.db, merchant.id, { search, beforeN, limit }),
        ({ n }) => n,
      ),
      rowOf: (recorded: RecordedAuditEntry) => {
        const { n, at, actor, act, subject, reason, details, hash } = showEntry(recorded);
        const content = Object.keys(details).length === 0 ? null : JSON.stringify(details);
        const label = AUDIT_ACT_LABELS_JA[act] ?? act;
        return [n, csvInstant(at), actor, label, act, subject, reason, content, hash];
      },
    });
  },

  async exportAudit({ deps, merchant }) {
    const content = exportLines(deps, merchant.id);
    return { status: 200, content, fileName: `audit-${merchant.slug}.ndjson` };
  },

  async listAuditHeads({ deps, merchant, query }) {
    return { status: 200, body: await readHeads(deps, merchant.id, query) };
  },

  async exportCommonAudit({ deps }) {
    return { status: 200, content: exportLines(deps, null), fileName: 'audit.ndjson' };
  },

  async listCommonAuditHeads({ deps, query }) {
    return { status: 200, body: await readHeads(deps, null, query) };
  },
};

/** The text of an entry was written by us, in the form that was hashed. */
export function showEntry({ n, entry, hash }: RecordedAuditEntry) {
  return { ...(JSON.parse(entry) as AuditEntry), n, hash };
}

async function* exportLines(
  { db }: ApiDependencies,
  merchantId: number | null,
): AsyncGenerator<Buffer> {
  for (let afterN = 0; ; ) {
    const page = await listAudit(db, merchantId, { afterN, limit: PAGE });
    const lines = page.map(({ n, entry, hash }): AuditExportLine => ({ n, entry, hash }));
    if (lines.length > 0)
      yield Buffer.from(lines.map((one) => `${JSON.stringify(one)}\n`).join(''));
    if (page.length < PAGE) return;
    afterN = page.at(-1)?.n ?? afterN;
  }
}

async function readHeads(
  { db }: ApiDependencies,
  merchantId: number | null,
  { before, limit }: { readonly before?: string | undefined; readonly limit: number },
) {
  const found = await listAuditHeads(db, merchantId, { before, limit: limit + 1 });
  const heads = found.slice(0, limit);
  return { heads, nextBefore: found.length > limit ? (heads.at(-1)?.day ?? null) : null };
}
