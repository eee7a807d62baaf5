import type { MerchantSettings } from '../billing/merchant-settings.ts';
import { type NgAct, type NgCaseName, refuseRetry } from '../billing/ng-act.ts';
import type { NgStepKind } from '../billing/ng-case.ts';
import { admitRetries } from '../billing/retry-budget.ts';
import {
  type NgCaseFacts,
  type PlanningContext,
  planCarryOver,
  planCase,
  planRetryOn,
  waveOn,
} from '../billing/retry-planner.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { listLockedCharges } from '../db/queries/card-locks.ts';
import { chooseCarryOverOrder, findUnfitForChoice } from '../db/queries/carry-over.ts';
import {
  type DecidedBy,
  endCases,
  findCases,
  insertRegistrations,
  noteSteps,
  setLimitKind,
  sumCases,
} from '../db/queries/ng-acts.ts';
import {
  closeCases,
  markDeclinedAgain,
  type NgCaseRow,
  openCases,
  savePlans,
} from '../db/queries/ng-cases.ts';
import { requestRetries } from '../db/queries/ng-due.ts';
import type { Act, OfNgDesk } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { tellGivenUp } from './ng-given-up.ts';
import { nowOfDesk, planningContext, readCaseFacts } from './ng-plan.ts';
import { askCustomers, listUnaskable, skipCustomerMails } from './post-contacts.ts';

/** The cases of one act, with all that it may need. */
interface Acting {
  readonly trx: Trx;
  readonly merchantId: number;
  readonly by: DecidedBy;
  readonly rows: readonly NgCaseRow[];
  readonly facts: ReadonlyMap<number, NgCaseFacts>;
  readonly context: PlanningContext;
  readonly now: string;
}

export function createNgActActivities(deps: ActivityDependencies) {
  return {
    /** A person acts on cases: all of those named, or none. Repeated, it changes nothing more. */
    async actOnNgCases(
      of: OfNgDesk & {
        readonly workflowId: string;
        readonly act: Act;
        readonly cases: readonly NgCaseName[];
        readonly what: NgAct;
      },
    ): Promise<{ changed: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const { cases, what } = of;
      const now = nowOfDesk(of, merchant.clockOffsetMs);
      try {
        await withHeartbeat(() =>
          deps.db.transaction().execute(async (trx) => {
            await lockMerchant(trx, merchant.id);
            const decision = { act: `ng-${what.kind.replaceAll('_', '-')}`, body: { cases, what } };
            const recorded = await decide(trx, merchant.id, { ...of, now }, decision);
            if (!recorded.fresh) return;
            // A decline may have come since the last wave, and what was ended is no case any more.
            await openCases(trx, merchant.id, now);
            await markDeclinedAgain(trx, merchant.id, now);
            await closeCases(trx, merchant.id, now);
            // Under the lock, which a wave may have had for minutes: the desk does not plan anew what a
            // person has acted on.
            const { current } = await loadMerchantWithSettings({ db: trx }, of.merchant);
            const by = { decisionId: recorded.id, actor: of.act.actor };
            const acting = { trx, merchantId: merchant.id, by, now, settings: current.settings };
            await apply(await loadCases(acting, cases), what);
          }),
        );
      } catch (error) {
        throw asRefusal(error);
      }
      if (what.kind === 'give_up' || what.kind === 'ask_customer') {
        await deps.workflows.wakeMail(merchant);
      }
      for (const month of new Set(cases.map((one) => one.month))) {
        await deps.workflows.wakeCycle(merchant.slug, month, 'ng');
      }
      return { changed: cases.length };
    },
  };
}

async function loadCases(
  acting: Pick<Acting, 'trx' | 'merchantId' | 'by' | 'now'> & { settings: MerchantSettings },
  cases: readonly NgCaseName[],
): Promise<Acting> {
  const { trx, merchantId, settings, now } = acting;
  const rows = await findCases(trx, merchantId, cases);
  const standing = new Map(rows.map((row) => [keyOf(row), row.n]));
  const missing = cases.filter((one) => !standing.has(keyOf(one)));
  if (missing.length > 0) {
    throw refusal(
      'UnknownOrders',
      `次の注文には対応中のNG案件がありません: ${listNames(missing)}。何も変更していません。画面を読み直してください。`,
    );
  }
  const stale = cases.filter(
    (one) => (one.attempt ?? standing.get(keyOf(one))) !== standing.get(keyOf(one)),
  );
  refuseAll(stale.map((one) => ({ ...one, why: MOVED_ON })));
  const facts = await readCaseFacts(trx, merchantId, rows, settings, now);
  return { ...acting, rows, facts, context: planningContext(settings, now) };
}

