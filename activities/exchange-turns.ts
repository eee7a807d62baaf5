import { Context } from '@temporalio/activity';
import { type ExchangeName, isFinishedExchange } from '../billing/exchange.ts';
import { admitFiles } from '../billing/exchange-admission.ts';
import { lockMerchant } from '../db/database.ts';
import {
  listOpenHandOvers,
  listTakenBack,
  readAdmission,
} from '../db/queries/exchange-admission.ts';
import { listExchanges } from '../db/queries/exchanges.ts';
import type { OfCycle, ReadExchange } from './acts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { openHandOver } from './exchange-act.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { returnOverdueFiles } from './overdue-files.ts';

/**
 * Opens to the operator the files whose turn it is, of whatever month, and wakes their workflows;
 * takes back those whose authorizations have expired meanwhile.
 * Whoever calls it, and how often: under the merchant's lock the rows alone decide.
 *
 * @param of the file whose own workflow asks, and reads its row afterwards
 */
export async function openDueFiles(deps: ActivityDependencies, of: ReadExchange): Promise<void> {
  const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
  const { exchangesAtOnce } = current.settings.paygent;
  const now = await deps.db.transaction().execute(async (trx) => {
    await lockMerchant(trx, merchant.id);
    const returned = await returnOverdueFiles(trx, merchant.id, of.now);
    const { waiting, inHand } = await readAdmission(trx, merchant.id);
    const admissions = admitFiles(waiting, inHand, exchangesAtOnce);
    const due = waiting.filter(({ id }) => admissions.get(id) === null);
    for (const { id } of due) await openHandOver(trx, merchant.id, id, of.now);
    return { opened: due, returned };
  });
  // An earlier try may have opened files, and taken some back, and died before it could wake anybody.
  const repeated = Context.current().info.attempt > 1;
  const opened = repeated ? await listOpenHandOvers(deps.db, merchant.id) : now.opened;
  const returned = repeated ? await listTakenBack(deps.db, merchant.id, of.now) : now.returned;
  if (returned.length > 0) await deps.workflows.wakeMail(merchant);
  // Of a month whose files are still being built, the first ones have no workflow yet: an operator may
  // act on them from now on.
  for (const name of opened) {
    if (isSame(name, of.exchange)) continue;
    await deps.workflows.startExchange(merchant, name, { wakes: true });
  }
  for (const name of returned) {
    if (!isSame(name, of.exchange)) await deps.workflows.wakeExchange(of.merchant, name);
  }
}

/**
 * Starts the workflow of every file of the month that is still on its way. Each opens its file itself, if
 * its turn has come: no file is open to an operator whose acts nobody would hear.
 */
export async function startFilesOfMonth(
  { db, workflows }: Pick<ActivityDependencies, 'db' | 'workflows'>,
  of: OfCycle,
): Promise<void> {
  const merchant = await loadMerchant({ db }, of.merchant);
  for (const exchange of await listExchanges(db, merchant.id, of.month)) {
    if (isFinishedExchange(exchange.stage)) continue;
    await workflows.startExchange(merchant, exchange);
  }
}

function isSame(one: ExchangeName, other: ExchangeName): boolean {
  return (
    one.billingMonth === other.billingMonth &&
    one.kind === other.kind &&
    one.number === other.number
  );
}
