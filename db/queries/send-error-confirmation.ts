import { storedConfirmationKinds } from '../../billing/send-error-confirmation.ts';
import type { Db } from '../database.ts';
import type { FileKey } from '../file-chunks.ts';
import { openFile } from './files.ts';

/**
 * A confirm page as it was stored; undefined when the file is none, or is kept no longer. Corrected
 * parameters stand only here, encrypted.
 */
export async function readStoredConfirmation(
  db: Db,
  merchantId: number,
  sha256: string,
  keys: readonly FileKey[],
): Promise<{ readonly kind: string; readonly text: string } | undefined> {
  const file = await openFile(db, merchantId, sha256, keys);
  if (file === undefined || file.blanked || !storedConfirmationKinds.includes(file.kind)) {
    return undefined;
  }
  const pieces: Buffer[] = [];
  for await (const piece of file.content) pieces.push(piece);
  return { kind: file.kind, text: Buffer.concat(pieces).toString('utf8') };
}
