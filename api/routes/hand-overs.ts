import { findSentFileDifference } from '../../billing/hand-over.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { openFile } from '../../db/queries/files.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import {
  correctAcceptance,
  decideUnclear,
  handOverEarly,
  recordAcceptance,
  recordFormatErrors,
  recordUnclear,
  takeOutOrders,
  withdrawFile,
} from '../../workflows/messages.ts';
import { exchangeWorkflowId } from '../../workflows/workflow-ids.ts';
import type { handOverRoutes } from '../contract/hand-overs.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { requireExchange, sayWhyExchangeIsAway, workflowOf } from './exchanges.ts';

/** Tells the workflow of the file that the path names. */
async function tell<Act extends Parameters<typeof tellWorkflow>[1]['act'], Result>(
  call: {
    readonly deps: ApiDependencies;
    readonly merchant: Merchant;
    readonly params: Parameters<typeof requireExchange>[2];
  },
  update: Parameters<typeof tellWorkflow<Act, Result>>[1]['update'],
  act: Act,
) {
  const exchange = await requireExchange(call.deps, call.merchant, call.params);
  const told = tellWorkflow<Act, Result>(call.deps, {
    ...workflowOf(call.merchant, exchange),
    update,
    act,
  });
  return await told.catch(sayWhyExchangeIsAway(exchange));
}

export const handOverHandlers: Handlers<typeof handOverRoutes> = {
  async recordAcceptance(call) {
    const { identity, idempotencyKey, body } = call;
    const act = { actor: identity.actor, idempotencyKey, reason: null, ...body };
    return await tell(call, recordAcceptance, act);
  },

  async correctAcceptance(call) {
    const { identity, idempotencyKey, body } = call;
    return await tell(call, correctAcceptance, { actor: identity.actor, idempotencyKey, ...body });
  },

  async recordFormatErrors(call) {
    const { identity, idempotencyKey, body } = call;
    const act = { actor: identity.actor, idempotencyKey, reason: null, ...body };
    return await tell(call, recordFormatErrors, act);
  },

  async recordUnclear(call) {
    const { identity, idempotencyKey, body } = call;
    return await tell(call, recordUnclear, { actor: identity.actor, idempotencyKey, ...body });
  },

  async decideUnclear(call) {
    const { identity, idempotencyKey, body } = call;
    return await tell(call, decideUnclear, {
      actor: identity.actor,
      idempotencyKey,
      reason: body.reason,
      acceptanceNumber: body.found === 'accepted' ? body.acceptanceNumber : null,
    });
  },

  async withdrawFile(call) {
    const { identity, idempotencyKey, body } = call;
    return await tell(call, withdrawFile, { actor: identity.actor, idempotencyKey, ...body });
  },

  async handOverEarly(call) {
    const { identity, idempotencyKey, body } = call;
    return await tell(call, handOverEarly, { actor: identity.actor, idempotencyKey, ...body });
  },

  async takeOutOrders(call) {
    const { identity, idempotencyKey, body } = call;
    return await tell(call, takeOutOrders, { actor: identity.actor, idempotencyKey, ...body });
  },

  /** Only looks: what differs tells the operator what happened to the file on its way. */
  async compareSentFile({ deps, identity, merchant, params, body, now }) {
    const exchange = await requireExchange(deps, merchant, params);
    const expected = await readWhole(deps, merchant, exchange.sha256, exchange.bytes);
    // A byte more than ours is enough to differ; what follows tells nothing.
    const sent = await readWhole(deps, merchant, body.sha256, exchange.bytes + 1_000_000);
    const difference = findSentFileDifference(expected, sent);
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'sent-file.compared',
      subject: exchangeWorkflowId(
        merchant.slug,
        exchange.billingMonth,
        exchange.kind,
        exchange.number,
      ),
      reason: null,
      details: { sentSha256: body.sha256, same: difference === null },
    });
    return {
      status: 200,
      body: {
        same: difference === null,
        expectedSha256: exchange.sha256,
        sentSha256: body.sha256,
        difference,
      },
    };
  },
};

/** The first `maxBytes` of a stored file. */
async function readWhole(
  deps: ApiDependencies,
  merchant: Merchant,
  sha256: string,
  maxBytes: number,
): Promise<Buffer> {
  const file = await openFile(deps.db, merchant.id, sha256, deps.fileKeys);
  if (file === undefined) throw new Problem('file-not-found');
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of file.content) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(pieces);
}
