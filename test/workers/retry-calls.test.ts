import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Connection } from '@temporalio/client';
import { expect, inject, test } from 'vitest';
import { parseEncryptionKeys } from '../../config.ts';
import { reachTemporal } from '../../temporal/client.ts';

/** What a server says that is being started, or has too much to do: the SDK tries again. */
const unavailable = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '14' };

test('a call whose connection is closed between two tries ends, and the process goes on', async () => {
  const server = createServer();
  const asked = new Promise<void>((resolve) => {
    server.on('stream', (stream) => {
      stream.respond(unavailable, { endStream: true });
      stream.on('close', resolve);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const temporal = reachTemporal({
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    namespace: 'nobody',
    keys: parseEncryptionKeys(inject('payloadKeys')),
  });
  const call = temporal.workflowService.getSystemInfo({});
  await asked;
  await (temporal.connection as Connection).close();
  // A next try that throws in its timer would be an uncaught exception: vitest fails the run for that.
  await expect(call).rejects.toMatchObject({ code: 1, details: 'Channel has been shut down' });
  server.close();
});
