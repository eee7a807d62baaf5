import { sql } from 'kysely';
import type { Pool } from 'pg';
import { createFileGuard } from '../../activities/file-guard.ts';
import { mergeRefreshResult, type RefreshMerge } from '../../activities/merge-refresh-result.ts';
import { streamRefreshRequest } from '../../activities/refresh-request-file.ts';
import {
  type RefreshResultLayout,
  refreshResultLayoutSchema,
} from '../../billing/card-refresh-settings.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { type Db, databaseOver } from '../../db/database.ts';
import type { FileKey } from '../../db/file-chunks.ts';
import { insertRefreshTargets } from '../../db/queries/card-refresh-targets.ts';
import { storeFile } from '../../db/queries/files.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { collect, streamOf } from '../byte-source.ts';

export const settings = merchantSettingsSchema.parse({});
export const layout = refreshResultLayoutSchema.parse({});
export const month = '2026-11';
const asked = '2026-11-01T00:00:00.000Z';
const answered = '2026-11-27T00:00:00.000Z';
const longAgo = '2026-01-05T00:00:00.000Z';

export interface CardOfShop {
  readonly lastDigits?: string;
  readonly expiry?: string;
  readonly service?: string;
  readonly sendId?: string | null;
  readonly sequence?: string | null;
  readonly customerDeleted?: boolean;
  readonly deleted?: boolean;
  readonly createdAt?: string;
  readonly customerCreatedAt?: string;
}

export interface RefreshShop {
  readonly merchantId: number;
  readonly cardIds: readonly number[];
  /** The refresh of `month`, opened. */
  readonly refreshId: number;
  /** Chooses the cards and gives the request as text. */
  ask(of?: { readonly first?: boolean }): Promise<string>;
  /** Stores bytes as a result and merges them. */
  answer(bytes: Uint8Array | string, as?: RefreshResultLayout): Promise<RefreshMerge>;
  faces(): Promise<string[]>;
}

let shops = 0;

/** A merchant with one customer for each card, and an open refresh. */
export async function openRefreshShop(
  pool: Pool,
  keys: readonly FileKey[],
  cards: readonly CardOfShop[],
): Promise<RefreshShop> {
  const db = databaseOver(pool);
  shops += 1;
  const slug = `refresh-shop-${shops}`;
  const base = {
    slug,
    name: 'shop',
    kind: 'sandbox',
    settings,
    actor: 'test',
    now: longAgo,
  } as const;
  const { id: merchantId } = await createMerchant(db, base);
  const cardIds: number[] = [];
  for (const [index, card] of cards.entries()) {
    cardIds.push(await insertCard(db, merchantId, 10_000 + index, card));
  }
  const { rows } = await sql<{ id: number }>`
    insert into card_refreshes (merchant_id, month, stage, started_at, started_by, request_at)
    values (${merchantId}, ${month}, 'planned', ${asked}, 'test', ${asked}) returning id`.execute(
    db,
  );
  const refreshId = rows[0]!.id;
  return {
    merchantId,
    cardIds,
    refreshId,
    async ask({ first = false } = {}) {
      const of = { refreshId, month, first };
      await db.transaction().execute((trx) => insertRefreshTargets(trx, merchantId, of));
      const pieces = await collect(streamRefreshRequest(pool, merchantId, { refreshId, month }));
      return Buffer.concat(pieces).toString('latin1');
    },
    async answer(bytes, as = layout) {
      const { fileId, sha256 } = await storeFile(db, merchantId, {
        ...{ name: 'result.csv', kind: 'refresh-result', direction: 'inbound', keys },
        ...{ now: answered, actor: 'test', maxBytes: 10_000_000 },
        guard: createFileGuard('refresh-result', settings),
        source: streamOf(bytes, 1000),
      });
      const of = { refreshId, month, fileId, sha256, layout: as, now: answered };
      return await mergeRefreshResult({ db, pool, fileKeys: keys }, merchantId, of);
    },
    async faces() {
      const { rows: found } = await sql<{ face: string }>`
        select last_digits || ' ' || expiry as face from cards
         where merchant_id = ${merchantId} order by id`.execute(db);
      return found.map(({ face }) => face);
    },
  };
}

async function insertCard(
  db: Db,
  merchantId: number,
  customerId: number,
  card: CardOfShop,
): Promise<number> {
  const { lastDigits = '234', expiry = month, service = 'GMO', sendId = null } = card;
  const { sequence = '0', createdAt = longAgo, customerCreatedAt = longAgo } = card;
  await sql`
    insert into customers (merchant_id, customer_id, customer_number, import_id, created_at, updated_at,
                           deleted_at)
    values (${merchantId}, ${customerId}, ${`c${customerId}`}, 1, ${customerCreatedAt},
            ${customerCreatedAt}, ${card.customerDeleted === true ? asked : null})`.execute(db);
  const { rows } = await sql<{ id: number }>`
    insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, send_id, sequence,
                       expiry, import_id, created_at, updated_at, deleted_at)
    values (${merchantId}, ${customerId}, ${service}, ${`${customerId}/${sequence}`}, ${lastDigits},
            'VISA', ${sendId}, ${sequence}, ${expiry}, 1, ${createdAt}, ${createdAt},
            ${card.deleted === true ? asked : null}) returning id`.execute(db);
  return rows[0]!.id;
}

/** A row of a result in the default layout, cell by cell, for the line of a request. */
export function resultLine(cells: Readonly<Record<number, string>>, columns = 13): string {
  const row = Array.from({ length: columns }, (_, at) => `"${cells[at] ?? ''}"`);
  return `${row.join(',')}\r\n`;
}

/** What GMO says of the card on a line of the request; `member` is its 会員ID. */
export function said(
  line: number,
  verdict: number | string,
  rest: Readonly<Record<number, string>> = {},
): string {
  const own = { 0: `US-${String(9_999 + line).padStart(8, '0')}`, 1: '0', 2: `202611-${line}` };
  return resultLine({ ...own, 6: String(verdict), ...rest });
}
