import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { parseBillingMonth } from '../billing/billing-month.ts';
import { formatYen } from '../billing/money.ts';
import { INQUIRY_CLASS_LABELS_JA, sumChanges } from '../billing/payment-inquiry.ts';
import { type CycleRow, findCycle } from '../db/queries/cycles.ts';
import { countInquiry, countUnlisted } from '../db/queries/inquiry-comparison.ts';
import { findInquiry } from '../db/queries/payment-inquiry.ts';
import { readInquiry, useInquiry } from '../workflows/portal-messages.ts';
import { cycleWorkflowId } from '../workflows/workflow-ids.ts';
import { type AtMerchant, atMerchant, withTemporal } from './at-merchant.ts';
import { readActor } from './record-access.ts';
import { storeInput } from './store-input.ts';
import { UnusableInputError } from './unusable-input.ts';

interface OfMonth {
  readonly merchant: string;
  readonly month: string;
  readonly json?: boolean;
}

/** What a command works with: the month, its record, and its workflow. */
interface Desk extends AtMerchant {
  readonly client: Client;
  readonly cycle: CycleRow;
}

/**
 * `tsukigime paygent inquiry check`: has a 情報照会 CSV read and says what it would change; nothing is
 * changed.
 * @returns the exit code: 0, or 2 for a file or argument that cannot be used.
 */
export function runInquiryCheck(command: OfMonth & { readonly file: string }): Promise<number> {
  return atDesk(command, async (desk) => {
    const { db, merchant, stack, client } = desk;
    const { sha256, actor } = await storeInput(db, merchant, stack, {
      kind: 'payment-inquiry',
      file: command.file,
    });
    const { n } = await client.workflow
      .getHandle(cycleWorkflowId(merchant.slug, command.month))
      .executeUpdate(readInquiry, {
        args: [{ actor, idempotencyKey: randomUUID(), reason: null, sha256 }],
      });
    await report(desk, n, command);
  });
}

/**
 * `tsukigime paygent inquiry apply`: takes a list that was read into the record, when it changes what
 * the caller names.
 */
export function runInquiryApply(
  command: OfMonth & {
    readonly number: number;
    readonly rows: number;
    readonly yen: number;
    readonly reason: string;
  },
): Promise<number> {
  return atDesk(command, async ({ client, merchant }) => {
    const { number: n, rows, yen, reason } = command;
    const used = await client.workflow
      .getHandle(cycleWorkflowId(merchant.slug, command.month))
      .executeUpdate(useInquiry, {
        args: [
          {
            actor: readActor(),
            idempotencyKey: randomUUID(),
            reason,
            n,
            confirmed: { rows, yen },
          },
        ],
      });
    console.log(
      command.json
        ? JSON.stringify(used)
        : `記録に反映しました: ${used.rows} 件、${formatYen(used.yen)}`,
    );
  });
}

async function report({ db, merchant, cycle }: Desk, n: number, { json }: OfMonth): Promise<void> {
  const inquiry = await findInquiry(db, merchant.id, { cycleId: cycle.id, n });
  if (inquiry === undefined) throw new Error('a list that was read is there');
  const place = { inquiryId: inquiry.id, cycleId: cycle.id };
  const counts = await countInquiry(db, merchant.id, place);
  const changes = sumChanges(counts);
  const unlisted = await countUnlisted(db, merchant.id, place);
  if (json) {
    console.log(JSON.stringify({ n, rows: inquiry.rows, counts, changes, unlisted }));
    return;
  }
  console.log(`照会データ ${n} (${inquiry.fileName}): ${inquiry.rows} 件`);
  for (const { class: kind, rows, yen } of counts) {
    console.log(
      `${String(rows).padStart(8)} 件  ${formatYen(yen)}  ${INQUIRY_CLASS_LABELS_JA[kind]}`,
    );
  }
  if (unlisted > 0)
    console.log(`${String(unlisted).padStart(8)} 件  CSVにない請求(未処理とは限らない)`);
  console.log(
    changes.rows === 0
      ? '記録に反映する変更はありません。'
      : `反映する場合: tsukigime paygent inquiry apply --merchant ${merchant.slug} --month ${cycle.billingMonth} --number ${n} --rows ${changes.rows} --yen ${changes.yen} --reason …`,
  );
}

function atDesk(command: OfMonth, work: (desk: Desk) => Promise<void>): Promise<number> {
  return atMerchant(command, async (at) => {
    if (parseBillingMonth(command.month) === null) {
      throw new UnusableInputError(
        `--month ${command.month}: is not YYYY-MM`,
        '月が正しくありません',
      );
    }
    const cycle = await findCycle(at.db, at.merchant.id, command.month);
    if (cycle === undefined) {
      throw new UnusableInputError(
        `${command.merchant} has no billing cycle of ${command.month}`,
        'この月の請求はありません',
      );
    }
    await withTemporal(at, (client) => work({ ...at, client, cycle }));
    return 0;
  });
}
