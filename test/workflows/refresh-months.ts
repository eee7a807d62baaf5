import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { inject } from 'vitest';
import type { MerchantSettingsInput } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { type GmoSandbox, startGmoSandbox } from '../../sandbox/gmo/server.ts';
import type { GmoShopInput } from '../../sandbox/gmo/shop.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import { type Month, type MonthOptions, openMonth, sandboxNow } from './month.ts';

/** What the API says of a month's refresh. */
export interface ShownRefresh {
  readonly month: string;
  readonly stage: string;
  readonly attention: boolean;
  readonly note: string | null;
  readonly waitsFor: string;
  readonly targets: number;
  readonly first: boolean | null;
  readonly counts: Record<string, number> | null;
  readonly requestSha256: string | null;
  readonly resultFiles: number;
}

/** A shop whose cards are kept at the simulated GMO, over months of its own clock. */
export interface RefreshMonths {
  readonly month: Month;
  readonly gmo: GmoSandbox;
  /** Moves the shop's clock and GMO's. */
  to(instant: string): Promise<void>;
  call(path: string, init?: RequestInit): Promise<Response>;
  /** A POST with a key of its own; the answer must be a success. */
  act(path: string, body: object): Promise<Response>;
  start(month: string): Promise<void>;
  /** Starts a month and waits until its request has left, or will not: GMO's clock stands still. */
  ask(month: string): Promise<void>;
  read(month: string): Promise<ShownRefresh>;
  /** Adds a customer with a card at GMO, as registered now. @returns the card's row ID */
  addCard(customerId: number, expiry: string): Promise<number>;
  cards(): Promise<{ customerId: number; lastDigits: string; expiry: string }[]>;
  changeSettings(change: Partial<CardRefreshInput>): Promise<void>;
  /** Subjects and sentences of all notices, the oldest first. */
  notices(): Promise<string[]>;
  close(): Promise<void>;
}

type CardRefreshInput = NonNullable<MerchantSettingsInput['cardRefresh']>;

export const shopId = 'shop-1';

/** @param shop how the issuers answer */
export async function openRefreshMonths(
  shop: Omit<GmoShopInput, 'shopId'>,
  options: MonthOptions = {},
): Promise<RefreshMonths> {
  const month = await openMonth(options);
  const dataDir = await mkdtemp(join(tmpdir(), 'tsukigime-gmo-'));
  let gmoNow = sandboxNow;
  const gmo = await startGmoSandbox({ dataDir, now: () => gmoNow });
  const { password, hostKey, ...login } = gmo.register({ ...shop, shopId });
  const { db, merchantId } = month;
  const keys = parseEncryptionKeys(inject('fileKeys'));
  for (const [name, value] of [
    ['gmo-sftp', password],
    ['gmo-shop', randomUUID()],
    ['gmo-site', randomUUID()],
  ] as const) {
    await writeSecret(db, merchantId, { name, value, now: sandboxNow, actor: 'test' }, keys);
  }
  const { apiUrl, token, merchant } = month.day.desk;
  const call: RefreshMonths['call'] = (path, init = {}) =>
    fetch(`${apiUrl}/v1/merchants/${merchant}${path}`, {
      ...init,
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
        ...(init.headers as object),
      },
    });
  const months: RefreshMonths = {
    ...{ month, gmo, call },
    async to(instant) {
      gmoNow = instant;
      gmo.feedClock(instant);
      const { client } = month;
      const move = { db, client, merchant, actor: 'test', realNowMs: Date.now, target: instant };
      await advanceMerchantClock(move);
    },
    async act(path, body) {
      const response = await call(path, { method: 'POST', body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response;
    },
    async start(of) {
      await months.act('/card-refreshes', { month: of });
    },
    async ask(of) {
      await months.start(of);
      for (;;) {
        const { stage } = await months.read(of);
        if (stage !== 'planned' && stage !== 'built') return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async read(of) {
      const response = await call(`/card-refreshes/${of}`);
      if (!response.ok) throw new Error(`${of}: ${response.status} ${await response.text()}`);
      return (await response.json()) as ShownRefresh;
    },
    addCard: (customerId, expiry) => addCard(month, customerId, expiry),
    async cards() {
      const { rows } = await sql<{ customerId: number; lastDigits: string; expiry: string }>`
        select customer_id as "customerId", last_digits as "lastDigits", expiry from cards
         where merchant_id = ${merchantId} order by customer_id`.execute(db);
      return rows;
    },
    changeSettings: (change) => changeSettings(month, change),
    async notices() {
      const page = { actor: 'test', unreadOnly: false, before: null, limit: 500 };
      const found = await listNotices(db, merchantId, page);
      return found.map(({ subject, text }) => `${subject}: ${text}`).reverse();
    },
    async close() {
      await month.close();
      await gmo.stop();
      await rm(dataDir, { recursive: true });
    },
  };
  await months.changeSettings({
    enabled: true,
    // Each look costs the test a second; one late day is enough for it.
    pollMinutes: 180,
    lateDays: 1,
    shopId,
    shopPasswordSecret: 'gmo-shop',
    siteId: 'site-1',
    sitePasswordSecret: 'gmo-site',
    sftp: { ...login, secretName: 'gmo-sftp', hostKeys: [hostKey] },
  });
  return months;
}

async function addCard(month: Month, customerId: number, expiry: string): Promise<number> {
  const { db, merchantId } = month;
  const found = await sql<{ now: string }>`
    select now() + clock_offset_ms * interval '1 millisecond' as now
      from merchants where id = ${merchantId}`.execute(db);
  const now = found.rows[0]?.now ?? sandboxNow;
  await sql`
    insert into customers (merchant_id, customer_id, customer_number, name, email, import_id,
                           created_at, updated_at)
    values (${merchantId}, ${customerId}, ${`C${customerId}`}, '見本', ${`c${customerId}@example.jp`},
            0, ${now}, ${now})`.execute(db);
  const digits = String(customerId).padStart(3, '0');
  const { rows } = await sql<{ id: number }>`
    insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, send_id,
                       sequence, expiry, import_id, created_at, updated_at)
    values (${merchantId}, ${customerId}, 'GMO', ${`member-${customerId}/0`}, ${digits}, 'VISA',
            ${`member-${customerId}`}, '0', ${expiry}, 0, ${now}, ${now})
    returning id`.execute(db);
  return rows[0]?.id ?? 0;
}

async function changeSettings(
  { db, merchantId }: Month,
  change: Partial<CardRefreshInput>,
): Promise<void> {
  const before = await findSettings(db, merchantId);
  if (before === undefined) throw new Error('a merchant has settings');
  const cardRefresh = { ...before.settings.cardRefresh, ...change };
  await saveSettings(db, merchantId, {
    seenVersion: before.version,
    settings: { ...before.settings, cardRefresh } as never,
    actor: 'test',
    reason: 'test',
    now: sandboxNow,
  });
}
