import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { measureOffline, writeOfflineFiles } from '../../../bench/offline-files.ts';
import { encodeAuditEntry, GENESIS_HASH, hashAuditEntry } from '../../../billing/audit-chain.ts';
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

it('audit verify holds no line of a log in memory', { timeout: 180_000 }, async () => {
  await withFolder(async (folder) => {
    const said = {
      at: '2026-11-23T00:00:00.000Z',
      actor: 'a',
      act: 'a',
      subject: 'a',
      reason: null,
    };
    const entry = encodeAuditEntry('my-shop', 1, { ...said, details: {} });
    const hash = hashAuditEntry(GENESIS_HASH, entry).toString('hex');
    const [log, chain] = [join(folder, 'worker.log'), join(folder, 'audit.ndjson')];
    await writeFile(chain, JSON.stringify({ n: 1, entry, hash }));
    // A quiet chain, whose head is published anew every day, between what else a worker says: some 80 MB.
    const days = 20_000;
    const other = JSON.stringify({ level: 30, msg: 'x'.repeat(400) });
    const line = (day: number) =>
      JSON.stringify({ auditHead: { merchant: 'my-shop', day: `day ${day}`, n: 1, hash } });
    const lines = function* () {
      for (let day = 1; day <= days; day += 1) {
        yield `${line(day)}\n${`${other}\n`.repeat(9)}`;
      }
    };
    await pipeline(lines, createWriteStream(log));
    const verify = ['audit', 'verify', chain, '--heads', log];
    const measured = await measureOffline(verify, { heapMb });
    expect(measured).toMatchObject({ exitCode: 0 });
    expect(measured.peakMb).toBeLessThan(promisedMb);
  });
});
