import { createHash } from 'node:crypto';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import type { ExportFile } from '../billing/order-source.ts';
import type { Trx } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import {
  FileRefusedError,
  FileTooLargeError,
  type StoredFile,
  storeFile,
} from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { postNotice } from '../db/queries/notices.ts';
import { recordSourceFile } from '../db/queries/order-source.ts';
import { CSV_LOOK_BYTES, whyNotCsv } from '../imports/csv-look.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { createFileGuard } from './file-guard.ts';
import { MAX_EXPORT_BYTES, type SourceAccess } from './source-access.ts';

/** As files, audit and notices name it. */
const ACTOR = 'order-source';

/** A month's visit to its source. */
export interface Visit {
  readonly access: SourceAccess;
  readonly merchant: Merchant;
  readonly settings: MerchantSettings;
  readonly cycleId: number;
  readonly month: string;
  readonly now: string;
}

/** A file that is about to be taken; an address may tell neither its length nor its version before. */
export interface Found {
  readonly source: string;
  readonly name: string;
  readonly bytes: number | null;
  readonly mark: string | undefined;
  /** Versions that are no news to this month, for a source that tells them only by their contents. */
  readonly notNews?: ReadonlySet<string>;
}

/** Stores one export through the card-number guard, or notes once why not. */
export async function takeExport(
  visit: Visit,
  found: Found,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { access, merchant, settings, now } = visit;
  const name = safeName(found.name, settings);
  let stored: (StoredFile & { readonly alreadyStored: boolean }) | undefined;
  let refusal: string | null = null;
  try {
    stored = await storeFile(access.db, merchant.id, {
      name,
      kind: 'order-export',
      direction: 'inbound',
      guard: createFileGuard('order-export', settings),
      source: refuseOtherFiles(content),
      keys: access.fileKeys,
      maxBytes: MAX_EXPORT_BYTES,
      now,
      actor: ACTOR,
    });
  } catch (error) {
    refusal = explainRefusal(error);
    if (refusal === null) throw error;
  }
  const file = {
    name,
    bytes: found.bytes ?? stored?.bytes ?? 0,
    // Without a version of the other side's the contents are their own.
    mark: found.mark ?? `sha256:${stored?.sha256 ?? sha256Of(refusal ?? '')}`,
  };
  if (found.notNews?.has(file.mark)) return;
  await access.db.transaction().execute(async (trx) => {
    const isNews = await recordSourceFile(trx, merchant.id, {
      ...file,
      cycleId: visit.cycleId,
      source: found.source,
      sha256: stored?.sha256 ?? null,
      refusal,
      now,
    });
    if (isNews && refusal !== null) await postRefusal(trx, visit, file, refusal);
    if (stored === undefined || stored.alreadyStored) return;
    await appendAudit(trx, merchant.id, {
      at: now,
      actor: ACTOR,
      act: 'file.stored',
      subject: stored.sha256,
      reason: null,
      details: { kind: stored.kind, bytes: stored.bytes },
    });
  });
}

/** Tells operators of a file that was not taken, once for each version of it. */
export async function postRefusal(
  trx: Trx,
  { merchant, month, now }: Pick<Visit, 'merchant' | 'month' | 'now'>,
  file: ExportFile,
  refusal: string,
): Promise<void> {
  const id = sha256Of(`${file.name} ${file.bytes} ${file.mark}`).slice(0, 16);
  await postNotice(trx, merchant.id, {
    key: `order-source:file:${month}:${id}`,
    kind: 'order-source',
    subject: `注文CSV ${file.name} を取り込めません（${month}）`,
    text: `${refusal}相手先のファイルはそのままです。直したファイルを置くと、自動で取り込みます。`,
    link: 'order-source',
    now,
  });
}

class NotCsvError extends Error {
  override name = 'NotCsvError';
}

async function* refuseOtherFiles(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | null = new Uint8Array(0);
  for await (const piece of content) {
    if (head === null) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (head.byteLength < CSV_LOOK_BYTES) continue;
    yield requireCsv(head);
    head = null;
  }
  if (head !== null) yield requireCsv(head);
}

function requireCsv(head: Uint8Array): Uint8Array {
  const why = whyNotCsv(head.subarray(0, CSV_LOOK_BYTES));
  if (why !== null) throw new NotCsvError(why);
  return head;
}

/** Why a file is not taken; null for an error that says nothing about the file. */
function explainRefusal(error: unknown): string | null {
  if (error instanceof FileRefusedError) {
    const { line, columnNumber } = error.finding;
    const place = columnNumber === null ? `${line} 行目` : `${line} 行目の ${columnNumber} 列目`;
    return `${place}にカード番号と思われる数字があります。ファイルは保存していません。`;
  }
  if (error instanceof NotCsvError) {
    return `CSVではありません（${error.message}）。ファイルは保存していません。`;
  }
  const tooLarge =
    error instanceof FileTooLargeError ||
    (error instanceof OutsideError && error.problem === 'too_large');
  return tooLarge
    ? `大きすぎます（上限 ${MAX_EXPORT_BYTES / 1024 / 1024} MB）。ファイルは保存していません。`
    : null;
}

/** The name is kept in the clear, so it passes the guard as well. */
function safeName(name: string, settings: MerchantSettings): string {
  const guard = createFileGuard('name', settings);
  guard.write(Buffer.from(name));
  return guard.end() === null ? name : `名前に番号を含むファイル-${sha256Of(name).slice(0, 8)}`;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
