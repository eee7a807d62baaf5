import { readConfig } from '../config.ts';
import {
  describeFileKey,
  describePayloadKey,
  type PayloadKeyState,
  readFileKeyStates,
  readPayloadKeyStates,
} from './key-states.ts';
import { findFileKeys, UsageError, withRecord } from './record-access.ts';
import { findServers } from './schedules.ts';

/**
 * `tsukigime keys list`: which key encrypts what, in Postgres and in Temporal.
 * @returns the exit code: 0, 1 when a key is missing or a server did not answer, 2 without the servers.
 */
export async function runKeysList(command: { readonly json?: boolean }): Promise<number> {
  let missing = false;
  const code = await withRecord(async ({ db }) => {
    const fileKeys = await readFileKeyStates(db, await findFileKeys(readConfig()));
    const payloadKeys = await lookAtTemporal();
    missing = [...fileKeys, ...payloadKeys].some(({ state }) => state === 'missing');
    if (command.json) {
      console.log(JSON.stringify({ fileKeys, payloadKeys }));
      return;
    }
    console.log('File keys (TSUKIGIME_FILE_KEYS)');
    for (const line of fileKeys.flatMap(describeFileKey)) console.log(line);
    console.log('Payload keys (TSUKIGIME_PAYLOAD_KEYS)');
    for (const line of payloadKeys.flatMap(describePayloadKey)) console.log(line);
  });
  return code === 0 && missing ? 1 : code;
}

async function lookAtTemporal(): Promise<PayloadKeyState[]> {
  const servers = await findServers();
  if (servers === undefined) {
    throw new UsageError(
      'Temporal is not running: start `tsukigime up` first, or give TEMPORAL_ADDRESS and ' +
        'TSUKIGIME_PAYLOAD_KEYS.',
    );
  }
  return await readPayloadKeyStates(servers.temporal);
}
