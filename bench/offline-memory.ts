// Peak memory and time of the offline commands on many rows: `npx tsx bench/offline-memory.ts [rows]`.
// Fails when a command needs more than the 300 MB that a million rows may take.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureOffline, type OrderOfResults, writeOfflineFiles } from './offline-files.ts';
import { type Measurement, readCircumstances, saveMeasurement } from './results.ts';

const rows = Number(process.argv[2] ?? 1_000_000);
const limitMb = 300;
const folder = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
const circumstances = readCircumstances();
const lines: Measurement['measured'][number][] = [];
const broken: string[] = [];
try {
  const files = await writeOfflineFiles(folder, rows);
  const build = [
    ...['paygent', 'auth-file', '--orders', files.orders, '--merchant-id', '12345'],
    ...['--out', join(folder, 'out'), '--max-records', String(rows), '--json'],
  ];
  print('auth-file', await measureOffline(build));
  for (const order of ['same', 'reversed'] as const satisfies readonly OrderOfResults[]) {
    const compare = ['paygent', 'reconcile', '--request', files.request];
    const args = [...compare, '--result', files.results[order], '--json'];
    print(`reconcile, ${order} order`, await measureOffline(args));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const title = `Offline commands on ${rows} rows`;
saveMeasurement('offline-memory', { title, ...circumstances, measured: lines, broken });

function print(
  name: string,
  measured: { peakMb: number; seconds: number; exitCode: number },
): void {
  const { peakMb, seconds, exitCode } = measured;
  const bad = exitCode !== 0 || peakMb > limitMb;
  lines.push({ what: name, seconds, 'peak MB': peakMb });
  if (bad) broken.push(name);
  const verdict = bad ? `FAILED (limit ${limitMb} MB, exit code ${exitCode})` : 'ok';
  console.log(`${name}: ${rows} rows, ${peakMb} MB, ${seconds.toFixed(1)} s, ${verdict}`);
}
