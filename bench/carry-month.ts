import { openAsBlob } from 'node:fs';
import {
  downloadExchangeFile,
  type ExchangeView,
  ingestResult,
  listExchanges,
  type OperatorDesk,
  readCycleLine,
  recordAcceptance,
  recordCompletion,
  startCycle,
  useOrderExport,
} from '../sandbox/operator.ts';
import { pause } from '../sandbox/operator-desk.ts';
import { answerBytes } from './instant-psp.ts';
import { billedMonth } from './orders-file.ts';

/** A month between the order export and its last captured row, by an operator who never waits. */
export interface CarriedMonth {
  readonly files: number;
  readonly authorized: number;
  readonly declined: number;
  readonly captured: number;
  /** Seconds from the beginning to each step of the month and of its files. */
  readonly laps: readonly { readonly what: string; readonly seconds: number }[];
  /** Seconds that the simulated PSP took for its answers; part of the month. */
  readonly pspSeconds: number;
}

export interface Carrier {
  readonly desk: OperatorDesk;
  readonly ordersPath: string;
  readonly orders: number;
  /** Files that are carried at the same time. */
  readonly hands: number;
  readonly onStep: (what: string) => void;
}

/** Between two looks for files. */
const LOOK_MS = 100;

export async function carryMonth(carrier: Carrier): Promise<CarriedMonth> {
  const { desk, orders, hands } = carrier;
  const startedAt = performance.now();
  const laps: { what: string; seconds: number }[] = [];
  const lap = (what: string): void => {
    laps.push({ what, seconds: (performance.now() - startedAt) / 1000 });
    carrier.onStep(`${desk.merchant} ${what}`);
  };
  const done = { authorized: 0, declined: 0, captured: 0, pspSeconds: 0 };
  await startCycle(desk, billedMonth);
  const sha256 = await uploadOrders(carrier);
  lap('uploaded');
  await useOrderExport(desk, billedMonth, sha256);
  lap('collected');
  const taken = new Set<string>();
  const atWork = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while (done.authorized + done.declined < orders || done.captured < done.authorized) {
    if (failures.length > 0) throw failures[0];
    for (const exchange of await listExchanges(desk, billedMonth)) {
      if (exchange.stage !== 'handing_over' || taken.has(exchange.fileName)) continue;
      if (atWork.size >= hands) break;
      taken.add(exchange.fileName);
      const work: Promise<void> = carryFile(desk, exchange, done, taken.size, lap)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => atWork.delete(work));
      atWork.add(work);
    }
    if (atWork.size === 0) await refuseTrouble(desk);
    await Promise.race([...atWork, wait(LOOK_MS)]);
  }
  lap('last row captured');
  return { ...done, files: taken.size, laps };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A month that stands still until a person acts would never end. */
async function refuseTrouble(desk: OperatorDesk): Promise<void> {
  const { trouble } = await readCycleLine(desk, billedMonth);
  if (trouble !== null) throw new Error(`the month stands still: ${trouble}`);
}

/** The round trip of one file: taken, answered, brought back, until its result is in the record. */
async function carryFile(
  desk: OperatorDesk,
  exchange: ExchangeView,
  done: { authorized: number; declined: number; captured: number; pspSeconds: number },
  number: number,
  lap: (what: string) => void,
): Promise<void> {
  const kind = exchange.kind === 'capture' ? 'capture' : 'auth';
  const name = `${exchange.kind}-${exchange.number}`;
  lap(`${name} opened`);
  const bytes = await downloadExchangeFile(desk, exchange);
  const askedAt = performance.now();
  const answer = await answerBytes(bytes, kind, new Date());
  done.pspSeconds += (performance.now() - askedAt) / 1000;
  await recordAcceptance(desk, exchange, String(1000 + number));
  await recordCompletion(desk, exchange);
  lap(`${name} answered`);
  await ingestResult(desk, exchange, answer.bytes);
  if (kind === 'capture') done.captured += answer.ok;
  else {
    done.authorized += answer.ok;
    done.declined += answer.ng;
  }
  lap(`${name} reconciled`);
}

/** The export goes as a stream: it may be larger than what one wants to hold. */
async function uploadOrders({ desk, ordersPath }: Carrier): Promise<string> {
  const query = new URLSearchParams({ name: 'orders.csv', kind: 'order-export' });
  const url = `${desk.apiUrl}/v1/merchants/${desk.merchant}/files?${query}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${desk.token}`, 'content-type': 'text/csv' },
    body: await openAsBlob(ordersPath),
  });
  if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { sha256: string }).sha256;
}

/** Waits until the workflow has seen that nothing is left but its declined charges. */
export async function awaitSettled(desk: OperatorDesk): Promise<void> {
  const settled = ['working_ng', 'closing', 'closed'];
  while (!settled.includes((await readCycleLine(desk, billedMonth)).stage)) await pause(desk);
}
