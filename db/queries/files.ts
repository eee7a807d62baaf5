import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import {
  cutIntoChunks,
  FileChunkError,
  type FileKey,
  openChunk,
  sealChunk,
} from '../file-chunks.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';

export { FileChunkError, type FileKey } from '../file-chunks.ts';

/** Where a card number stands; never its digits. */
export interface CardNumberFinding {
  /** Physical line, from 1. */
  readonly line: number;
  /** Position from 1; null where columns cannot be told apart. */
  readonly columnNumber: number | null;
  /** Header name; null without a header. */
  readonly column: string | null;
}

/** What the file store needs of the card-number guard (imports/card-number-guard.ts). */
export interface FileGuard {
  write(chunk: Uint8Array): void;
  end(): CardNumberFinding | null;
  /** So far: the rest of a file that is refused need not be read. */
  readonly finding: CardNumberFinding | null;
}

export interface StoredFile {
  readonly fileId: number;
  readonly sha256: string;
  readonly name: string;
  readonly kind: string;
  readonly direction: 'inbound' | 'outbound';
  readonly bytes: number;
  /** ISO instant of the merchant's business clock. */
  readonly storedAt: string;
}

interface NewFileBase {
  /** As the sender called it; kept for people, never used as a path. */
  readonly name: string;
  readonly kind: string;
  readonly source: AsyncIterable<Uint8Array>;
  /** Newest first: the first one encrypts. */
  readonly keys: readonly FileKey[];
  /** ISO instant. */
  readonly now: string;
  readonly actor: string;
  readonly maxBytes: number;
}

/** Bytes from outside pass a guard; our own were built from rows that passed one. */
export type NewFile =
  | (NewFileBase & { readonly direction: 'inbound'; readonly guard: FileGuard })
  | (NewFileBase & { readonly direction: 'outbound' });

/** The file holds what looks like a card number. Nothing of it was kept; the refusal is in the audit. */
export class FileRefusedError extends Error {
  override name = 'FileRefusedError';
  readonly finding: CardNumberFinding;

  constructor(finding: CardNumberFinding) {
    super(
      `A card number stands in line ${finding.line}, column ${finding.column ?? finding.columnNumber ?? 'unknown'}. ` +
        'Nothing of the file was kept: take the number out and send the file again.',
    );
    this.finding = finding;
  }
}

/** The file is longer than allowed. Nothing of it was kept. */
export class FileTooLargeError extends Error {
  override name = 'FileTooLargeError';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`The file is longer than ${maxBytes} bytes; nothing of it was kept.`);
    this.maxBytes = maxBytes;
  }
}

/**
 * Streams a file into compressed, encrypted chunks of one open transaction. The guard's verdict
 * commits or removes them, and the row of the file comes last: a file that exists is whole.
 * The same bytes again are the file that exists already, whatever name or kind they come with.
 * An inbound file needs a transaction of its own, so that its refusal can be audited; an outbound
 * one may join the caller's.
 *
 * @throws FileRefusedError, FileTooLargeError, and whatever `source` throws; then nothing is kept.
 */
export async function storeFile(
  db: Kysely<Database>,
  merchantId: number,
  file: NewFile,
): Promise<StoredFile & { readonly alreadyStored: boolean }> {
  try {
    return await inTransaction(db, (trx) => writeFile(trx, merchantId, file));
  } catch (error) {
    if (error instanceof SameBytesError) {
      const existing = await findFile(db, merchantId, error.sha256);
      if (existing !== undefined) return { ...existing, alreadyStored: true };
    }
    if (error instanceof FileRefusedError) {
      await db.transaction().execute((trx) =>
        appendAudit(trx, merchantId, {
          at: file.now,
          actor: file.actor,
          act: 'file.refused',
          subject: file.kind,
          reason: 'card number',
          // Not the column's name: in a file without a header it would be somebody's data.
          details: { line: error.finding.line, columnNumber: error.finding.columnNumber },
        }),
      );
    }
    throw error;
  }
}

export async function findFile(
  db: Kysely<Database>,
  merchantId: number,
  sha256: string,
): Promise<StoredFile | undefined> {
  return await db
    .selectFrom('files')
    .where('merchant_id', '=', merchantId)
    .where('sha256', '=', sha256)
    .select((eb) => [
      'id as fileId',
      'sha256',
      'name',
      'kind',
      'direction',
      'bytes',
      eb.ref('stored_at').as('storedAt'),
    ])
    .executeTakeFirst();
}

export interface OpenedFile extends StoredFile {
  /** Its bytes were kept their time and are gone (db/queries/retention.ts); a file of 0 bytes has a chunk. */
  readonly blanked: boolean;
  /** Plain bytes, one chunk in memory at a time; throws FileChunkError at the first bad chunk. */
  readonly content: AsyncIterable<Buffer>;
}

