import { openFile } from '../db/queries/files.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** The bytes of a file that a row names: those are never removed while it may be read. */
export async function* readStored(
  { db, fileKeys }: Pick<ActivityDependencies, 'db' | 'fileKeys'>,
  merchantId: number,
  sha256: string,
): AsyncGenerator<Buffer> {
  const file = await openFile(db, merchantId, sha256, fileKeys);
  if (file === undefined) throw new Error('a stored file is never removed while it is read');
  yield* file.content;
}
