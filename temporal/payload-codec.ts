import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ApplicationFailure, type Payload, type PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { EncryptionKey } from '../config.ts';

/**
 * Encrypts every payload that Temporal stores: AES-256-GCM, a random 96-bit IV for each payload,
 * the key's ID in clear in the metadata. data = IV (12 bytes) ‖ ciphertext ‖ tag (16 bytes); the
 * plaintext is the whole payload as protobuf, so its own metadata is hidden as well.
 */
const encoding = 'binary/encrypted';
const cipherName = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

const text = (value: Uint8Array | null | undefined) => Buffer.from(value ?? []).toString('utf8');
const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/**
 * Under one random-IV key some 2^32 payloads may be written (NIST SP 800-38D 8.3): rotate long
 * before that by putting a new key in front.
 *
 * @param keys newest first: the first encrypts, all decrypt. At least one.
 * @throws (from decode) ApplicationFailure `PayloadKeyMissing` or `PayloadNotDecryptable`, not
 *   retryable, naming the key ID. Payloads that were never encrypted pass through.
 */
export function createPayloadCodec(keys: readonly EncryptionKey[]): PayloadCodec {
  const [newest] = keys;
  if (newest === undefined) throw new Error('payload codec: no key is given');
  const byId = new Map(keys.map((key) => [key.id, key.bytes]));
  if (byId.size !== keys.length) throw new Error('payload codec: two keys have the same ID');

  const encrypt = (payload: Payload): Payload => {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(cipherName, newest.bytes, iv, { authTagLength: tagBytes });
    cipher.setAAD(additionalData(newest.id));
    const plaintext = PayloadMessage.encode(payload).finish();
    return {
      metadata: {
        encoding: Buffer.from(encoding),
        'encryption-key-id': Buffer.from(newest.id),
      },
      data: Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]),
    };
  };

  const decrypt = (payload: Payload): Payload => {
    if (text(payload.metadata?.encoding) !== encoding) return payload;
    const keyId = text(payload.metadata?.['encryption-key-id']);
    const key = byId.get(keyId);
    if (key === undefined) throw missingKey(keyId);
    const data = Buffer.from(payload.data ?? []);
    try {
      const iv = data.subarray(0, ivBytes);
      const decipher = createDecipheriv(cipherName, key, iv, { authTagLength: tagBytes });
      decipher.setAAD(additionalData(keyId));
      decipher.setAuthTag(data.subarray(-tagBytes));
      const sealed = data.subarray(ivBytes, -tagBytes);
      return PayloadMessage.decode(Buffer.concat([decipher.update(sealed), decipher.final()]));
    } catch {
      // OpenSSL's own words say nothing that helps, and nothing may be said of the content.
      throw notDecryptable(keyId);
    }
  };

  return {
    encode: async (payloads) => payloads.map(encrypt),
    decode: async (payloads) => payloads.map(decrypt),
  };
}

/** Binds the ciphertext to what is said about it in clear. */
const additionalData = (keyId: string) => Buffer.from(`tsukigime/payload/1/${keyId}`);

/** The ID of the key that encrypted a payload; null for one that never was. */
export function encryptionKeyIdOf(payload: Pick<Payload, 'metadata'> | null | undefined) {
  return text(payload?.metadata?.['encryption-key-id']) || null;
}

function missingKey(keyId: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `A payload in Temporal is encrypted with the key "${keyId}", which this process does not have. ` +
      'Add that key to TSUKIGIME_PAYLOAD_KEYS (behind the newest) and start the process again.',
    'PayloadKeyMissing',
  );
}

function notDecryptable(keyId: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `A payload in Temporal cannot be decrypted with the key "${keyId}": the bytes under this ID in ` +
      'TSUKIGIME_PAYLOAD_KEYS are not those it was encrypted with, or the payload was altered.',
    'PayloadNotDecryptable',
  );
}
