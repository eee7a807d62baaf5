import {
  absenceCountsFrom,
  describeExchange,
  type ExchangeName,
  exchangeFileName,
  isFinishedExchange,
} from '../../billing/exchange.ts';
import { admitFiles, describeHeldBack, type HeldBackBy } from '../../billing/exchange-admission.ts';
import { describeCarriage } from '../../billing/exchange-transport.ts';
import { describeMissedWindow, guideHandOver } from '../../billing/hand-over.ts';
import { findFirstCaptureWindow } from '../../db/queries/capture-window.ts';
import { countLockedLines } from '../../db/queries/card-locks.ts';
import { readAdmission } from '../../db/queries/exchange-admission.ts';
import {
  type Exchange,
  findExchange,
  listExchanges,
  listFormatErrors,
} from '../../db/queries/exchanges.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import {
  listResultFindings,
  listResultLines,
  listResultStrays,
  summarizeResult,
} from '../../db/queries/result-file.ts';
import { findSettings } from '../../db/queries/settings.ts';
import { ingestResult, recordCompletion, settleLines } from '../../workflows/messages.ts';
import { exchangeWorkflowId } from '../../workflows/workflow-ids.ts';
import type { exchangeRoutes } from '../contract/exchanges.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { replyWithFile } from '../stored-download.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { paginate } from './cycles.ts';

interface ExchangeParams {
  readonly month: string;
  readonly kind: ExchangeName['kind'];
  readonly number: number;
}

/** A run ends once; the second start finds it ended. One more for a file that ends meanwhile. */
const LATE_RESULT_TRIES = 3;

export const exchangeHandlers: Handlers<typeof exchangeRoutes> = {
  async listExchanges({ deps, merchant, query }) {
    const exchanges = await listExchanges(deps.db, merchant.id, query.month ?? null);
    return { status: 200, body: { exchanges: exchanges.map(showExchange) } };
  },

  async readExchange({ deps, merchant, params, now }) {
    const exchange = await requireExchange(deps, merchant, params);
    const result = await summarizeResult(deps.db, merchant.id, exchange.id);
    const guide = exchange.transport === 'portal' ? guideHandOver(exchange.kind) : null;
    const heldBackBy = await readHeldBack(deps, merchant, exchange);
    const formatErrors = await listFormatErrors(deps.db, merchant.id, exchange.id);
    const missed = await hasMissedWindow(deps, merchant, exchange, now);
    return {
      status: 200,
      body: {
        ...showExchange(exchange),
        waitsFor: missed
          ? describeMissedWindow
          : exchange.transport === 'portal' &&
              (exchange.stage === 'built' || heldBackBy === 'card_locks')
            ? describeHeldBack(heldBackBy)
            : describeCarriage(exchange, result?.unsettled ?? 0, formatErrors.length),
        confirmScreen: guide && {
          決済種別: guide.paymentKind,
          取引種別: guide.transactionKind,
          件数: exchange.records,
          金額: exchange.amountYen,
        },
        handOver: guide && {
          ...guide,
          heldBackBy,
          uploadBefore: await findFirstCaptureWindow(deps.db, merchant.id, exchange.id),
          absenceCountsFrom:
            exchange.stage === 'unknown' && exchange.unclearAt !== null
              ? absenceCountsFrom(exchange.unclearAt)
              : null,
        },
        formatErrors,
        result: result ?? null,
        resultFindings: [...(await listResultFindings(deps.db, merchant.id, exchange.id))],
      },
    };
  },

  async downloadExchangeFile(call) {
    const exchange = await requireExchange(call.deps, call.merchant, call.params);
    if (exchange.stage === 'built') {
      const detail =
        exchange.transport === 'portal'
          ? describeHeldBack(await readHeldBack(call.deps, call.merchant, exchange))
          : describeCarriage(exchange, 0);
      throw new Problem('conflict', { detail });
    }
    // Its charges are free for another file: uploaded now, they would be billed by both.
    if (exchange.stage === 'cancelled') {
      throw new Problem('conflict', {
        detail:
          'このファイルは取り下げられているため、取り出せません。アップロードすると二重請求になるおそれがあります。手元に残っている場合は破棄してください。',
      });
    }
    if (await hasMissedWindow(call.deps, call.merchant, exchange, call.now)) {
      throw new Problem('conflict', { detail: describeMissedWindow });
    }
    if ((await readHeldBack(call.deps, call.merchant, exchange)) === 'card_locks') {
      throw new Problem('conflict', { detail: describeHeldBack('card_locks') });
    }
    return await replyWithFile(call, exchange.sha256, exchangeFileName(exchange));
  },

  async recordCompletion({ deps, identity, merchant, params, idempotencyKey }) {
    const exchange = await requireExchange(deps, merchant, params);
    const told = tellWorkflow(deps, {
      ...workflowOf(merchant, exchange),
      update: recordCompletion,
      act: { actor: identity.actor, idempotencyKey, reason: null },
    });
    return await told.catch(sayWhyExchangeIsAway(exchange));
  },

  async ingestResult({ deps, identity, merchant, params, body, idempotencyKey }) {
    for (let tries = 1; ; tries += 1) {
      const exchange = await requireExchange(deps, merchant, params);
      if (isFinishedExchange(exchange.stage)) await awaitLateResult(deps, merchant, exchange);
      try {
        return await tellWorkflow(deps, {
          ...workflowOf(merchant, exchange),
          update: ingestResult,
          act: { actor: identity.actor, idempotencyKey, reason: null, ...body },
        });
      } catch (error) {
        // The run that was about to end took the start for its own: by now another can be started.
        const ended = error instanceof Problem && error.slug === 'workflow-closed';
        if (!ended || tries === LATE_RESULT_TRIES) sayWhyExchangeIsAway(exchange)(error);
      }
    }
  },

  async settleLines({ deps, identity, merchant, params, body, idempotencyKey }) {
    const exchange = await requireExchange(deps, merchant, params);
    const told = tellWorkflow(deps, {
      ...workflowOf(merchant, exchange),
      update: settleLines,
      act: { actor: identity.actor, idempotencyKey, ...body },
    });
    return await told.catch(sayWhyExchangeIsAway(exchange));
  },

  async listResultLines({ deps, merchant, params, query }) {
    const exchange = await requireExchange(deps, merchant, params);
    const rows = await listResultLines(deps.db, merchant.id, {
      exchangeId: exchange.id,
      verdict: query.verdict,
      afterLine: query.after,
      limit: query.limit + 1,
    });
    const { page, nextAfter } = paginate(rows, query.limit, (row) => row.lineNumber);
    const strays = await listResultStrays(deps.db, merchant.id, exchange.id);
    return { status: 200, body: { lines: page, strays, nextAfter } };
  },
};

