// A whole month through the demo's path: `npx tsx bench/cycle.ts [orders] [orders per file]`.
// Real Postgres, Temporal, worker, API and a simulated Paygent that answers at once, in a data folder
// of its own. Fails above 60 s for 100,000 orders on 2 cores (in proportion for others), above 512 MB
// of the worker, or when a month's Temporal events grow with its orders.
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { billMonth } from '../sandbox/bill-month.ts';
import { demoMerchant, prepareDay } from '../sandbox/demo/prepare-day.ts';
import { startMailServer } from '../sandbox/mail-server.ts';
import {
  listExchanges,
  startCycle,
  uploadStoredFile,
  useOrderExport,
} from '../sandbox/operator.ts';
import { generateOrderExport } from '../sandbox/shop/order-export.ts';
import { runStackSession } from '../stack/session.ts';
import type { Stack } from '../stack/stack.ts';
import { connectTemporal } from '../temporal/client.ts';
import { cycleWorkflowId, exchangeWorkflowId } from '../workflows/workflow-ids.ts';

const orders = Number(process.argv[2] ?? 100_000);
const maxRecordsPerFile = Number(process.argv[3] ?? 50_000);
const month = '2026-11';
const limits = { secondsPer100k: 60, workerMb: 512, eventsPerFile: 100, eventsBesides: 200 };

const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-bench-'));
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
let failed = false;
try {
  const config = { ...readConfig(), dataDir };
  await runStackSession({ dataDir, config, fresh: true, onProgress: say }, measure);
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function measure(stack: Stack, signal: AbortSignal): Promise<void> {
  const mailServer = await startMailServer();
  try {
    const bytes = Buffer.concat([...generateOrderExport({ month, orders })]);
    const day = await prepareDay(stack, {
      mailServer,
      signal,
      maxRecordsPerFile,
      processingDelayMs: 0,
      onProgress: say,
    });
    // What it took to build the workflows before is no part of a month.
    const workerPid = stack.process('worker')?.identity.pid;
    writeFileSync(`/proc/${workerPid}/clear_refs`, '5');
    const startedMs = performance.now();
    const lap = (what: string): void =>
      say(`${((performance.now() - startedMs) / 1000).toFixed(1)} s  ${what}`);
    await startCycle(day.desk, month);
    const upload = { name: 'orders.csv', kind: 'order-export', bytes };
    const sha256 = await uploadStoredFile(day.desk, upload);
    lap('uploaded');
    await useOrderExport(day.desk, month, sha256);
    lap('collected');
    const onStep = (step: string, { kind, number }: { kind: string; number: number }) =>
      lap(`${kind}-${number} ${step}`);
    const cycle = await billMonth({ ...day, onStep }, month);
    const seconds = (performance.now() - startedMs) / 1000;
    const files = await listExchanges(day.desk, month);
    const events = await countEvents(stack, files);
    const workerMb = peakMb(workerPid);
    check('time', seconds, (limits.secondsPer100k * orders) / 100_000, 's');
    check('worker, peak', workerMb, limits.workerMb, 'MB');
    const eventLimit = limits.eventsPerFile * files.length + limits.eventsBesides;
    check(`Temporal events, ${files.length} files`, events, eventLimit, 'events');
    const captured = cycle.charges.captured?.rows ?? 0;
    console.log(`${orders} orders: ${captured} captured, ${cycle.charges.declined?.rows ?? 0} NG`);
    const { rows, yen } = cycle.conservation;
    if (!rows || !yen || captured === 0) {
      failed = true;
      console.log('FAILED: rows or yen are not accounted for');
    }
  } finally {
    await mailServer.stop();
  }
}

function check(what: string, value: number, limit: number, unit: string): void {
  const bad = !(value <= limit);
  failed ||= bad;
  const verdict = bad ? 'FAILED' : 'ok';
  console.log(`${what}: ${value.toFixed(1)} ${unit} (limit ${limit.toFixed(0)}) ${verdict}`);
}

/** Linux tells the peak of a running process; elsewhere nobody does, and the check fails loudly. */
function peakMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

async function countEvents(
  stack: Stack,
  files: readonly { kind: 'auth' | 'capture' | 'retry'; number: number }[],
): Promise<number> {
  const client = await connectTemporal({
    address: stack.temporalAddress,
    namespace: stack.temporalNamespace,
    keys: stack.payloadKeys,
  });
  const ids = [
    cycleWorkflowId(demoMerchant, month),
    ...files.map(({ kind, number }) => exchangeWorkflowId(demoMerchant, month, kind, number)),
  ];
  const lengths = await Promise.all(
    ids.map(async (id) => (await client.workflow.getHandle(id).describe()).historyLength),
  );
  await client.connection.close();
  say(`events: ${ids.map((id, index) => `${id} ${lengths[index]}`).join(', ')}`);
  return lengths.reduce((sum, length) => sum + length, 0);
}
