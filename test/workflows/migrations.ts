import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { LinkerSandbox } from '../../sandbox/linker/server.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import type { Month } from './month.ts';

/** What the API says of a card migration, as far as tests look at it. */
export interface ShownMigration {
  readonly number: number;
  readonly stage: string;
  readonly state: string;
  readonly checks: {
    readonly customers: number;
    readonly findings: Record<string, number>;
    readonly open: string[];
  };
  readonly linkFiles: { n: number; customers: number; sha256: string; way: string | null }[];
  readonly returnedFiles: {
    readonly n: number;
    readonly state: string;
    readonly lines: number;
    readonly imported: number;
    readonly failed: number;
    readonly quarantined: number;
    readonly sha256: string;
    readonly importNumber: number | null;
    readonly trouble: string | null;
    readonly supersededAt: string | null;
  }[];
  readonly coverage: { readonly customers: Record<string, number> } | null;
  readonly openCharges: { readonly rows: number; readonly yen: number };
}

type Answer = { readonly status: number; readonly body: Record<string, unknown> };

/** What operators do with card migrations, over the API of a month; all that it answers is kept. */
export interface MigrationDesk {
  readonly heard: string[];
  get<T>(path: string): Promise<T>;
  act(path: string, body?: object, key?: string): Promise<Answer>;
  start(body: object): Promise<number>;
  read(number: number): Promise<ShownMigration>;
  /** Waits until it stands there. */
  until(number: number, stage: string): Promise<ShownMigration>;
  /** Vouches for everything, and makes the link file. */
  makeLinkFile(number: number): Promise<void>;
  /** And takes it to the PSP by hand. */
  release(number: number): Promise<string>;
  upload(number: number, csv: string, query?: string): Promise<Answer>;
}

export function openMigrationDesk({ day }: Pick<Month, 'day'>): MigrationDesk {
  const { apiUrl, token, merchant } = day.desk;
  const heard: string[] = [];
  async function call(path: string, init: RequestInit = {}): Promise<Answer & { text: string }> {
    const response = await fetch(`${apiUrl}/v1/merchants/${merchant}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${token}`, ...(init.headers as object) },
    });
    const text = await response.text();
    heard.push(text);
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, body: isJson ? JSON.parse(text) : {}, text };
  }
  const desk: MigrationDesk = {
    heard,
    async get<T>(path: string) {
      const { status, body, text } = await call(path);
      expect(status, text).toBe(200);
      return body as T;
    },
    act: (path, body = {}, key = randomUUID()) =>
      call(`/card-migrations${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
        body: JSON.stringify(body),
      }),
    async start(body) {
      const answer = await desk.act('', body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      return answer.body.number as number;
    },
    read: (number) => desk.get<ShownMigration>(`/card-migrations/${number}`),
    async until(number, stage) {
      for (const deadline = performance.now() + 120_000; ; ) {
        const shown = await desk.read(number);
        if (shown.stage === stage) return shown;
        if (performance.now() > deadline) throw new Error(`never ${stage}: ${shown.state}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async makeLinkFile(number) {
      for (const check of ['fee_known', 'psp_informed', 'cart_informed', 'dates_agreed']) {
        await desk.act(`/${number}/acknowledgements`, { check });
      }
      const reported = { check: 'several_cards_reported', onDate: '2026-11-20' };
      await desk.act(`/${number}/acknowledgements`, reported);
      const released = await desk.act(`/${number}/link-files`);
      expect(released.status, JSON.stringify(released.body)).toBe(200);
    },
    async release(number) {
      await desk.makeLinkFile(number);
      const { linkFiles } = await desk.read(number);
      const { text } = await call(`/card-migrations/${number}/link-files/${linkFiles[0]?.n}/file`);
      expect((await desk.act(`/${number}/hand-over`)).status).toBe(200);
      return text;
    },
    async upload(number, csv, query = '') {
      const form = new FormData();
      form.append('file', new Blob([csv]), 'returned.csv');
      return await call(`/card-migrations/${number}/returned-files${query}`, {
        method: 'POST',
        headers: { 'Idempotency-Key': randomUUID() },
        body: form,
      });
    },
  };
  return desk;
}

/** What a PSP's people do with a link file. @returns the file that they send back, days later */
export async function linkCards(
  linker: LinkerSandbox,
  merchantId: string,
  linkFile: string,
  faults: readonly object[] = [],
): Promise<string> {
  const send = (path: string, body: object) =>
    fetch(`${linker.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  for (const fault of faults) {
    expect((await send('/faults', { merchantId, fault })).status).toBeLessThan(300);
  }
  const taken = await fetch(`${linker.url}/merchants/${merchantId}/link-files?fileName=l.csv`, {
    method: 'POST',
    body: linkFile,
  });
  const received = (await taken.json()) as TakenLinkFile;
  expect(taken.status).toBe(201);
  return await awaitAnswer(linker, merchantId, received);
}

interface TakenLinkFile {
  readonly n: number;
  readonly dueAt: string;
}

async function awaitAnswer(
  linker: LinkerSandbox,
  merchantId: string,
  { n, dueAt }: TakenLinkFile,
): Promise<string> {
  linker.feedClock(dueAt);
  const answer = await fetch(`${linker.url}/merchants/${merchantId}/answers/${n}`);
  expect(answer.status).toBe(200);
  return await answer.text();
}

/** The same where a machine brought the link file. */
export async function awaitLinked(linker: LinkerSandbox, merchantId: string): Promise<string> {
  for (const deadline = performance.now() + 60_000; ; ) {
    const answer = await fetch(`${linker.url}/merchants/${merchantId}/link-files`);
    const { linkFiles } = (await answer.json()) as { linkFiles: TakenLinkFile[] };
    const newest = linkFiles.at(-1);
    if (newest !== undefined) return await awaitAnswer(linker, merchantId, newest);
    if (performance.now() > deadline) throw new Error('no link file arrived');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Everything about the cards that are there, but when and by which import they came. */
export async function liveCards(month: Month, withHistory = false): Promise<unknown[]> {
  const history = withHistory ? sql`, import_id, updated_at, auth_key_data` : sql``;
  const { rows } = await sql`
    select customer_id, service, identity, last_digits, brand, expiry, send_id, sequence,
           auth_key_id is not null as key ${history}
      from cards where merchant_id = ${month.merchantId} and deleted_at is null
     order by service, identity`.execute(month.db);
  return rows;
}

/** Lets the merchant's days pass. */
export async function passDays(month: Month, days: number): Promise<void> {
  const merchant = month.day.desk.merchant;
  const row = await month.db
    .selectFrom('merchants')
    .where('slug', '=', merchant)
    .select('clock_offset_ms as offsetMs')
    .executeTakeFirstOrThrow();
  const target = new Date(Date.now() + row.offsetMs + days * 86_400_000).toISOString();
  const { db, client } = month;
  await advanceMerchantClock({ db, client, merchant, actor: 'test', target, realNowMs: Date.now });
}
