// Large offline files, the same for every run, and what a command needs to read them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import iconv from 'iconv-lite';

/** Whether the result's rows stand in the order of the request. */
export type OrderOfResults = 'same' | 'reversed';

export interface OfflineFiles {
  readonly orders: string;
  readonly request: string;
  readonly results: Readonly<Record<OrderOfResults, string>>;
}

const header =
  '受注日時,注文番号,顧客番号,顧客名,メールアドレス,電話番号,支払方法,定期回数,直前回注文番号,購入金額,全商品発送日,対応状況';

/** Writes an order export (CP932) and a request with its results, of the given number of rows. */
export async function writeOfflineFiles(folder: string, rows: number): Promise<OfflineFiles> {
  const path = (name: string): string => join(folder, name);
  const orders = path('orders.csv');
  await writeLines(orders, rows, header, orderLine, null);
  const request = path('request.csv');
  await writeLines(request, rows, '1,020,12345', requestLine, `4,${rows}`);
  const same = path('result-same.csv');
  await writeLines(same, rows, '1,020,12345', resultLine, `4,${rows}`);
  const reversed = path('result-reversed.csv');
  const backwards = (index: number): string => resultLine(rows - 1 - index);
  await writeLines(reversed, rows, '1,020,12345', backwards, `4,${rows}`);
  return { orders, request, results: { same, reversed } };
}

function orderLine(index: number): string {
  const name = index % 5 === 0 ? `"髙橋, 能子\n${index}"` : `﨑山 ①子 ${index}`;
  const amount = index % 1000 === 7 ? 'abc' : 1000 + (index % 30_000);
  return `2026/11/04 14:06,${numbers(index)[0]},${numbers(index)[2]},${name},u${index}@example.jp,0300000000,クレジットカード,12,${numbers(index)[1]},${amount},未発送,定期配送中`;
}

function requestLine(index: number): string {
  const [order, previous, customer] = numbers(index);
  return `3,,${order},,${1000 + (index % 30_000)},,,10,,,,${previous},,${customer},`;
}

function resultLine(index: number): string {
  const ng = index % 20 === 3;
  const outcome = ng ? '1,,P0001,1G83,20261122101500' : `0,${800_000_000 + index},,,20261122101500`;
  return `${requestLine(index)},${outcome}`;
}

function numbers(index: number): readonly [number, number, number] {
  return [20_000_000 + index, 10_000_000 + index, 300_000 + index];
}

async function writeLines(
  path: string,
  rows: number,
  first: string,
  lineOf: (index: number) => string,
  last: string | null,
): Promise<void> {
  const stream = createWriteStream(path);
  let lines = [first];
  for (let index = 0; index < rows; index += 1) {
    lines.push(lineOf(index));
    if (lines.length < 5000) continue;
    if (!stream.write(iconv.encode(`${lines.join('\r\n')}\r\n`, 'cp932')))
      await once(stream, 'drain');
    lines = [];
  }
  if (last !== null) lines.push(last);
  stream.end(lines.length > 0 ? iconv.encode(`${lines.join('\r\n')}\r\n`, 'cp932') : undefined);
  await once(stream, 'close');
}

/**
 * Runs a command of the CLI, output thrown away, and gives the most memory it held resident.
 * `heapMb` limits the memory for JavaScript objects: a command that needs more is ended by Node.
 */
export async function measureOffline(
  args: readonly string[],
  options: { readonly heapMb?: number } = {},
): Promise<{ readonly peakMb: number; readonly seconds: number; readonly exitCode: number }> {
  const cli = fileURLToPath(new URL('../cli/tsukigime.js', import.meta.url));
  const probe = fileURLToPath(new URL('./report-peak-memory.js', import.meta.url));
  const started = performance.now();
  const limit = options.heapMb === undefined ? [] : [`--max-old-space-size=${options.heapMb}`];
  const child = spawn(process.execPath, [...limit, '--import', probe, cli, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  let reported = '';
  child.stdio[3]?.on('data', (bytes: Buffer) => {
    reported += bytes.toString();
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - started) / 1000;
  return { peakMb: Math.round(Number(reported) / 1024), seconds, exitCode: exitCode ?? -1 };
}