async function apply(acting: Acting, what: NgAct): Promise<void> {
  switch (what.kind) {
    case 'retry':
      return await retry(acting, what.on);
    case 'limit_raised':
      refuseMoved(acting);
      await setLimit(acting, what.limit);
      await note(acting, 'limit_raised', '利用限度額が引き上げられました。');
      return await retry(acting, what.on);
    case 'limit_known':
      refuseMoved(acting);
      await setLimit(acting, what.limit);
      return await planAnew(acting, { limitKind: what.limit });
    case 'ask_customer':
      refuseAll(await listUnaskable(acting));
      await note(acting, 'contact', '担当者の指示により、顧客に連絡します。');
      return await askCustomers(acting);
    case 'skip_contact':
      return refuseAll(await skipCustomerMails(acting));
    case 'new_card':
      refuseMoved(acting);
      await insertRegistrations(acting.trx, acting.merchantId, {
        cases: acting.rows,
        previousOrderNumber: what.previousOrderNumber,
        decisionId: acting.by.decisionId,
        now: acting.now,
      });
      await note(acting, 'new_card', '新しいカードまたは登録を記録しました。');
      return await planAnew(acting, { registered: true });
    case 'replaced':
      await note(acting, 'replaced', `注文 ${what.byOrderNumber} で支払われました。`);
      return await end(acting, 'cancelled');
    case 'carry_over':
      return await carryOver(acting, what.toOrderNumber);
    case 'classify':
      refuseMoved(acting);
      await note(acting, 'classified', '担当者がNGの理由を分類しました。');
      return await planAnew(acting, { class: what.class });
    case 'cancel':
      await note(acting, 'cancelled', '担当者が請求をキャンセルしました。');
      return await end(acting, 'cancelled');
    case 'give_up':
      await note(acting, 'given_up', '担当者が請求を断念しました。');
      return await end(acting, 'given_up');
  }
}

async function carryOver(acting: Acting, toOrderNumber: string | null): Promise<void> {
  refuseMoved(acting);
  const { trx, merchantId, rows, by, now, context } = acting;
  if (toOrderNumber !== null) {
    refuseAll(await findUnfitForChoice(trx, merchantId, { cases: rows, toOrderNumber }));
  }
  await chooseCarryOverOrder(trx, merchantId, {
    caseIds: rows.map(({ id }) => id),
    toOrderNumber,
    decisionId: by.decisionId,
    now,
  });
  const to = toOrderNumber === null ? '翌月の請求' : `注文 ${toOrderNumber} の請求`;
  await note(acting, 'carry_over', `${to}にまとめます(繰越)。`);
  await savePlan(acting, (facts) => planCarryOver(facts, '担当者の指示により、', context));
}

async function retry(acting: Acting, on: string | null): Promise<void> {
  refuseMoved(acting);
  const { trx, merchantId, rows, by, now, context } = acting;
  const when = { on, now, maxRetries: context.settings.maxRetries };
  const chargeIds = rows.map(({ chargeId }) => chargeId);
  const locked = new Set(await listLockedCharges(trx, merchantId, chargeIds));
  const refused = rows.flatMap((row) => {
    const why = locked.has(row.chargeId)
      ? '洗替でカードが使用不可と判定されています。カードまたは支払方法の変更が必要です'
      : refuseRetry(factsOf(acting, row), when);
    return why === null ? [] : [{ ...row, why }];
  });
  refuseAll(refused);
  const dueAt = on === null ? now : waveOn(on, context.settings);
  if (on !== null && Date.parse(dueAt) > Date.parse(now)) {
    return await savePlan(acting, (facts) => planRetryOn(facts, dueAt, context));
  }
  const cardOf = (customerNumber: string) => {
    const row = rows.find((one) => one.customerNumber === customerNumber);
    return row === undefined ? undefined : factsOf(acting, row);
  };
  const admitted = new Set(admitRetries(rows, cardOf, now));
  const why = '国際ブランドの再試行回数の上限に達しています。日を改めて指定してください';
  refuseAll(rows.filter((row) => !admitted.has(row)).map((row) => ({ ...row, why })));
  const request = { ...by, why: '担当者の指示により、すぐに再オーソリします。' };
  // What was noted before has not touched the revision: the one that was read is the one that counts.
  const requested = await requestRetries(trx, merchantId, rows, request, now);
  if (requested !== rows.length) refuseAll(rows.map((row) => ({ ...row, why: '結果待ちです' })));
}

