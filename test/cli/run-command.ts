import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { inheritedEnvironment } from '../../config.ts';

const entry = fileURLToPath(new URL('../../cli/tsukigime.js', import.meta.url));

/** Runs a command as an operator does, on servers that the environment names. */
export async function runCommand(
  servers: { readonly databaseUrl: string; readonly temporalAddress?: string },
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [entry, ...args], {
    env: {
      ...inheritedEnvironment(),
      TSUKIGIME_DATABASE_URL_APP: servers.databaseUrl,
      TEMPORAL_ADDRESS: servers.temporalAddress ?? inject('temporalAddress'),
      TEMPORAL_NAMESPACE: inject('temporalNamespace'),
      TSUKIGIME_PAYLOAD_KEYS: inject('payloadKeys'),
      TSUKIGIME_FILE_KEYS: inject('fileKeys'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (piece: Buffer) => {
    text.out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    text.err += piece.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...text };
}
