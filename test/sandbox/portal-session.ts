import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MailServer, startMailServer } from '../../sandbox/mail-server.ts';
import type { LedgerOrder, LedgerTotals } from '../../sandbox/paygent/ledger.ts';
import { type PaygentSandbox, startPaygentSandbox } from '../../sandbox/paygent/server.ts';
import {
  handOverFile,
  type PortalAccount,
  registerMerchant,
  setSandboxClock,
} from '../../sandbox/paygent-operator.ts';
import { makeTransactionFile, type SampleOrder } from './transaction-bytes.ts';

export const merchantId = '10001';
/** 2026-11-20 10:00 in Japan. */
export const sessionStart = '2026-11-20T01:00:00.000Z';
export const dayMs = 86_400_000;

/** The instant `milliseconds` later. */
export function later(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + milliseconds).toISOString();
}

export interface Ledger {
  readonly totals: LedgerTotals;
  readonly orders: readonly LedgerOrder[];
}

/** A running sandbox with one merchant and its mailboxes; orders from 9 on are declined with G83. */
export interface PortalSession {
  readonly account: PortalAccount;
  readonly mailServer: MailServer;
  /** Hands over a file and gives its 受付番号. */
  handOver(kind: 'オーソリ' | '売上', orders: readonly SampleOrder[]): Promise<string>;
  setClock(now: string): Promise<void>;
  getJson<T>(path: string): Promise<T>;
  readLedger(): Promise<Ledger>;
  orderFault(fault: Record<string, unknown>): Promise<void>;
  /** Ends the sandbox and starts it on the same data, or on none. */
  restart(options?: { readonly fresh: boolean }): Promise<void>;
  stop(): Promise<void>;
}

export async function openPortalSession(): Promise<PortalSession> {
  const dataDirs = [await makeDataDir()];
  const mailServer = await startMailServer();
  const smtp = { host: mailServer.host, port: mailServer.port };
  const start = (): Promise<PaygentSandbox> =>
    startPaygentSandbox({ dataDir: dataDirs.at(-1)!, smtp });
  let sandbox = await start();
  const session: PortalSession = {
    get account() {
      return { url: sandbox.url, merchantId };
    },
    mailServer,
    async handOver(kind, orders) {
      const fileKind = kind === 'オーソリ' ? 'authorization' : 'capture';
      const bytes = await makeTransactionFile(fileKind, merchantId, orders);
      const amountYen = orders.reduce((sum, [, yen]) => sum + yen, 0);
      const upload = { bytes, fileName: 'file.csv', transactionKind: kind };
      const expected = { records: orders.length, amountYen };
      return (await handOverFile(session.account, upload, expected)).acceptanceNumber;
    },
    setClock: (now) => setSandboxClock(sandbox.url, now),
    getJson: async (path) => (await fetch(`${sandbox.url}${path}`)).json() as never,
    readLedger: () => session.getJson(`/merchants/${merchantId}/ledger`),
    async orderFault(fault) {
      const response = await fetch(`${sandbox.url}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ merchantId, fault }),
      });
      if (response.status !== 201) throw new Error(await response.text());
    },
    async restart(options) {
      await sandbox.stop();
      if (options?.fresh) dataDirs.push(await makeDataDir());
      sandbox = await start();
    },
    async stop() {
      await sandbox.stop();
      await mailServer.stop();
      for (const dataDir of dataDirs) await rm(dataDir, { recursive: true });
    },
  };
  await registerMerchant(session.account, {
    contacts: ['first@example.jp', 'second@example.jp', 'third@example.jp'],
    outcomes: { declineShare: 0, rules: [{ match: { orderNumber: '^9' }, outcome: 'G83' }] },
  });
  await session.setClock(sessionStart);
  return session;
}

export function makeDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'paygent-sandbox-'));
}
