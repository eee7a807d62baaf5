import { sql } from 'kysely';
import type { ImportKind, ImportStage } from '../../billing/file-import.ts';
import { type Db, retryMerge } from '../database.ts';

/** One upload of a customer or card file, as people see it. */
export interface FileImport {
  readonly id: number;
  readonly number: number;
  readonly kind: ImportKind;
  readonly fileName: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly stage: ImportStage;
  readonly encoding: string | null;
  readonly rows: number;
  readonly imported: number;
  readonly failed: number;
  readonly warned: number;
  /** About the file as a whole. */
  readonly remarks: readonly string[];
  readonly trouble: string | null;
  /** 登録日時, ISO instant. */
  readonly registeredAt: string;
  readonly registeredBy: string;
  readonly finishedAt: string | null;
}

const columns = sql`
  i.id, i.number, i.kind, i.file_name as "fileName", f.sha256, f.bytes, i.stage, i.encoding, i.rows,
  i.imported, i.failed, i.warned, i.remarks, i.trouble, i.registered_at as "registeredAt",
  i.registered_by as "registeredBy", i.finished_at as "finishedAt"`;

/**
 * Registers the upload of a stored file under the merchant's next number. The same request key again
 * is the import that is there.
 */
export async function registerImport(
  db: Db,
  merchantId: number,
  upload: {
    readonly kind: ImportKind;
    readonly fileId: number;
    readonly fileName: string;
    readonly requestKey: string;
    /** Held until a person starts it. */
    readonly held: boolean;
    readonly actor: string;
    readonly now: string;
  },
): Promise<FileImport> {
  // Two uploads at once may reach for the same number: the one that loses takes the next.
  return await retryMerge(async () => {
    await sql`
      insert into imports (merchant_id, number, kind, file_id, file_name, request_key, stage,
                           registered_at, registered_by)
      select ${merchantId}, coalesce(max(number), 0) + 1, ${upload.kind}, ${upload.fileId},
             ${upload.fileName}, ${upload.requestKey}, ${upload.held ? 'uploaded' : 'running'},
             ${upload.now}, ${upload.actor}
        from imports where merchant_id = ${merchantId}
      on conflict (merchant_id, request_key) do nothing`.execute(db);
    const { rows } = await sql<FileImport>`
      select ${columns} from imports i join files f on f.id = i.file_id
       where i.merchant_id = ${merchantId} and i.request_key = ${upload.requestKey}`.execute(db);
    return only(rows);
  });
}

export async function findImport(
  db: Db,
  merchantId: number,
  number: number,
): Promise<FileImport | undefined> {
  const { rows } = await sql<FileImport>`
    select ${columns} from imports i join files f on f.id = i.file_id
     where i.merchant_id = ${merchantId} and i.number = ${number}`.execute(db);
  return rows[0];
}

export async function requireImport(
  db: Db,
  merchantId: number,
  number: number,
): Promise<FileImport> {
  const found = await findImport(db, merchantId, number);
  if (found === undefined) throw new Error(`import ${number} has no row`);
  return found;
}

export const importOrders = {
  registeredAt: sql`i.registered_at`,
  fileName: sql`i.file_name`,
  rows: sql`i.rows`,
  failed: sql`i.failed`,
} as const;

/** 顧客データ取り込み履歴: every condition may be left out, either end of the time may be open. */
export interface ImportSearch {
  /** Exact (完全一致). */
  readonly fileName: string | null;
  readonly kind: ImportKind | null;
  /** ISO instants, both ends included. */
  readonly from: string | null;
  readonly to: string | null;
  readonly sort: keyof typeof importOrders;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
}

export async function searchImports(
  db: Db,
  merchantId: number,
  search: ImportSearch,
): Promise<{ readonly imports: FileImport[]; readonly total: number }> {
  const { fileName, kind, from, to } = search;
  const matching = sql`
    i.merchant_id = ${merchantId}
    and (${fileName}::text is null or i.file_name = ${fileName})
    and (${kind}::text is null or i.kind = ${kind})
    and (${from}::timestamptz is null or i.registered_at >= ${from})
    and (${to}::timestamptz is null or i.registered_at <= ${to})`;
  const way = search.descending ? sql`desc` : sql`asc`;
  const { rows } = await sql<FileImport>`
    select ${columns} from imports i join files f on f.id = i.file_id
     where ${matching}
     order by ${importOrders[search.sort]} ${way}, i.id ${way}
     limit ${search.limit} offset ${search.offset}`.execute(db);
  const counted = await sql<{ total: number }>`
    select count(*) as total from imports i where ${matching}`.execute(db);
  return { imports: rows, total: counted.rows[0]?.total ?? 0 };
}

