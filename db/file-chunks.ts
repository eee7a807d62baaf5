import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate, type InputType, inflate, type ZlibOptions } from 'node:zlib';

const deflateAsync = promisify<InputType, ZlibOptions, Buffer>(deflate);
const inflateAsync = promisify<InputType, ZlibOptions, Buffer>(inflate);

/** Plain bytes a chunk: big enough to compress well, small enough that ten open files fit in memory. */
export const chunkBytes = 1024 * 1024;

/** Of an order export level 1 takes half the time of zlib's default and 9 % more space. */
const compressionLevel = 1;

const ivBytes = 12;
const tagBytes = 16;

/** A key for AES-256-GCM and the ID that is stored beside everything it encrypts. */
export interface FileKey {
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** Where a chunk belongs. It is authenticated: a chunk moved elsewhere does not open. */
export interface ChunkPlace {
  readonly merchantId: number;
  readonly fileId: number;
  /** From 1. */
  readonly n: number;
  /** True for the last chunk only, so that a file cut at a chunk's border does not pass as whole. */
  readonly last: boolean;
}

/** One row of `file_chunks`: compressed, then encrypted; the tag stands at the end of `data`. */
export interface SealedChunk {
  readonly keyId: string;
  readonly iv: Buffer;
  readonly data: Buffer;
}

/** A stored chunk that cannot be given back. The message names file, chunk and the next step. */
export class FileChunkError extends Error {
  override name = 'FileChunkError';
  readonly fileId: number;
  readonly n: number;
  readonly problem: 'missing' | 'altered' | 'unknown-key';

  constructor(
    place: Pick<ChunkPlace, 'fileId' | 'n'>,
    problem: FileChunkError['problem'],
    text: string,
  ) {
    super(`File ${place.fileId}, chunk ${place.n}: ${text}`);
    this.fileId = place.fileId;
    this.n = place.n;
    this.problem = problem;
  }
}

/**
 * Pieces of `chunkBytes`, the last one marked; an empty source gives one empty last chunk. A piece is
 * only good until the next one is asked for: they share one buffer. `onPiece` sees what the source
 * gives, before it is cut.
 */
export async function* cutIntoChunks(
  source: AsyncIterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
): AsyncGenerator<{ plain: Buffer; last: boolean }> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  for await (const piece of source) {
    onPiece(piece);
    let taken = 0;
    while (taken < piece.byteLength) {
      // A full buffer waits for one more byte, which proves that it is not the last.
      if (filled === chunkBytes) {
        yield { plain: buffer, last: false };
        filled = 0;
      }
      const part = piece.subarray(taken, taken + chunkBytes - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      taken += part.byteLength;
    }
  }
  yield { plain: buffer.subarray(0, filled), last: true };
}

export async function sealChunk(
  plain: Uint8Array,
  place: ChunkPlace,
  key: FileKey,
): Promise<SealedChunk> {
  return encrypt(await deflateAsync(plain, { level: compressionLevel }), place, key);
}

function encrypt(compressed: Uint8Array, place: ChunkPlace, key: FileKey): SealedChunk {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: tagBytes });
  cipher.setAAD(placeText(place));
  const data = Buffer.concat([cipher.update(compressed), cipher.final(), cipher.getAuthTag()]);
  return { keyId: key.id, iv, data };
}

/** The same chunk under another key; it is not compressed anew. @throws as `openChunk` */
export function resealChunk(
  sealed: SealedChunk,
  place: ChunkPlace,
  keys: readonly FileKey[],
  to: FileKey,
): SealedChunk {
  return encrypt(decrypt(sealed, place, keys), place, to);
}

/** @throws FileChunkError when the key is not among `keys` or one bit of the chunk or its place differs. */
export async function openChunk(
  sealed: SealedChunk,
  place: ChunkPlace,
  keys: readonly FileKey[],
): Promise<Buffer> {
  const compressed = decrypt(sealed, place, keys);
  try {
    return await inflateAsync(compressed, { maxOutputLength: chunkBytes });
  } catch {
    throw altered(sealed, place);
  }
}

function decrypt(sealed: SealedChunk, place: ChunkPlace, keys: readonly FileKey[]): Buffer {
  const key = keys.find((candidate) => candidate.id === sealed.keyId);
  if (key === undefined) {
    throw new FileChunkError(
      place,
      'unknown-key',
      `it was encrypted with key "${sealed.keyId}", which is not among the file keys. ` +
        'Put that key back behind the newest one in TSUKIGIME_FILE_KEYS.',
    );
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, sealed.iv, {
      authTagLength: tagBytes,
    });
    decipher.setAAD(placeText(place));
    decipher.setAuthTag(sealed.data.subarray(-tagBytes));
    return Buffer.concat([decipher.update(sealed.data.subarray(0, -tagBytes)), decipher.final()]);
  } catch {
    throw altered(sealed, place);
  }
}

function altered({ keyId }: SealedChunk, place: ChunkPlace): FileChunkError {
  return new FileChunkError(
    place,
    'altered',
    `its bytes are not those that were stored under key "${keyId}". ` +
      'Restore file_chunks from a backup; nothing of this chunk was handed out.',
  );
}

function placeText(place: ChunkPlace): Buffer {
  const part = place.last ? 'last' : 'more';
  return Buffer.from(
    `tsukigime file chunk 1:${place.merchantId}:${place.fileId}:${place.n}:${part}`,
  );
}
