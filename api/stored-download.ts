import { importFileKinds } from '../billing/file-import.ts';
import { holdsPersonalData } from '../billing/file-kind.ts';
import { RETURNED_FILE_KIND } from '../billing/returned-cards.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { openFile } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { type Identity, requireRight } from './authentication.ts';
import type { ApiDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';

/**
 * A stored file as a reply. Files hold personal data: who took one out is as much of a record as who
 * put it in.
 *
 * @param fileName what the browser shall call it; without it, the name it was stored under.
 * @throws Problem `file-not-found`, `file-blanked`, `right-missing` for one that holds personal data.
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
  if (holdsPersonalData(file.kind)) requireRight(identity, 'exportPersonalData');
  if (file.blanked) throw new Problem('file-blanked');
  refuseSecrets(file);
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

/**
 * What a PSP returned of cards, and the card file that a migration made of it, hold カード認証キー: those
 * are written and never shown.
 *
 * @throws Problem `conflict`
 */
export function refuseSecrets(file: { readonly kind: string; readonly direction: string }): void {
  const made = file.kind === importFileKinds.cards && file.direction === 'outbound';
  if (file.kind !== RETURNED_FILE_KIND && !made) return;
  throw new Problem('conflict', {
    detail:
      'カード認証キーを含むファイルのため、取り出せません。行ごとの結果は、カードの移行の返却ファイルの結果で確かめてください。',
  });
}
