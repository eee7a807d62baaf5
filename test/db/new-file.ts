import { createHash, randomBytes } from 'node:crypto';
import type { FileGuard, FileKey, NewFile } from '../../db/queries/files.ts';

export const fileNow = '2026-11-22T00:00:00.000Z';
export const fileKeys: FileKey[] = [{ id: 'newest', bytes: randomBytes(32) }];

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const silentGuard = (): FileGuard => ({ write: () => {}, end: () => null, finding: null });

export async function* pieces(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** An inbound order export that the guard has nothing against, unless said otherwise. */
export function newFile(source: AsyncIterable<Uint8Array>, more: Partial<NewFile> = {}): NewFile {
  return {
    name: 'orders.csv',
    kind: 'order-export',
    direction: 'inbound',
    guard: silentGuard(),
    source,
    keys: fileKeys,
    now: fileNow,
    actor: 'test',
    maxBytes: 1024 * 1024 * 1024,
    ...more,
  } as NewFile;
}
