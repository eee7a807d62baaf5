import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { FileKey } from './file-chunks.ts';

const ivBytes = 12;
const tagBytes = 16;

/** Where a secret belongs. It is authenticated: one moved to another merchant or name does not open. */
export interface SecretPlace {
  readonly merchantId: number;
  readonly name: string;
  /** From 1. */
  readonly version: number;
}

/** To what the カード認証キー of a card is bound. */
export function cardKeyPlace(
  merchantId: number,
  card: { readonly service: string; readonly identity: string },
): SecretPlace {
  return { merchantId, name: `card ${card.service} ${card.identity}`, version: 1 };
}

/** A secret as its row holds it; the tag stands at the end of `data`. */
export interface SealedSecret {
  readonly keyId: string;
  readonly iv: Buffer;
  readonly data: Buffer;
}

/** A stored secret that cannot be opened. The message names it and the next step, never a value. */
export class SecretError extends Error {
  override name = 'SecretError';

  constructor(place: SecretPlace, text: string) {
    super(`Secret ${place.name}, version ${place.version}: ${text}`);
  }
}

export function sealSecret(value: string, place: SecretPlace, key: FileKey): SealedSecret {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: tagBytes });
  cipher.setAAD(placeText(place));
  const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { keyId: key.id, iv, data };
}

/** @throws SecretError when the key is not among `keys` or one bit of the secret or its place differs. */
export function openSecret(
  sealed: SealedSecret,
  place: SecretPlace,
  keys: readonly FileKey[],
): string {
  const key = keys.find((candidate) => candidate.id === sealed.keyId);
  if (key === undefined) {
    throw new SecretError(
      place,
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
    const plain = [decipher.update(sealed.data.subarray(0, -tagBytes)), decipher.final()];
    return Buffer.concat(plain).toString('utf8');
  } catch {
    throw new SecretError(
      place,
      `its bytes are not those that were stored under key "${sealed.keyId}". Set it again.`,
    );
  }
}

function placeText(place: SecretPlace): Buffer {
  return Buffer.from(`tsukigime secret 1:${place.merchantId}:${place.name}:${place.version}`);
}
