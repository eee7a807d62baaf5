import type { Client } from '@temporalio/client';
import type { Db } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { listOpenWork, moveBusinessClock } from '../db/queries/business-clock.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import {
  cardMigrationWorkflowId,
  cardRefreshWorkflowId,
  cycleWorkflowId,
  deliveryDeskWorkflowId,
  exchangeWorkflowId,
  fileImportWorkflowId,
  mailboxWatchWorkflowId,
  mailDispatchWorkflowId,
  ngDeskWorkflowId,
  previewWorkflowId,
} from '../workflows/workflow-ids.ts';
import { type AdvanceClockOptions, advanceClock, type ClockAdvance } from './clock-advance.ts';
import { ClockAdvanceError } from './clock-advance-error.ts';

export interface MerchantClockMove
  extends Pick<AdvanceClockOptions, 'target' | 'realNowMs' | 'maxStepMs' | 'onStep' | 'limit'> {
  readonly db: Db;
  readonly client: Client;
  /** Slug. */
  readonly merchant: string;
  /** Who moves it, for the audit. */
  readonly actor: string;
}

/**
 * Moves a sandbox merchant's clock to an instant, step by step, and audits it.
 * @throws ClockAdvanceError; the clock stays at the last step reached.
 */
export async function advanceMerchantClock(move: MerchantClockMove): Promise<ClockAdvance> {
  const { db, client, merchant: slug, actor, ...options } = move;
  const found = await findMerchant(db, slug);
  if (found === undefined) throw new ClockAdvanceError('unknown_merchant', `no merchant ${slug}`);
  const result = await advanceClock({
    ...options,
    client,
    merchant: slug,
    readClock: async () => ({ kind: found.kind, offsetMs: found.clockOffsetMs }),
    writeOffset: (offsetMs, oldOffsetMs) =>
      moveBusinessClock(db, found.id, { offsetMs, oldOffsetMs }),
    openWorkflowIds: () => openWorkflowIds(db, found.id, slug),
  });
  await appendAudit(db, found.id, {
    at: result.to,
    actor,
    act: 'clock.advanced',
    subject: slug,
    reason: null,
    details: { from: result.from, to: result.to, steps: result.steps },
  });
  return result;
}

async function openWorkflowIds(db: Db, merchantId: number, slug: string): Promise<string[]> {
  const {
    cycleMonths,
    dryRuns,
    exchanges,
    endpoints,
    importNumbers,
    migrationNumbers,
    refreshMonths,
    ngDesk,
    mails,
    mailbox,
  } = await listOpenWork(db, merchantId);
  return [
    ...cycleMonths.map((month) => cycleWorkflowId(slug, month)),
    ...migrationNumbers.map((number) => cardMigrationWorkflowId(slug, number)),
    ...exchanges.map(({ billingMonth, kind, number }) =>
      exchangeWorkflowId(slug, billingMonth, kind, number),
    ),
    ...dryRuns.map(({ billingMonth, n }) => previewWorkflowId(slug, billingMonth, n)),
    ...importNumbers.map((number) => fileImportWorkflowId(slug, number)),
    ...refreshMonths.map((month) => cardRefreshWorkflowId(slug, month)),
    ...endpoints.map((endpoint) => deliveryDeskWorkflowId(endpoint)),
    ...(ngDesk ? [ngDeskWorkflowId(slug)] : []),
    ...(mails ? [mailDispatchWorkflowId(slug)] : []),
    ...(mailbox ? [mailboxWatchWorkflowId(slug)] : []),
  ];
}
