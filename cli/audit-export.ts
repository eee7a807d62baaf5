import { open } from 'node:fs/promises';
import type { AuditExportLine } from '../billing/audit-chain.ts';
import type { Db } from '../db/database.ts';
import { listAudit } from '../db/queries/audit.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { UsageError, withRecord } from './record-access.ts';

/** Entries read at a time: the audit of years does not have to fit into memory. */
const PAGE = 1000;

/** `tsukigime audit export`: every entry with its hash, oldest first. */
export async function runAuditExport(command: {
  readonly merchant?: string;
  readonly file: string;
}): Promise<number> {
  return await withRecord(async ({ db }) => {
    const merchantId = await findMerchantId(db, command.merchant);
    const file = await open(command.file, 'wx').catch((error: NodeJS.ErrnoException) => {
      const remedy =
        error.code === 'EEXIST'
          ? 'is there already; an export never replaces a file: name a new one'
          : `cannot be written (${error.code})`;
      throw new UsageError(`${command.file} ${remedy}`);
    });
    let last = { n: 0, hash: '' };
    try {
      for (;;) {
        const page = await listAudit(db, merchantId, { afterN: last.n, limit: PAGE });
        const lines = page.map(({ n, entry, hash }): AuditExportLine => ({ n, entry, hash }));
        await file.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
        last = lines.at(-1) ?? last;
        if (page.length < PAGE) break;
      }
    } finally {
      await file.close();
    }
    console.log(`${last.n} entries, head hash ${last.hash || '(none)'}, in ${command.file}`);
  });
}

async function findMerchantId(db: Db, slug: string | undefined): Promise<number | null> {
  if (slug === undefined) return null;
  const merchant = await findMerchant(db, slug);
  if (merchant === undefined) throw new UsageError(`There is no merchant ${slug}.`);
  return merchant.id;
}
