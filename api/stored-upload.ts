import { UnusableFileError } from '../billing/row-reason.ts';
import { appendAudit } from '../db/queries/audit.ts';
import {
  type FileGuard,
  FileRefusedError,
  FileTooLargeError,
  type StoredFile,
  storeFile,
} from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { findSettings } from '../db/queries/settings.ts';
import type { Identity } from './authentication.ts';
import type { ApiDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';
import type { ApiState } from './state.ts';

/**
 * Stores an uploaded file past its guard, counted and audited. Each upload holds a Postgres connection,
 * so only some run at a time.
 *
 * @throws Problem `busy`, `card-number-found` for the name; and whatever storeFile throws.
 */
export async function storeUpload(
  call: {
    readonly deps: ApiDependencies;
    readonly state: ApiState;
    readonly identity: Identity;
    readonly merchant: Merchant;
    readonly now: string;
  },
  file: {
    readonly name: string;
    readonly kind: string;
    readonly source: AsyncIterable<Uint8Array>;
  },
): Promise<StoredFile & { readonly alreadyStored: boolean }> {
  const { deps, state, identity, merchant, now } = call;
  if (state.uploadsRunning >= deps.limits.uploadsAtOnce) {
    throw new Problem('busy', { headers: { 'Retry-After': '5' } });
  }
  const settings = (await findSettings(deps.db, merchant.id))?.settings;
  if (settings === undefined) throw new Problem('settings-not-found');
  if (holdsCardNumber(deps.createGuard('name', settings), file.name)) {
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'file.refused',
      subject: file.kind,
      reason: 'card number',
      details: { in: 'name' },
    });
    state.metrics.refusedFiles.inc({ reason: 'card' });
    throw new Problem('card-number-found', {
      errors: [{ path: 'query.name', message: 'looks like a card number' }],
    });
  }
  state.uploadsRunning += 1;
  try {
    const stored = await storeFile(deps.db, merchant.id, {
      ...file,
      direction: 'inbound',
      guard: deps.createGuard(file.kind, settings),
      keys: deps.fileKeys,
      maxBytes: deps.limits.uploadBytes,
      actor: identity.actor,
      now,
    });
    if (!stored.alreadyStored) {
      state.metrics.storedBytes.inc(stored.bytes);
      await appendAudit(deps.db, merchant.id, {
        at: now,
        actor: identity.actor,
        act: 'file.stored',
        subject: stored.sha256,
        reason: null,
        details: { kind: stored.kind, bytes: stored.bytes },
      });
    }
    return stored;
  } catch (error) {
    if (error instanceof FileRefusedError) state.metrics.refusedFiles.inc({ reason: 'card' });
    if (error instanceof UnusableFileError) state.metrics.refusedFiles.inc({ reason: 'unusable' });
    if (error instanceof FileTooLargeError) state.metrics.refusedFiles.inc({ reason: 'size' });
    throw error;
  } finally {
    state.uploadsRunning -= 1;
  }
}

/** The name is kept in the clear, so it passes a guard as well: one that exempts nothing. */
function holdsCardNumber(guard: FileGuard, name: string): boolean {
  guard.write(Buffer.from(name));
  return guard.end() !== null;
}
