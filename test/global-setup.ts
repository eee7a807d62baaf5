import { chmodSync, existsSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { inheritedEnvironment, readConfig } from '../config.ts';
import { bringUpStack } from '../stack/bring-up.ts';
import { isRunning } from '../stack/process-identity.ts';
import { stopOrphan } from '../stack/processes.ts';
import { removeDataDir } from '../stack/recovery.ts';
import { readRunRecord } from '../stack/run-record.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Owner of the migrated template and of every database cloned from it. */
    ownerDatabaseUrl: string;
    appDatabaseUrl: string;
    /** Name of the migrated template database. */
    templateDatabase: string;
    temporalAddress: string;
    temporalNamespace: string;
    /** Form of TSUKIGIME_PAYLOAD_KEYS and TSUKIGIME_FILE_KEYS. */
    payloadKeys: string;
    fileKeys: string;
  }
}

const prefix = 'tsukigime-vitest-';
/** Also of stacks that single tests bring up (test/stack/temporary-dir.ts). */
const prefixes = [prefix, 'tsukigime-stack-'];
const templateDatabase = 'tsukigime_template';

let tearDown: () => Promise<void> = async () => {};

/** Brings up one Postgres and one Temporal for the whole run, thrown away at its end. */
export async function setup(project: TestProject): Promise<void> {
  await sweepKilledRuns();
  const dataDir = mkdtempSync(join(tmpdir(), prefix));
  // mkdtemp closes the folder to others; as root the `postgres` user must pass.
  chmodSync(dataDir, 0o711);
  const stack = await bringUpStack({ dataDir, config: testConfig(), disposable: true });
  tearDown = async () => {
    await stack.stop();
    removeDataDir(dataDir);
  };
  try {
    await prepareTemplate(stack.ownerDatabaseUrl);
  } catch (error) {
    await tearDown();
    throw error;
  }
  const environment = stack.environment();
  project.provide('ownerDatabaseUrl', stack.ownerDatabaseUrl);
  project.provide('appDatabaseUrl', stack.appDatabaseUrl);
  project.provide('templateDatabase', templateDatabase);
  project.provide('temporalAddress', stack.temporalAddress);
  project.provide('temporalNamespace', stack.temporalNamespace);
  project.provide('payloadKeys', environment.TSUKIGIME_PAYLOAD_KEYS ?? '');
  project.provide('fileKeys', environment.TSUKIGIME_FILE_KEYS ?? '');
}

export async function teardown(): Promise<void> {
  await tearDown();
}

/** The developer's CLI and cache, but never their servers: tests clone and drop databases. */
function testConfig() {
  const { DATABASE_URL: _1, TSUKIGIME_DATABASE_URL_APP: _2, ...rest } = inheritedEnvironment();
  const { TEMPORAL_ADDRESS: _3, TEMPORAL_NAMESPACE: _4, ...environment } = rest;
  return readConfig(environment);
}

/** A run that was killed could not tear down: its servers and folder go now. */
async function sweepKilledRuns(): Promise<void> {
  const ours = readdirSync(tmpdir()).filter((name) =>
    prefixes.some((each) => name.startsWith(each)),
  );
  for (const name of ours) {
    const dir = join(tmpdir(), name);
    const record = readRunRecord(dir);
    // Without a record it may be about to start.
    const age = Date.now() - (statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (record ? record.owner && isRunning(record.owner) : age < 60_000) continue;
    for (const orphan of record?.processes ?? []) {
      await stopOrphan(orphan.identity, orphan.stopSignal);
    }
    removeDataDir(dir);
  }
}

async function prepareTemplate(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query(`create database ${templateDatabase}`);
  await client.end();
  const url = new URL(ownerUrl);
  url.pathname = `/${templateDatabase}`;
  const migrations = new URL('../db/migrate.ts', import.meta.url);
  if (!existsSync(migrations)) return;
  const { migrateToLatest } = (await import(migrations.href)) as {
    migrateToLatest: (ownerUrl: string) => Promise<unknown>;
  };
  await migrateToLatest(url.href);
}
