import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';

const entry = join(import.meta.dirname, '../../cli/tsukigime.js');

async function start(...options: string[]): Promise<{ child: ChildProcess; urls: string[] }> {
  const child = spawn(process.execPath, [entry, 'sandbox', 'zeus', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const urls: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^sandbox (?:shop|zeus) ready (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) urls.push(url);
    if (urls.length === 2) return { child, urls };
  }
  throw new Error('the sandbox ended without its ready lines');
}

test('ZEUS and its shop run together, ZEUS remembers, and both end when they are told', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-zeus-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  const now = '2026-11-22T00:00:00.000Z';
  const first = await start('--data-dir', dataDir, '--now', now);
  const [shop = '', zeus = ''] = first.urls;
  const send = async (method: string, url: string, body?: object) => {
    const response = await fetch(url, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  expect(await send('GET', `${zeus}/clock`)).toEqual({ now });
  // Straight to the shop: no receiver is between them here.
  const merchant = { callbackUrl: shop, ipCodes: ['1'], encoding: 'utf-8' };
  await send('PUT', `${zeus}/merchants/own-shop`, merchant);
  expect(await send('POST', `${zeus}/merchants/own-shop/payments`, { count: 3 })).toMatchObject({
    taken: 3,
    failed: 0,
  });
  expect(await send('GET', shop.replace('carrier-results', 'ledger'))).toMatchObject({
    totals: { received: 3, issued: 3, doubleIssued: 0 },
  });
  first.child.kill('SIGTERM');
  expect(await once(first.child, 'exit')).toEqual([0, null]);

  const second = await start('--data-dir', dataDir, '--now', now);
  const { payments } = await send('GET', `${second.urls[1]}/merchants/own-shop/payments`);
  expect(payments).toHaveLength(3);
});
