import type { MerchantSettings } from '../billing/merchant-settings.ts';
import { admitRetries } from '../billing/retry-budget.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { recordDecision } from '../db/queries/decisions.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import {
  closeCases,
  listUnplannedCases,
  markDeclinedAgain,
  openCases,
  PLAN_ACTOR,
  savePlans,
} from '../db/queries/ng-cases.ts';
import {
  countDueGiveUps,
  listDueRetries,
  listMonthsToRetry,
  type NgDeskFacts,
  planAnew,
  readNgDeskFacts,
  requestRetries,
  stopBlockedCases,
  takeDueCarryOvers,
  takeDueContacts,
  takeDueGiveUps,
} from '../db/queries/ng-due.ts';
import { countReplaced, takeReplaced } from '../db/queries/ng-replacements.ts';
import {
  countCasesOfPeople,
  findPlanningVersion,
  isDecided,
  replanUnbegun,
} from '../db/queries/ng-replan.ts';
import { listBuiltRetryFiles } from '../db/queries/retry-file.ts';
import { readRetryUsage } from '../db/queries/retry-usage.ts';
import { refreshStatistics } from '../db/statistics.ts';
import type { OfNgDesk } from './acts.ts';
import { buildFiles } from './build-files.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { tellGivenUp } from './ng-given-up.ts';
import { nowOfDesk, planningContext, planOf, readCaseFacts } from './ng-plan.ts';
import { waitForAnswers } from './ng-silence.ts';
import { postContacts } from './post-contacts.ts';
import { isTriedAgain, wakeChangedMonths } from './wake-months.ts';

/** Cases that are planned or admitted in one statement: large enough for speed, small for memory. */
const BATCH_CASES = 5_000;

export function createNgWaveActivities(deps: ActivityDependencies) {
  return {
    /**
     * One wave over the cases of all open months: opens and closes what the facts say, plans, does what
     * is due, and builds supplementary files. Every part is a transaction of its own and may be
     * repeated; nothing is done twice.
     */
    async workNgDesk(of: OfNgDesk): Promise<NgDeskFacts & { readonly clockOffsetMs: number }> {
      const { clockOffsetMs } = await loadMerchant(deps, of.merchant);
      const now = nowOfDesk(of, clockOffsetMs);
      const facts = await withHeartbeat(() =>
        runNgWave(deps, { merchant: of.merchant, now, again: isTriedAgain() }),
      );
      return { ...facts, clockOffsetMs };
    },
  };
}

/**
 * The wave itself, which the benchmark runs without Temporal.
 *
 * @param of `again`: an earlier try may have committed parts of it and told nobody
 */
export async function runNgWave(
  deps: ActivityDependencies,
  { again = false, ...of }: Pick<OfNgDesk, 'merchant' | 'now'> & { readonly again?: boolean },
): Promise<NgDeskFacts> {
  const merchant = await loadMerchant(deps, of.merchant);
  const desk = { deps, merchant, now: of.now };
  const changed = new Set<string>();
  const waitedForPeople = await countCasesOfPeople(deps.db, merchant.id);
  for (const month of await syncCases(desk)) changed.add(month);
  for (const month of await closeReplaced(desk)) changed.add(month);
  await followSettings(desk);
  // Only now: what is planned by settings older than those that were just said to be followed stays so.
  const { current } = await loadMerchantWithSettings(deps, of.merchant);
  const { settings } = current;
  const wave = { ...desk, settings };
  await planCases(wave);
  await inTransaction(wave, (trx) => stopBlockedCases(trx, merchant.id, of.now));
  if ((await takeRetries(wave)) > 0) await planCases(wave);
  await inTransaction(wave, (trx) =>
    waitForAnswers(trx, merchant.id, planningContext(settings, of.now)),
  );
  await contactCustomers(wave);
  await inTransaction(wave, (trx) => takeDueCarryOvers(trx, merchant.id, of.now));
  for (const month of await giveUp(wave)) changed.add(month);
  for (const month of await buildRetryFiles(wave)) changed.add(month);
  const waitForPeople = await countCasesOfPeople(deps.db, merchant.id);
  for (const month of new Set([...waitedForPeople.keys(), ...waitForPeople.keys()])) {
    if (waitedForPeople.get(month) !== waitForPeople.get(month)) changed.add(month);
  }
  await wakeChangedMonths(deps, merchant, changed, again);
  if (again) await deps.workflows.wakeMail(merchant);
  return await readNgDeskFacts(deps.db, merchant.id);
}

interface Desk {
  readonly deps: ActivityDependencies;
  readonly merchant: Merchant;
  readonly now: string;
}

interface Wave extends Desk {
  readonly settings: MerchantSettings;
}

async function inTransaction<T>(
  { deps, merchant }: Desk,
  act: (trx: Trx) => Promise<T>,
): Promise<T> {
  return await deps.db.transaction().execute(async (trx) => {
    await lockMerchant(trx, merchant.id);
    return await act(trx);
  });
}

/** Makes the cases say what the facts say. @returns months of which cases were closed */
async function syncCases(desk: Desk): Promise<string[]> {
  const { merchant, now } = desk;
  let opened = 0;
  const months = await inTransaction(desk, async (trx) => {
    opened = await openCases(trx, merchant.id, now);
    await markDeclinedAgain(trx, merchant.id, now);
    return await closeCases(trx, merchant.id, now);
  });
  await refreshStatistics(desk.deps.db, opened, ['ng_cases', 'ng_case_steps']);
  return months;
}

