import { randomBytes } from 'node:crypto';

/** A key for AES-256-GCM with the ID that is written beside everything it encrypts. */
export interface EncryptionKey {
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/**
 * Reads `id:base64[,id:base64…]`, newest first: the first key encrypts, all of them decrypt, so a
 * key is rotated by putting a new one in front.
 */
export function parseEncryptionKeys(text: string): EncryptionKey[] {
  const keys = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry, index) => {
      const colon = entry.indexOf(':');
      const id = entry.slice(0, Math.max(colon, 0));
      const bytes = Buffer.from(entry.slice(colon + 1), 'base64');
      // The entry itself is secret: an error may only say which one it is.
      if (!/^[a-z0-9-]{1,32}$/.test(id)) {
        throw new Error(`key ${index + 1} has no ID of a-z, 0-9 and - before its colon`);
      }
      if (bytes.length !== 32) {
        throw new Error(`key ${index + 1} (${id}) is ${bytes.length} bytes long, AES-256 needs 32`);
      }
      return { id, bytes: new Uint8Array(bytes) };
    });
  if (keys.length === 0) throw new Error('holds no key');
  if (new Set(keys.map((key) => key.id)).size !== keys.length) {
    throw new Error('two keys have the same ID');
  }
  return keys;
}

/** The opposite of `parseEncryptionKeys`: what goes into the variable. Secret. */
export function formatEncryptionKeys(keys: readonly EncryptionKey[]): string {
  return keys.map((key) => `${key.id}:${Buffer.from(key.bytes).toString('base64')}`).join(',');
}

/** A fresh key; its ID is the prefix and six hex digits, so that no two keys are called the same. */
export function createEncryptionKey(prefix: string): EncryptionKey {
  const id = `${prefix}-${randomBytes(3).toString('hex')}`;
  return { id, bytes: new Uint8Array(randomBytes(32)) };
}
