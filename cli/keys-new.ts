import { createEncryptionKey, formatEncryptionKeys } from '../config.ts';

/**
 * `tsukigime keys new`: prints `id:base64`, and nothing else on standard output, so that it can be piped
 * into a store of secrets.
 * @returns the exit code: 0.
 */
export async function runKeysNew(command: { readonly for?: string }): Promise<number> {
  console.log(formatEncryptionKeys([createEncryptionKey(command.for ?? 'file')]));
  return 0;
}
