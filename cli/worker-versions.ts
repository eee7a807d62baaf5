import type { Client } from '@temporalio/client';
import { connectTemporal } from '../temporal/client.ts';
import { listWorkerVersions, promoteWorkerVersion } from '../temporal/worker-versions.ts';
import { findServers, serversMissing } from './schedules.ts';

/** `tsukigime workers list`. @returns the exit code */
export async function runWorkersList(command: { readonly json?: boolean }): Promise<number> {
  return await withClient(async (client) => {
    const versions = await listWorkerVersions(client);
    if (command.json) console.log(JSON.stringify({ versions }));
    else if (versions.length === 0) console.log('Workers have no builds: all of them are current.');
    else {
      for (const { build, current, currentSince } of versions) {
        console.log(`${build}  ${current ? `current since ${currentSince}` : 'not current'}`);
      }
    }
    return 0;
  });
}

/** `tsukigime workers promote`. @returns the exit code: 2 when the server refuses it */
export async function runWorkersPromote(command: {
  readonly build?: string;
  readonly unversioned?: boolean;
}): Promise<number> {
  const { build = null, unversioned = false } = command;
  if ((build === null) !== unversioned) {
    console.error('Give one of --build and --unversioned.');
    return 2;
  }
  return await withClient(async (client) => {
    try {
      await promoteWorkerVersion(client, build);
    } catch (error) {
      const why = error instanceof Error && 'details' in error ? String(error.details) : `${error}`;
      console.error(`Not promoted, nothing has changed. Do its workers run? ${why}`);
      return 2;
    }
    console.log(`${build ?? 'workers without a build'}: current. All workflows go on there.`);
    return 0;
  });
}

async function withClient(work: (client: Client) => Promise<number>): Promise<number> {
  const servers = await findServers();
  if (servers === undefined) {
    console.error(serversMissing);
    return 2;
  }
  const client = await connectTemporal(servers.temporal);
  try {
    return await work(client);
  } finally {
    await client.connection.close();
  }
}
