import type { MerchantSettings } from '../billing/merchant-settings.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { type StoredFile, storeFile } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { SYSTEM_ACTOR } from './carriage.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createFileGuard } from './file-guard.ts';

/**
 * Stores what a machine brought from a PSP, past the guard of its kind, and writes that into the audit.
 * @throws OutsideError when it breaks off; FileRefusedError, FileTooLargeError: nothing is stored then
 */
export async function storeFetched(
  deps: ActivityDependencies,
  { merchant, settings }: { readonly merchant: Merchant; readonly settings: MerchantSettings },
  fetched: {
    readonly content: AsyncIterable<Uint8Array>;
    readonly fileName: string;
    readonly kind: string;
    readonly maxBytes: number;
    readonly now: string;
  },
): Promise<StoredFile> {
  const { content, fileName, kind, maxBytes, now } = fetched;
  const stored = await storeFile(deps.db, merchant.id, {
    name: fileName,
    kind,
    direction: 'inbound',
    guard: createFileGuard(kind, settings),
    source: content,
    keys: deps.fileKeys,
    maxBytes,
    now,
    actor: SYSTEM_ACTOR,
  });
  if (!stored.alreadyStored) {
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: SYSTEM_ACTOR,
      act: 'file.stored',
      subject: stored.sha256,
      reason: null,
      details: { kind, bytes: stored.bytes },
    });
  }
  return stored;
}
