import { appendAudit } from '../db/queries/audit.ts';
import { openFile } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import type { Identity } from '../db/queries/tokens.ts';
import type { ApiDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';

/**
 * A stored file as a reply. Files hold personal data: who took one out is as much of a record as who
 * put it in.
 *
 * @param fileName what the browser shall call it; without it, the name it was stored under.
 * @throws Problem `file-not-found`, `file-blanked`.
 */
export async function replyWithFile(
  call: {
    readonly deps: ApiDependencies;
    readonly identity: Identity;
    readonly merchant: Merchant;
    readonly now: string;
  },
  sha256: string,
  fileName?: string,
): Promise<{ status: 200; content: AsyncIterable<Buffer>; bytes: number; fileName: string }> {
  const { deps, identity, merchant, now } = call;
  const file = await openFile(deps.db, merchant.id, sha256, deps.fileKeys);
  if (file === undefined) throw new Problem('file-not-found');
  if (file.blanked) throw new Problem('file-blanked');
  await appendAudit(deps.db, merchant.id, {
    at: now,
    actor: identity.actor,
    act: 'file.downloaded',
    subject: file.sha256,
    reason: null,
    details: { kind: file.kind, bytes: file.bytes },
  });
  return {
    status: 200,
    content: file.content,
    bytes: file.bytes,
    fileName: fileName ?? file.name,
  };
}
