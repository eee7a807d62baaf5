import { Context } from '@temporalio/activity';
import { businessDateOf } from '../billing/business-date.ts';
import { admittedBy, type Circuit, digestInstant, hasJustOpened } from '../billing/delivery.ts';
import { closeCutOffAttempts, findNextDue } from '../db/queries/deliveries.ts';
import {
  type DeliveryEndpoint,
  findEndpoint,
  saveCircuit,
} from '../db/queries/delivery-endpoints.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { readUntoldSendErrors, takeSendErrorDigest } from '../db/queries/send-error-digests.ts';
import { openChannel } from './delivery-channel.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchant } from './merchant.ts';
import { isTriedAgain } from './wake-months.ts';

export interface OfEndpoint {
  /** Slug. */
  readonly merchant: string;
  /** Slug. */
  readonly endpoint: string;
  /** ISO instant. */
  readonly now: string;
}

/** Where an endpoint's queue stands. */
export interface DeliveryRound {
  readonly state: DeliveryEndpoint['state'];
  /** The round ended for its length: go on at once. */
  readonly more: boolean;
  /** When something falls due, or the circuit lets one through; null = nothing waits. */
  readonly nextDue: string | null;
  /** When operators are told of errors that no mail has told yet. */
  readonly digestAt: string | null;
  readonly clockOffsetMs: number;
}

/** A round ends now and then, so that the workflow sees Updates, a pause, and its own history. */
const roundMs = 20_000;
/** Claims of one connection at a time: what a killed worker leaves behind stays small. */
const claimsPerConnection = 8;

