import type { ExchangeStage } from '../billing/exchange.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import type { Decision } from '../db/queries/decisions.ts';
import { hasWaitingFiles, listOpenHandOvers } from '../db/queries/exchange-admission.ts';
import { type Exchange, requireExchange } from '../db/queries/exchanges.ts';
import type { FactsAfterAct, OfExchange, ReadExchange, Tells } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { readExchangeFacts } from './exchange-act.ts';
import { asRefusal } from './failures.ts';
import { loadMerchant } from './merchant.ts';

/** What an act does once its decision is written, in the same transaction. */
export type ApplyAct = (
  trx: Trx,
  merchantId: number,
  exchange: Exchange,
  decisionId: number,
) => Promise<void>;

/**
 * One operator's act on a file: lock, decide once, apply; all of it or nothing. Then whom it asks for is
 * told, as often as it is tried.
 */
export async function actOnExchange(
  deps: ActivityDependencies,
  of: OfExchange,
  decision: Pick<Decision, 'act' | 'body'>,
  apply: ApplyAct,
): Promise<FactsAfterAct> {
  const merchant = await loadMerchant(deps, of.merchant);
  try {
    await deps.db.transaction().execute(async (trx) => {
      await lockMerchant(trx, merchant.id);
      const recorded = await decide(trx, merchant.id, of, decision);
      if (!recorded.fresh) return;
      const exchange = await requireExchange(trx, merchant.id, of.exchange);
      await apply(trx, merchant.id, exchange, recorded.id);
    });
  } catch (error) {
    throw asRefusal(error);
  }
  return of.tells === undefined
    ? await readExchangeFacts(deps, merchant.id, of)
    : await tellOfExchange(deps, { ...of, tells: of.tells });
}

/**
 * Tells the month that a file has news, which reads the rows itself. Files whose turn comes by it are not
 * opened here: the act may have begun long before, and they are opened at the instant at which they are.
 *
 * @param of `unless`: as the file stood before; the month is not told while it stands there still
 */
export async function tellOfExchange(
  deps: ActivityDependencies,
  of: ReadExchange & {
    readonly tells: Tells;
    readonly unless?: { readonly stage: ExchangeStage; readonly attention: boolean };
  },
): Promise<FactsAfterAct> {
  const { id } = await loadMerchant(deps, of.merchant);
  if (of.unless !== undefined) {
    const facts = await readExchangeFacts(deps, id, of);
    const { stage, attention } = of.unless;
    if (facts.stage === stage && facts.attention === attention) return facts;
  }
  if (await concernsMonth(deps, id, of)) await wakeMonthOf(deps, of);
  const facts = { ...(await readExchangeFacts(deps, id, of)), told: true };
  if (of.tells !== 'turns') return facts;
  return { ...facts, othersWait: await hasWaitingFiles(deps.db, id) };
}

/**
 * A month neither does nor asks for anything else while one file less of several is to be handed over.
 * Of two that leave at once, the later looks when both have left.
 */
async function concernsMonth(
  { db }: Pick<ActivityDependencies, 'db'>,
  merchantId: number,
  { tells, exchange }: ReadExchange & { readonly tells: Tells },
): Promise<boolean> {
  if (tells !== 'month_once_all_left') return tells !== 'nobody';
  const inHand = await listOpenHandOvers(db, merchantId);
  return inHand.every(({ billingMonth }) => billingMonth !== exchange.billingMonth);
}

/** Has the file's month read its rows again. */
export async function wakeMonthOf(
  { workflows }: Pick<ActivityDependencies, 'workflows'>,
  { merchant, exchange: { billingMonth, kind, number } }: ReadExchange,
): Promise<void> {
  await workflows.wakeCycle(merchant, billingMonth, `${kind}-${number}`);
}
