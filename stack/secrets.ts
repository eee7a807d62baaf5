import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  createEncryptionKey,
  type EncryptionKey,
  formatEncryptionKeys,
  parseEncryptionKeys,
} from '../config.ts';

const secretsSchema = z.object({
  version: z.literal(1),
  /** Ties a Postgres folder that lies elsewhere to this data folder. Not secret. */
  installationId: z.string(),
  superuserPassword: z.string(),
  ownerPassword: z.string(),
  appPassword: z.string(),
  payloadKeys: z.string(),
  fileKeys: z.string(),
});

/** What the stack makes up once per data folder. */
export interface StackSecrets {
  readonly installationId: string;
  readonly superuserPassword: string;
  readonly ownerPassword: string;
  readonly appPassword: string;
  readonly payloadKeys: readonly EncryptionKey[];
  readonly fileKeys: readonly EncryptionKey[];
}

export function secretsPath(dataDir: string): string {
  return join(dataDir, 'secrets.json');
}

// base64url: goes into a URL without escaping.
const password = () => randomBytes(24).toString('base64url');

const newKey = (prefix: string) => formatEncryptionKeys([createEncryptionKey(prefix)]);

/** The secrets of a data folder, undefined when none were made yet. Changes nothing. */
export function readSecrets(dataDir: string): StackSecrets | undefined {
  const path = secretsPath(dataDir);
  if (!existsSync(path)) return undefined;
  let parsed: z.infer<typeof secretsSchema>;
  try {
    parsed = secretsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // The cause is left out: it may quote what it read.
    throw new Error(
      `${path} is not what this version wrote. Restore it, or start anew with --fresh: ` +
        'without its keys the stored files cannot be read.',
    );
  }
  const { payloadKeys, fileKeys, version: _, ...rest } = parsed;
  return {
    ...rest,
    payloadKeys: parseEncryptionKeys(payloadKeys),
    fileKeys: parseEncryptionKeys(fileKeys),
  };
}

/** Reads the secrets of a data folder, or makes them the first time; mode 0600 in both cases. */
export function readOrMakeSecrets(dataDir: string): StackSecrets {
  const path = secretsPath(dataDir);
  if (existsSync(path)) {
    chmodSync(path, 0o600);
  } else {
    makeSecrets(dataDir, path);
  }
  const secrets = readSecrets(dataDir);
  if (!secrets) throw new Error(`${path} vanished while it was read`);
  return secrets;
}

function makeSecrets(dataDir: string, path: string): void {
  mkdirSync(dataDir, { recursive: true });
  const made: z.infer<typeof secretsSchema> = {
    version: 1,
    installationId: randomBytes(8).toString('hex'),
    superuserPassword: password(),
    ownerPassword: password(),
    appPassword: password(),
    payloadKeys: newKey('payload'),
    fileKeys: newKey('file'),
  };
  // Renamed into place: half a file after a crash would lose the keys of everything encrypted.
  writeFileSync(`${path}.new`, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