async function end(acting: Acting, kind: 'cancelled' | 'given_up'): Promise<void> {
  const { trx, merchantId, rows, by, now } = acting;
  const ids = rows.map(({ id }) => id);
  const ended = new Set(
    await endCases(trx, merchantId, { ids, kind, decisionId: by.decisionId, now }),
  );
  const why = '再オーソリの結果待ち・要確認のため、先に結果を確定してください';
  refuseAll(rows.filter(({ id }) => !ended.has(id)).map((row) => ({ ...row, why })));
  await closeCases(trx, merchantId, now);
  if (kind === 'cancelled') return;
  for (const month of await sumCases(trx, merchantId, ids)) {
    await tellGivenUp(trx, merchantId, { ...month, key: `d${by.decisionId}`, now });
  }
}

async function setLimit({ trx, merchantId, rows }: Acting, limit: 'daily' | 'monthly') {
  const ids = rows.map(({ id }) => id);
  await setLimitKind(trx, merchantId, ids, limit);
}

const note = ({ trx, merchantId, rows, by, now }: Acting, kind: NgStepKind, why: string) =>
  noteSteps(trx, merchantId, { ...by, cases: rows, kind, why, now });

const planAnew = (acting: Acting, known: Partial<NgCaseFacts>) =>
  savePlan(acting, (facts) => planCase({ ...facts, ...known }, acting.context), known);

async function savePlan(
  acting: Acting,
  plan: (facts: NgCaseFacts) => ReturnType<typeof planCase>,
  known: Partial<NgCaseFacts> = {},
): Promise<void> {
  const { trx, merchantId, rows, by, now } = acting;
  const plans = rows.map((row) => {
    const facts = { ...factsOf(acting, row), ...known };
    const { class: declined, code } = facts;
    return {
      id: row.id,
      revision: row.revision,
      class: declined,
      code,
      steps: plan(facts),
    };
  });
  const saved = await savePlans(trx, merchantId, plans, by, now);
  if (saved !== rows.length) refuseAll(rows.map((row) => ({ ...row, why: '内容が変わりました' })));
}

function factsOf({ facts }: Acting, row: NgCaseRow): NgCaseFacts {
  const found = facts.get(row.id);
  if (found === undefined) throw new Error('every case that was read has its facts');
  return found;
}

/** The attempt that a case stands at is another than the one at which a person saw it. */
const MOVED_ON = 'ご覧になった後に再オーソリの結果が届きました。画面を読み直し、選び直してください';

const keyOf = ({ month, orderNumber }: NgCaseName) => `${month} ${orderNumber}`;

/** A charge that was asked for again, is on its way or was authorized: its plan is made already. */
function refuseMoved({ rows }: Acting): void {
  const why = '再オーソリの依頼済み・結果待ちです';
  refuseAll(rows.filter(({ moved }) => moved).map((row) => ({ ...row, why })));
}

/** All of those named, or none. */
function refuseAll(refused: readonly (NgCaseName & { readonly why: string })[]): void {
  const [first] = refused;
  if (first === undefined) return;
  const same = refused.filter(({ why }) => why === first.why);
  throw refusal(
    'StageConflict',
    `次の注文には実行できません: ${listNames(same)}(${first.why})。何も変更していません。`,
  );
}

/** As many names as an operator reads on one screen. */
const SHOWN_NAMES = 20;

function listNames(names: readonly NgCaseName[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(({ orderNumber }) => orderNumber);
  const more = names.length > SHOWN_NAMES ? ` ほか ${names.length - SHOWN_NAMES} 件` : '';
  return `${shown.join('、')}${more}`;
}
