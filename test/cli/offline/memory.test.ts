import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measureOffline, writeOfflineFiles } from '../../../bench/offline-files.ts';
import { withFolder } from './run-command.ts';

// A tenth of the promised million (bench/offline-memory.ts measures that), with a heap that a million
// rows were seen to pass with and in which the objects of this many rows, some 60 MB, have no place.
const rows = 100_000;
const heapMb = 24;
const promisedMb = 300;

it('the offline commands hold no rows in memory', { timeout: 180_000 }, async () => {
  await withFolder(async (folder) => {
    const { orders, request, results } = await writeOfflineFiles(folder, rows);
    const out = join(folder, 'out');
    const build = ['paygent', 'auth-file', '--orders', orders, '--merchant-id', '1', '--out', out];
    const compare = ['paygent', 'reconcile', '--request', request, '--result', results.reversed];
    for (const command of [build, compare]) {
      const measured = await measureOffline(command, { heapMb });
      expect(measured).toMatchObject({ exitCode: 0 });
      expect(measured.peakMb).toBeGreaterThan(20);
      expect(measured.peakMb).toBeLessThan(promisedMb);
    }
  });
});