/** Closes the cases in whose place another order was paid. @returns months of which any was closed */
async function closeReplaced(desk: Desk): Promise<string[]> {
  const { merchant, now } = desk;
  return await inTransaction(desk, async (trx) => {
    if ((await countReplaced(trx, merchant.id)) === 0) return [];
    const { id: decisionId } = await recordDecision(trx, merchant.id, {
      key: `ng-replaced:${now}`,
      workflowId: `ng:${merchant.slug}`,
      act: 'replace-by-plan',
      body: { now },
      actor: PLAN_ACTOR,
      reason: '同じ定期回数の再注文が消込済になりました。',
      now,
    });
    await takeReplaced(trx, merchant.id, { decisionId, now });
    return await closeCases(trx, merchant.id, now);
  });
}

/** Once for each version of the settings that plans follow from: what has not begun is planned anew. */
async function followSettings(desk: Desk): Promise<void> {
  const { deps, merchant, now } = desk;
  const version = await findPlanningVersion(deps.db, merchant.id);
  const key = `ng-settings:${version}`;
  if (version === 1 || (await isDecided(deps.db, merchant.id, key))) return;
  await inTransaction(desk, async (trx) => {
    const { id: decisionId } = await recordDecision(trx, merchant.id, {
      key,
      workflowId: `ng:${merchant.slug}`,
      act: 'replan-by-settings',
      body: { version },
      actor: PLAN_ACTOR,
      reason: `設定の第 ${version} 版で、NG対応の決まりが変わりました。`,
      now,
    });
    await replanUnbegun(trx, merchant.id, { decisionId, version, now });
  });
}

async function planCases(wave: Wave): Promise<void> {
  const { deps, merchant, settings, now } = wave;
  const context = planningContext(settings, now);
  for (let afterId = 0; ; ) {
    const page = { afterId, limit: BATCH_CASES };
    const rows = await listUnplannedCases(deps.db, merchant.id, page);
    const last = rows.at(-1);
    if (last === undefined) return;
    const facts = await readCaseFacts(deps.db, merchant.id, rows, settings, now);
    const plans = rows.flatMap((row) => {
      const of = facts.get(row.id);
      return of === undefined ? [] : [planOf(row, of, context)];
    });
    await savePlans(deps.db, merchant.id, plans, null, now);
    afterId = last.id;
  }
}

/**
 * Asks for the retries that are due, as far as the budgets of the networks go: those beyond are
 * planned anew. @returns how many are to be planned
 */
async function takeRetries(wave: Wave): Promise<number> {
  const { merchant, now } = wave;
  let beyond = 0;
  for (let afterId = 0; ; ) {
    const found = await inTransaction(wave, async (trx) => {
      const due = await listDueRetries(trx, merchant.id, { now, afterId, limit: BATCH_CASES });
      const customerNumbers = due.map(({ customerNumber }) => customerNumber);
      const usages = await readRetryUsage(trx, merchant.id, { customerNumbers, now });
      const admitted = admitRetries(due, (customer) => usages.get(customer), now);
      await requestRetries(trx, merchant.id, admitted, null, now);
      const left = due.filter((one) => !admitted.includes(one)).map(({ id }) => id);
      if (left.length > 0) await planAnew(trx, merchant.id, left);
      beyond += left.length;
      return due.at(-1)?.id;
    });
    if (found === undefined) return beyond;
    afterId = found;
  }
}

async function contactCustomers(wave: Wave): Promise<void> {
  const { deps, merchant, settings, now } = wave;
  const posted = await inTransaction(wave, async (trx) => {
    const noted = await takeDueContacts(trx, merchant.id, now);
    return await postContacts(trx, merchant.id, { settings: settings.ng, noted, now });
  });
  if (posted === 0) return;
  await refreshStatistics(deps.db, posted, ['mail_outbox', 'customer_mails']);
  await deps.workflows.wakeMail(merchant);
}

/** Gives up what nobody answered by the set day, and tells the shop's people, once for each month. */
async function giveUp(wave: Wave): Promise<readonly string[]> {
  const { deps, merchant, now } = wave;
  const months = await inTransaction(wave, async (trx) => {
    const due = await countDueGiveUps(trx, merchant.id, now);
    if (due.length === 0) return [];
    const { id: decisionId } = await recordDecision(trx, merchant.id, {
      key: `ng-give-up:${now}`,
      workflowId: `ng:${merchant.slug}`,
      act: 'give-up-by-plan',
      body: { now },
      actor: PLAN_ACTOR,
      reason: '設定 ng.giveUpAfterDays の日数が過ぎました。',
      now,
    });
    await takeDueGiveUps(trx, merchant.id, { decisionId, now });
    await closeCases(trx, merchant.id, now);
    for (const month of due) await tellGivenUp(trx, merchant.id, { ...month, key: `${now}`, now });
    return due.map(({ month }) => month);
  });
  if (months.length > 0) await deps.workflows.wakeMail(merchant);
  return months;
}

/**
 * One supplementary file for each month, not for the merchant: a file belongs to one month, so that
 * its sums and its report stay that month's. @returns months that have new files
 */
async function buildRetryFiles({ deps, merchant, now }: Wave): Promise<string[]> {
  const changed: string[] = [];
  for (const month of await listMonthsToRetry(deps.db, merchant.id)) {
    const of = { merchant: merchant.slug, month, now, kind: 'retry' } as const;
    const { files } = await buildFiles(deps, of, { askedAt: null });
    if (files > 0) changed.push(month);
  }
  // Also those of an earlier try, which may have died between the file and its workflow.
  for (const exchange of await listBuiltRetryFiles(deps.db, merchant.id)) {
    await deps.workflows.startExchange(merchant, exchange);
  }
  return changed;
}