/** A stored file with its bytes, which are read while `content` is iterated; undefined when unknown. */
export async function openFile(
  db: Kysely<Database>,
  merchantId: number,
  sha256: string,
  keys: readonly FileKey[],
): Promise<OpenedFile | undefined> {
  const file = await db
    .selectFrom('files')
    .where('merchant_id', '=', merchantId)
    .where('sha256', '=', sha256)
    .select(['id', 'sha256', 'name', 'kind', 'direction', 'bytes', 'chunks', 'stored_at'])
    .executeTakeFirst();
  if (file === undefined) return undefined;
  const { id, chunks, stored_at, ...rest } = file;
  const content = readChunks(db, merchantId, { fileId: id, chunks, sha256 }, keys);
  return { ...rest, fileId: id, storedAt: stored_at, blanked: chunks === 0, content };
}

async function* readChunks(
  db: Kysely<Database>,
  merchantId: number,
  file: { fileId: number; chunks: number; sha256: string },
  keys: readonly FileKey[],
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for (let n = 1; n <= file.chunks; n += 1) {
    const row = await db
      .selectFrom('file_chunks')
      .where('file_id', '=', file.fileId)
      .where('n', '=', n)
      .select(['key_id as keyId', 'iv', 'data'])
      .executeTakeFirst();
    const place = { merchantId, fileId: file.fileId, n, last: n === file.chunks };
    if (row === undefined) {
      throw new FileChunkError(place, 'missing', 'its row is gone. Restore it from a backup.');
    }
    const plain = await openChunk(row, place, keys);
    hash.update(plain);
    // Compared before the last chunk leaves: a wrong file must not look complete to its reader.
    if (place.last && hash.digest('hex') !== file.sha256) {
      throw new FileChunkError(place, 'altered', 'the whole does not have the sha256 of its row.');
    }
    yield plain;
  }
}

/** The bytes are stored already: thrown to take the fresh chunks away with the transaction. */
class SameBytesError extends Error {
  readonly sha256: string;

  constructor(sha256: string) {
    super('These bytes are stored already.');
    this.sha256 = sha256;
  }
}

async function writeFile(
  trx: Kysely<Database>,
  merchantId: number,
  file: NewFile,
): Promise<StoredFile & { readonly alreadyStored: boolean }> {
  const key = file.keys[0];
  if (key === undefined) throw new Error('The file store was given no encryption key.');
  const fileId = await takeFileId(trx);
  const hash = createHash('sha256');
  const guard = file.direction === 'inbound' ? file.guard : undefined;
  let bytes = 0;
  let n = 0;
  for await (const { plain, last } of cutIntoChunks(file.source, (piece) => {
    bytes += piece.byteLength;
    if (bytes > file.maxBytes) throw new FileTooLargeError(file.maxBytes);
    guard?.write(piece);
    if (guard?.finding) throw new FileRefusedError(guard.finding);
    hash.update(piece);
  })) {
    n += 1;
    const sealed = await sealChunk(plain, { merchantId, fileId, n, last }, key);
    await trx
      .insertInto('file_chunks')
      .values({ file_id: fileId, n, key_id: sealed.keyId, iv: sealed.iv, data: sealed.data })
      .execute();
  }
  const finding = guard?.end() ?? null;
  if (finding !== null) throw new FileRefusedError(finding);
  const sha256 = hash.digest('hex');
  // Waits for another upload of the same bytes that is still open, then sees its row.
  const inserted = await trx
    .insertInto('files')
    .values({
      id: fileId,
      merchant_id: merchantId,
      sha256,
      name: file.name,
      kind: file.kind,
      direction: file.direction,
      bytes,
      chunks: n,
      stored_at: file.now,
      stored_by: file.actor,
    })
    .onConflict((conflict) => conflict.columns(['merchant_id', 'sha256']).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) throw new SameBytesError(sha256);
  return {
    fileId,
    sha256,
    name: file.name,
    kind: file.kind,
    direction: file.direction,
    bytes,
    storedAt: file.now,
    alreadyStored: false,
  };
}

/** The ID is needed before the row, because every chunk is bound to it. */
async function takeFileId(trx: Kysely<Database>): Promise<number> {
  const taken = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence('files', 'id')) as id
  `.execute(trx);
  const id = taken.rows[0]?.id;
  if (id === undefined) throw new Error('Postgres gave no file ID.');
  return id;
}

/** Joins the caller's transaction by a savepoint, or opens one. */
async function inTransaction<Result>(
  db: Kysely<Database>,
  work: (trx: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  if (!db.isTransaction) return await db.transaction().execute(work);
  await sql`savepoint store_file`.execute(db);
  try {
    const result = await work(db);
    await sql`release savepoint store_file`.execute(db);
    return result;
  } catch (error) {
    await sql`rollback to savepoint store_file`.execute(db);
    throw error;
  }
}
