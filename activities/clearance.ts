import type { Db } from '../db/database.ts';
import { countUncleared } from '../db/queries/approval.ts';
import type { FileLine } from '../db/queries/file-lines.ts';
import { findSettings } from '../db/queries/settings.ts';

/**
 * Whether a file of these charges may be claimed: each was cleared in a preview (by a person, or by a
 * policy that asks nobody), the settings are still those of then, and nobody has taken orders out of
 * its file since. The lines need no second look: charges, and so their part of the approved hash, never
 * change once they are planned, in the very transaction that compared the hash. What can change until
 * the claim is what this asks for.
 */
export async function areCleared(
  db: Db,
  merchantId: number,
  lines: readonly FileLine[],
): Promise<boolean> {
  const current = await findSettings(db, merchantId);
  if (current === undefined || current.settings.approval.policy === 'none') return true;
  const settingsVersion = current.version;
  return (await countUncleared(db, merchantId, { lines, settingsVersion })) === 0;
}
