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
import { loadMerchantWithSettings } from './merchant.ts';
import { returnOverdueFiles } from './overdue-files.ts';

/**
 * Opens to the operator the files whose turn it is, of whatever month, and wakes their workflows;
 * takes back those whose authorizations have expired meanwhile.
 * Whoever calls it, and how often: under the merchant's lock the rows alone decide.
 *
 * @param of `but`: the file whose own workflow asks, and reads its row afterwards
 */
export async function openDueFiles(
  deps: ActivityDependencies,
  of: Pick<ReadExchange, 'merchant' | 'now'> & { readonly but: ExchangeName | null },
): Promise<void> {
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
    if (!isSame(name, of.but)) await deps.workflows.startExchange(merchant, name, { wakes: true });
  }
  for (const name of returned) {
    if (!isSame(name, of.but)) await deps.workflows.wakeExchange(of.merchant, name);
  }
}

/**
 * Starts the workflow of every file of the month that is still on its way. First those are opened whose
 * turn it is: they find it when they begin, and need not be woken again.
 */
export async function startFilesOfMonth(deps: ActivityDependencies, of: OfCycle): Promise<void> {
  await openDueFiles(deps, { ...of, but: null });
  const { merchant } = await loadMerchantWithSettings(deps, of.merchant);
  for (const exchange of await listExchanges(deps.db, merchant.id, of.month)) {
    if (isFinishedExchange(exchange.stage)) continue;
    await deps.workflows.startExchange(merchant, exchange);
  }
}

function isSame(one: ExchangeName, other: ExchangeName | null): boolean {
  return (
    one.billingMonth === other?.billingMonth &&
    one.kind === other.kind &&
    one.number === other.number
  );
}
