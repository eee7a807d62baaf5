import { appendAudit } from '../../db/queries/audit.ts';
import {
  type FileGuard,
  FileRefusedError,
  FileTooLargeError,
  storeFile,
} from '../../db/queries/files.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { fileRoutes } from '../contract/files.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { replyWithFile } from '../stored-download.ts';

export const fileHandlers: Handlers<typeof fileRoutes> = {
  async uploadFile({ deps, state, identity, merchant, query, body, now }) {
    if (state.uploadsRunning >= deps.limits.uploadsAtOnce) {
      throw new Problem('busy', { headers: { 'Retry-After': '5' } });
    }
    const settings = (await findSettings(deps.db, merchant.id))?.settings;
    if (settings === undefined) throw new Problem('settings-not-found');
    if (holdsCardNumber(deps.createGuard(query.kind, settings), query.name)) {
      await appendAudit(deps.db, merchant.id, {
        at: now,
        actor: identity.actor,
        act: 'file.refused',
        subject: query.kind,
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
      const {
        fileId: _,
        direction: __,
        ...stored
      } = await storeFile(deps.db, merchant.id, {
        name: query.name,
        kind: query.kind,
        direction: 'inbound',
        guard: deps.createGuard(query.kind, settings),
        source: body,
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
      return { status: stored.alreadyStored ? 200 : 201, body: stored };
    } catch (error) {
      if (error instanceof FileRefusedError) state.metrics.refusedFiles.inc({ reason: 'card' });
      if (error instanceof FileTooLargeError) state.metrics.refusedFiles.inc({ reason: 'size' });
      throw error;
    } finally {
      state.uploadsRunning -= 1;
    }
  },

  downloadFile: (call) => replyWithFile(call, call.params.sha256),
};

/** The name is kept in the clear, so it passes the guard as well. */
function holdsCardNumber(guard: FileGuard, name: string): boolean {
  guard.write(Buffer.from(name));
  return guard.end() !== null;
}
