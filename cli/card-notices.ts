import { randomUUID } from 'node:crypto';
import { CARD_NOTICES_OFF, explainUnconfirmed, planCardNotices } from '../billing/card-notice.ts';
import { parseCustomerId } from '../billing/customer-id.ts';
import type { CardNeed } from '../billing/refresh-status.ts';
import { countCardNotices, notifyCardCustomers } from '../db/queries/card-notices.ts';
import { findSettings } from '../db/queries/settings.ts';
import { wakeMail } from '../temporal/mail-workflows.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { type AtMerchant, atMerchant, withTemporal } from './at-merchant.ts';
import { readActor } from './record-access.ts';
import { unknownMerchant } from './store-input.ts';
import { UnusableInputError } from './unusable-input.ts';

interface Command {
  readonly merchant: string;
  readonly need: CardNeed | 'any';
  readonly customers?: string;
  readonly confirmed?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `tsukigime refresh notify`: counts, or with `--confirmed` posts. Exit code 2 when it is refused. */
export function runRefreshNotify(command: Command): Promise<number> {
  return atMerchant(command, async (at) => {
    await notify(at, command);
    return 0;
  });
}

async function notify(at: AtMerchant, command: Command): Promise<void> {
  const { db, merchant, now } = at;
  const contact = (await findSettings(db, merchant.id))?.settings.ng.contact;
  if (contact === undefined) throw unknownMerchant(command.merchant);
  const customerIds = command.customers?.split(',').map(readCustomerId) ?? null;
  const choice = { ...planCardNotices(contact, now), need: command.need, customerIds };
  if (command.confirmed === undefined) {
    const counts = await countCardNotices(db, merchant.id, choice);
    const customers = counts.refused + counts.expiring;
    console.log(
      command.json
        ? JSON.stringify({ enabled: contact.enabled, customers, ...counts })
        : `通知していない顧客: ${customers} 名(使用不可のカード ${counts.refused} 名、有効期限 ${counts.expiring} 名)。送信するには --confirmed ${customers} を付けてください。`,
    );
    return;
  }
  if (!contact.enabled) throw new UnusableInputError('mails are off', CARD_NOTICES_OFF);
  const confirmed = Number(command.confirmed);
  const { reason = null } = command;
  const act = { ...choice, confirmed, reason, key: randomUUID(), actor: readActor(), now };
  await db.transaction().execute(async (trx) => {
    const done = await notifyCardCustomers(trx, merchant.id, act);
    if (done.confirmed) return;
    const why = explainUnconfirmed(confirmed, done.customers);
    throw new UnusableInputError('another number was confirmed', why);
  });
  await withTemporal(at, (client) => wakeMail(createWorkflowStarter(client), merchant));
  console.log(
    command.json
      ? JSON.stringify({ customers: confirmed })
      : `${confirmed} 名への通知を送信待ちにしました。`,
  );
}

function readCustomerId(text: string): number {
  const id = parseCustomerId(text.trim());
  if (id !== null) return id;
  throw new UnusableInputError(`--customers ${text}: is not a 顧客ID`, '顧客IDが正しくありません');
}