export function createDeliveryActivities(deps: ActivityDependencies) {
  const { db } = deps;

  async function requireEndpoint(merchantId: number, slug: string): Promise<DeliveryEndpoint> {
    const endpoint = await findEndpoint(db, merchantId, slug);
    if (endpoint !== undefined) return endpoint;
    throw refusal('UnknownEndpoint', `送信先 ${slug} は登録されていません。`);
  }

  /** People hear at once that nothing leaves any more: the first delivery may be given up much later. */
  async function keepCircuit(
    merchant: Merchant,
    endpoint: DeliveryEndpoint,
    after: Circuit,
    now: string,
  ): Promise<void> {
    const posted = await db.transaction().execute(async (trx) => {
      const kept = await saveCircuit(trx, merchant.id, endpoint, after);
      if (!kept || !hasJustOpened(endpoint.circuit, after)) return false;
      const { slug, kind, circuitPauseSeconds: pauseSeconds } = endpoint;
      const { mailPosted } = await notifyOperators(trx, merchant.id, {
        // By the hour: one that comes and goes is told of so often at most.
        key: `endpoint-down:${slug}:${now.slice(0, 13)}`,
        template: 'endpoint_down',
        parameters: { endpoint: slug, kind, failures: after.failuresInARow, pauseSeconds },
        now,
      });
      return mailPosted;
    });
    if (posted) await deps.workflows.wakeMail(merchant);
  }

  /** Works the queue for one round; returns how the endpoint was seen last. */
  async function work(merchant: Merchant, of: OfEndpoint) {
    const clock = startFrom(of.now);
    let endpoint = await requireEndpoint(merchant.id, of.endpoint);
    await closeCutOffAttempts(db, merchant.id, { endpointId: endpoint.id, now: clock.now() });
    const channel = openChannel(deps, merchant, endpoint);
    const { cancellationSignal } = Context.current();
    const isStopping = () => cancellationSignal.aborted;
    try {
      while (clock.elapsedMs() < roundMs && !isStopping()) {
        const most = endpoint.concurrency * claimsPerConnection;
        const limit = admittedBy(endpoint.circuit, clock.now(), most);
        if (endpoint.state !== 'active' || limit === 0) return { endpoint, more: false };
        const send = await channel.claim({ endpointId: endpoint.id, now: clock.now(), limit });
        if (send === null) return { endpoint, more: false };
        const watch = watchVersion(() => findEndpoint(db, merchant.id, of.endpoint), endpoint);
        const batch = {
          ...{ endpoint, now: clock.now },
          isStopping: () => isStopping() || watch.hasChanged(),
          saveCircuit: (after: Circuit) => keepCircuit(merchant, endpoint, after, clock.now()),
        };
        await send(batch).finally(watch.end);
        // Read anew: someone may have paused it, and the circuit stands there.
        endpoint = await requireEndpoint(merchant.id, of.endpoint);
      }
      return { endpoint, more: true };
    } finally {
      channel.close();
    }
  }

  return {
    /** Delivers what is due, until nothing is or the round is over. */
    async deliverDue(of: OfEndpoint): Promise<DeliveryRound> {
      const merchant = await loadMerchant(deps, of.merchant);
      const { endpoint, more } = await withHeartbeat(() => work(merchant, of));
      const due = await findNextDue(db, merchant.id, endpoint.id);
      const untold = await readUntoldSendErrors(db, merchant.id, endpoint.id);
      // An earlier try may have posted that nothing leaves, and died before it could say so.
      if (isTriedAgain()) await deps.workflows.wakeMail(merchant);
      return {
        state: endpoint.state,
        more,
        nextDue: endpoint.state === 'active' ? later(due, endpoint.circuit.openUntil) : null,
        // The desk of a retired endpoint ends: it tells now what else nobody would.
        digestAt:
          endpoint.state === 'retired' && untold.firstUntoldAt !== null
            ? of.now
            : digestInstant(untold.firstUntoldAt, untold.lastPostedAt),
        clockOffsetMs: merchant.clockOffsetMs,
      };
    },

    /** One mail for all errors since the last one. */
    async postSendErrorDigest(of: OfEndpoint): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const endpoint = await requireEndpoint(merchant.id, of.endpoint);
      const posted = await db.transaction().execute(async (trx) => {
        const digest = await takeSendErrorDigest(trx, merchant.id, {
          endpointId: endpoint.id,
          now: of.now,
        });
        // Somebody was faster than the mail: there is nothing left to do.
        if (digest === null || digest.oldestAt === null) return false;
        const key = `send-errors:${of.endpoint}:${digest.number}`;
        const open = { count: digest.open, oldestOn: businessDateOf(digest.oldestAt) };
        const { mailPosted } = await (endpoint.kind === 'carrier'
          ? notifyOperators(trx, merchant.id, {
              ...{ key, template: 'send_errors_digest', parameters: open, now: of.now },
            })
          : notifyOperators(trx, merchant.id, {
              ...{ key, template: 'webhook_errors_digest', now: of.now },
              parameters: { endpoint: of.endpoint, ...open },
            }));
        return mailPosted;
      });
      if (posted || isTriedAgain()) await deps.workflows.wakeMail(merchant);
    },
  };
}

/** A batch at a slow shop takes long: whoever paused it, or gave it another address, is heard sooner. */
const lookAgainMs = 500;

function watchVersion(
  read: () => Promise<DeliveryEndpoint | undefined>,
  { version }: DeliveryEndpoint,
) {
  let changed = false;
  const timer = setInterval(() => {
    // Where Postgres is away, the batch itself will fail.
    read().then(
      (now) => {
        changed ||= now?.version !== version;
      },
      () => {},
    );
  }, lookAgainMs);
  return { hasChanged: () => changed, end: () => clearInterval(timer) };
}

/**
 * The merchant's clock while an activity runs. One that waited for a worker, or is tried again after an
 * outage, was scheduled long ago: whoever gets a signature of then takes it for one that was recorded.
 */
function startFrom(now: string) {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  const waitedMs = Math.max(Date.now() - Context.current().info.scheduledTimestampMs, 0);
  return {
    elapsedMs,
    now: () => new Date(Date.parse(now) + waitedMs + elapsedMs()).toISOString(),
  };
}

/** Nothing leaves while the circuit is open, whatever is due. */
function later(due: string | null, openUntil: string | null): string | null {
  if (due === null || openUntil === null) return due;
  return due > openUntil ? due : openUntil;
}
