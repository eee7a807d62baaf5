import { createHash } from 'node:crypto';
import type { BillingMonth } from '../billing/billing-month.ts';
import type { RefreshCounts } from '../billing/card-refresh.ts';
import { explainUselessResult } from '../billing/card-refresh-judgement.ts';
import type { RefreshResultLayout } from '../billing/card-refresh-settings.ts';
import { type CopyValue, inCopyTransaction } from '../db/copy-rows.ts';
import { lockMerchant, retryMerge } from '../db/database.ts';
import { lockRefusedCards } from '../db/queries/card-locks.ts';
import {
  type ClassifiedRefresh,
  classifyRefreshStage,
  mergeRefreshStage,
  nextRefreshFile,
} from '../db/queries/card-refresh-merge.ts';
import { lockCustomers } from '../db/queries/imports.ts';
import { createRefreshStage, STAGED_REFRESH_COLUMNS } from '../db/refresh-stage.ts';
import { type RefreshResultRow, readRefreshResult } from '../psp/gmo/refresh-result.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { readAhead } from './read-ahead.ts';
import { readStored } from './read-stored.ts';

/** A stored result of a month's refresh, and how it is laid out. */
export interface RefreshResultFile {
  readonly refreshId: number;
  readonly month: BillingMonth;
  readonly fileId: number;
  readonly sha256: string;
  readonly layout: RefreshResultLayout;
  readonly now: string;
}

export type RefreshMerge =
  | { readonly kind: 'merged'; readonly n: number; readonly counts: RefreshCounts }
  /** It was merged before under the same layout: nothing was changed. */
  | { readonly kind: 'known'; readonly n: number }
  /** It is no result of this month: nothing of it was taken. `why` is for operators. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Takes a stored result into the record: every row is judged or quarantined, and the cards are brought
 * up to date, in one transaction. A pass that was cut leaves nothing; the next starts over.
 */
export async function mergeRefreshResult(
  deps: Pick<ActivityDependencies, 'db' | 'pool' | 'fileKeys'>,
  merchantId: number,
  of: RefreshResultFile,
): Promise<RefreshMerge> {
  try {
    return await retryMerge(() => mergeOnce(deps, merchantId, of));
  } catch (error) {
    // Thrown, so that the transaction leaves nothing.
    if (error instanceof UselessResult) return { kind: 'refused', why: error.ja };
    throw error;
  }
}

class UselessResult extends Error {
  readonly ja: string;

  constructor(ja: string) {
    super('the file is no result of this refresh');
    this.ja = ja;
  }
}

async function mergeOnce(
  deps: Pick<ActivityDependencies, 'db' | 'pool' | 'fileKeys'>,
  merchantId: number,
  of: RefreshResultFile,
): Promise<RefreshMerge> {
  const layoutKey = keyOf(of.layout);
  const file = { refreshId: of.refreshId, fileId: of.fileId, layoutKey };
  const known = await nextRefreshFile(deps.db, merchantId, file);
  if (known.kind === 'known') return known;
  return await inCopyTransaction(deps.pool, async (trx, copyRows) => {
    await createRefreshStage(trx);
    const end = watchEnd(readAhead(readStored(deps, merchantId, of.sha256)));
    const rows = readRefreshResult(end.source, of.layout, of.month);
    const staged = await stageResult(rows, (values) =>
      copyRows('staged_refresh', STAGED_REFRESH_COLUMNS, values),
    );
    const isCut = staged.lastIsBroken && !end.hasLineBreak();
    // Cards first, then their locks and the claims that look for those.
    await lockCustomers(trx, merchantId);
    await lockMerchant(trx, merchantId);
    const next = await nextRefreshFile(trx, merchantId, file);
    if (next.kind === 'known') return next;
    const work = { ...of, n: next.n };
    const classified = await classifyRefreshStage(trx, merchantId, work);
    refuseUseless(classified, isCut);
    const counts = await mergeRefreshStage(trx, merchantId, { ...work, classified, layoutKey });
    await lockRefusedCards(trx, merchantId, work);
    return { kind: 'merged', n: next.n, counts };
  });
}

function refuseUseless(classified: ClassifiedRefresh, isCut: boolean): void {
  const ja = explainUselessResult({ ...classified, isCut });
  if (ja !== null) throw new UselessResult(ja);
}

/** A layout as a key: the same bytes read with another layout say something else. */
function keyOf(layout: RefreshResultLayout): string {
  const ordered = Object.entries(layout).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex');
}

const lineBreaks: readonly (number | undefined)[] = [0x0a, 0x0d];

/** Whether the bytes ended in a line break: asked once they were read. */
function watchEnd(bytes: AsyncIterable<Buffer>): {
  readonly source: AsyncIterable<Buffer>;
  hasLineBreak(): boolean;
} {
  let last: number | undefined;
  async function* source() {
    for await (const piece of bytes) {
      last = piece.at(-1) ?? last;
      yield piece;
    }
  }
  return { source: source(), hasLineBreak: () => lineBreaks.includes(last) };
}

async function stageResult(
  batches: AsyncIterable<readonly RefreshResultRow[]>,
  copy: (rows: AsyncIterable<readonly CopyValue[]>) => Promise<number>,
): Promise<{ readonly lastIsBroken: boolean }> {
  let last: RefreshResultRow | undefined;
  async function* values(): AsyncGenerator<readonly CopyValue[]> {
    for await (const rows of batches) {
      for (const row of rows) yield toStaged(row);
      last = rows.at(-1) ?? last;
    }
  }
  await copy(values());
  const reason = last?.fault?.reason;
  return { lastIsBroken: reason === 'bad_columns' || reason === 'unreadable' };
}

function toStaged(row: RefreshResultRow): readonly CopyValue[] {
  const { line, memberId, sequence, targetLine, verdict, lastDigits, expiry, fault } = row;
  const said = [line, memberId, sequence, targetLine, verdict, lastDigits, expiry];
  return [...said, fault?.reason ?? null, fault?.field ?? null];
}