/** Why a file waits that has not left; null once its turn has come. */
async function readHeldBack(
  { db }: ApiDependencies,
  merchant: Merchant,
  { id, stage, transport }: Exchange,
): Promise<HeldBackBy | null> {
  if (stage === 'handing_over' && transport === 'portal') {
    return (await countLockedLines(db, merchant.id, id)) > 0 ? 'card_locks' : null;
  }
  if (stage !== 'built') return null;
  const { waiting, inHand } = await readAdmission(db, merchant.id);
  const settings = (await findSettings(db, merchant.id))?.settings;
  if (settings === undefined) return null;
  return admitFiles(waiting, inHand, settings.paygent.exchangesAtOnce).get(id) ?? null;
}

/** No workflow runs: mostly because the file is done, and then its row says how. */
export function sayWhyExchangeIsAway({ stage }: Exchange) {
  return (error: unknown): never => {
    const done = error instanceof Problem && error.slug === 'workflow-closed';
    if (!done || !isFinishedExchange(stage)) throw error;
    throw new Problem('workflow-closed', {
      detail: `このファイルの処理は完了しています。何も変更していません。${describeExchange(stage, 0)}`,
    });
  };
}

/**
 * A result that comes after its file was settled is looked at all the same: what it says against
 * the record is how a double billing shows. The workflow has ended, so it is started again.
 */
async function awaitLateResult(
  deps: ApiDependencies,
  merchant: Merchant,
  { billingMonth, kind, number }: Exchange,
): Promise<void> {
  await deps.workflows.start({
    workflowId: exchangeWorkflowId(merchant.slug, billingMonth, kind, number),
    workflow: 'fileExchange',
    input: {
      merchant: merchant.slug,
      clockOffsetMs: merchant.clockOffsetMs,
      exchange: { billingMonth, kind, number },
      lateResult: true,
    },
    month: billingMonth,
    stage: 'reconciling',
  });
}

/** The workflow of an exchange, and where the API shows it. */
export function workflowOf(merchant: Merchant, { billingMonth, kind, number }: ExchangeName) {
  return {
    workflowId: exchangeWorkflowId(merchant.slug, billingMonth, kind, number),
    location: `/v1/merchants/${merchant.slug}/exchanges/${billingMonth}/${kind}/${number}`,
  };
}

export async function requireExchange(
  deps: ApiDependencies,
  merchant: Merchant,
  { month, kind, number }: ExchangeParams,
): Promise<Exchange> {
  const name = { billingMonth: month, kind, number };
  const exchange = await findExchange(deps.db, merchant.id, name);
  if (exchange === undefined) throw new Problem('exchange-not-found');
  return exchange;
}

function showExchange(exchange: Exchange) {
  const { id: _, cycleId: __, fileId: ___, sendOpen: ____, billingMonth, ...rest } = exchange;
  return { month: billingMonth, fileName: exchangeFileName(exchange), ...rest };
}

/** Whether an operator has a capture file in hand that the PSP would refuse by now. */
async function hasMissedWindow(
  { db }: ApiDependencies,
  merchant: Merchant,
  { id, kind, stage, transport }: Exchange,
  now: string,
): Promise<boolean> {
  if (kind !== 'capture' || stage !== 'handing_over' || transport !== 'portal') return false;
  const before = await findFirstCaptureWindow(db, merchant.id, id);
  return before !== null && Date.parse(before) <= Date.parse(now);
}
