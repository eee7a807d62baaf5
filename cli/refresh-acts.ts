import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { parseBillingMonth } from '../billing/billing-month.ts';
import { describeRefresh, type RefreshFacts, refreshStartAt } from '../billing/card-refresh.ts';
import { findRefresh } from '../db/queries/card-refresh.ts';
import { startCardRefresh } from '../temporal/start-card-refresh.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import type { OperatorAct } from '../workflows/messages.ts';
import {
  closeRefresh,
  decideRefreshRequest,
  ingestRefreshResult,
  runRefreshNow as runNow,
} from '../workflows/refresh-messages.ts';
import { cardRefreshWorkflowId } from '../workflows/workflow-ids.ts';
import { type AtMerchant, atMerchant, withTemporal } from './at-merchant.ts';
import { readActor } from './record-access.ts';
import { storeInput } from './store-input.ts';
import { UnusableInputError } from './unusable-input.ts';

/** Acts on a month's card refresh; exit code 2 when its workflow refuses. */
interface OfMonth {
  readonly merchant: string;
  readonly month: string;
  readonly json?: boolean;
}

interface Desk extends AtMerchant {
  readonly client: Client;
}

/** `tsukigime refresh start`: the workflow writes the month's row; one that is there goes on. */
export function runRefreshStart(command: OfMonth): Promise<number> {
  return atDesk(command, async (desk) => {
    const { db, merchant, now } = desk;
    const known = await findRefresh(db, merchant.id, command.month);
    if (known === undefined && refreshStartAt(command.month, now) === null) {
      throw new UnusableInputError(
        `${command.month} cannot be started now`,
        '依頼できるのは、当月の26日まで、または来月の分です。何も変更していません',
      );
    }
    await start(desk, command.month, false);
    for (;;) {
      const opened = await findRefresh(db, merchant.id, command.month);
      if (opened !== undefined) {
        say(opened, command);
        return;
      }
      await setTimeout(100);
    }
  });
}

/** `tsukigime refresh run`. */
export const runRefreshNow = (command: OfMonth & { readonly reason: string }) =>
  tell(command, runNow, () => ({}));

/** `tsukigime refresh decide`. */
export const runRefreshDecision = (
  command: OfMonth & { readonly arrived: string; readonly reason: string },
) => tell(command, decideRefreshRequest, () => ({ arrived: command.arrived === 'yes' }));

/** `tsukigime refresh close`. */
export const runRefreshClose = (command: OfMonth & { readonly reason: string }) =>
  tell(command, closeRefresh, () => ({}));

/** `tsukigime refresh result`: a result file that a person brings. */
export const runRefreshResult = (command: OfMonth & { readonly file: string }) =>
  tell(command, ingestRefreshResult, async ({ db, merchant, stack }) => {
    const { file } = command;
    const { sha256 } = await storeInput(db, merchant, stack, { kind: 'refresh-result', file });
    return { sha256 };
  });

function tell<Details extends object>(
  command: OfMonth & { readonly reason?: string },
  update: UpdateDefinition<RefreshFacts, [OperatorAct & Details]>,
  detailsOf: (desk: Desk) => Details | Promise<Details>,
): Promise<number> {
  return atDesk(command, async (desk) => {
    const { month } = command;
    if ((await findRefresh(desk.db, desk.merchant.id, month)) === undefined) {
      throw new UnusableInputError(`no card refresh of ${month}`, 'この月のカード洗替はありません');
    }
    const details = await detailsOf(desk);
    // Over a month that is finished, or whose workflow was lost: then it is there to hear.
    await start(desk, month, true);
    const act: OperatorAct = {
      actor: readActor(),
      idempotencyKey: randomUUID(),
      reason: command.reason ?? null,
    };
    const handle = desk.client.workflow.getHandle(cardRefreshWorkflowId(desk.merchant.slug, month));
    const facts = await handle.executeUpdate(update, { args: [{ ...act, ...details }] });
    say(facts, command);
  });
}

async function start({ client, merchant }: Desk, month: string, hearing: boolean): Promise<void> {
  const starter = createWorkflowStarter(client);
  await startCardRefresh(starter, merchant, month, { startedBy: readActor(), hearing });
}

function say(facts: RefreshFacts, { json }: OfMonth): void {
  console.log(json ? JSON.stringify(facts) : describeRefresh(facts));
}

function atDesk(command: OfMonth, work: (desk: Desk) => Promise<void>): Promise<number> {
  return atMerchant(command, async (at) => {
    if (parseBillingMonth(command.month) === null) {
      throw new UnusableInputError(
        `--month ${command.month}: is not YYYY-MM`,
        '月が正しくありません',
      );
    }
    await withTemporal(at, (client) => work({ ...at, client }));
    return 0;
  });
}