/** Changes an import that stands at the expected stage; false when it does not, and nothing changed. */
export async function moveImport(
  db: Db,
  merchantId: number,
  move: {
    readonly number: number;
    readonly from: ImportStage;
    readonly to: ImportStage;
    readonly now: string;
    readonly trouble?: string;
  },
): Promise<boolean> {
  const ends = move.to !== 'running';
  const result = await db
    .updateTable('imports')
    .set({
      stage: move.to,
      trouble: move.trouble ?? null,
      ...(ends ? { finished_at: move.now } : { started_at: move.now }),
      ...(move.to === 'refused' ? { rows: 0, failed: 0, warned: 0 } : {}),
    })
    .where('merchant_id', '=', merchantId)
    .where('number', '=', move.number)
    .where('stage', '=', move.from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** How far the reading of a running import is: for people, and forgotten when it starts over. */
export async function noteImportProgress(
  db: Db,
  merchantId: number,
  of: { readonly importId: number; readonly rows: number },
): Promise<void> {
  await db
    .updateTable('imports')
    .set({ rows: of.rows })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', of.importId)
    .where('stage', '=', 'running')
    .execute();
}

/** The last write of a merge: an import that is done is whole. */
export async function finishImport(
  db: Db,
  merchantId: number,
  done: {
    readonly importId: number;
    readonly encoding: string;
    readonly settingsVersion: number;
    readonly rows: number;
    readonly imported: number;
    readonly failed: number;
    readonly warned: number;
    readonly remarks: readonly string[];
    readonly now: string;
  },
): Promise<void> {
  const { importId, now, settingsVersion, remarks, ...counts } = done;
  const result = await db
    .updateTable('imports')
    .set({
      ...counts,
      remarks: [...remarks],
      settings_version: settingsVersion,
      stage: 'done',
      finished_at: now,
    })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', importId)
    .where('stage', '=', 'running')
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) throw new Error(`import ${importId} does not run any more`);
}

/** One merge of a merchant's customers or cards at a time; until the transaction ends. */
export async function lockCustomers(db: Db, merchantId: number): Promise<void> {
  await sql`select lock_customers(${merchantId})`.execute(db);
}

/** A row that failed, or one that was imported with a word of warning. */
export interface ImportRemarkRow {
  readonly record: number;
  /** 行数 */
  readonly line: number;
  /** Column of each text; null = the row as a whole. */
  readonly columns: readonly (string | null)[];
  readonly texts: readonly string[];
}

export async function listImportFailures(
  db: Db,
  merchantId: number,
  page: { readonly importId: number; readonly after: number; readonly limit: number },
): Promise<ImportRemarkRow[]> {
  return await db
    .selectFrom('import_failures')
    .where('merchant_id', '=', merchantId)
    .where('import_id', '=', page.importId)
    .where('record', '>', page.after)
    .orderBy('record')
    .limit(page.limit)
    .select(['record', 'line', 'columns', 'errors as texts'])
    .execute();
}

export async function listImportWarnings(
  db: Db,
  merchantId: number,
  page: { readonly importId: number; readonly after: number; readonly limit: number },
): Promise<ImportRemarkRow[]> {
  return await db
    .selectFrom('import_warnings')
    .where('merchant_id', '=', merchantId)
    .where('import_id', '=', page.importId)
    .where('record', '>', page.after)
    .orderBy('record')
    .limit(page.limit)
    .select(['record', 'line', 'columns', 'warnings as texts'])
    .execute();
}

/** All failed rows of an import in the order of their records, a page in memory at a time. */
export async function* readImportFailures(
  db: Db,
  merchantId: number,
  importId: number,
): AsyncGenerator<{ readonly record: number; readonly errors: readonly string[] }> {
  const limit = 5000;
  let after = 0;
  for (;;) {
    const page = await listImportFailures(db, merchantId, { importId, after, limit });
    for (const { record, texts } of page) yield { record, errors: texts };
    if (page.length < limit) return;
    after = page.at(-1)?.record ?? after;
  }
}

function only<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('what was just registered must be there');
  return row;
}
