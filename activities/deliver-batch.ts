import { admittedBy, type Circuit, circuitAfter, decideAfterAttempt } from '../billing/delivery.ts';
import type { Db } from '../db/database.ts';
import {
  type Claim,
  type EndedAttempt,
  recordAttempts,
  returnClaims,
} from '../db/queries/deliveries.ts';
import type { DeliveryEndpoint } from '../db/queries/delivery-endpoints.ts';
import type { Sender } from './delivery-sender.ts';

export interface Batch<Claimed extends Claim> {
  readonly endpoint: DeliveryEndpoint;
  readonly claimed: readonly Claimed[];
  readonly sender: Sender<Claimed>;
  /** The merchant's clock. */
  readonly now: () => string;
  /** The worker is to end, or another one has taken over: no further delivery leaves. */
  readonly isStopping: () => boolean;
  /** Writes down a circuit that the answers have changed. */
  readonly saveCircuit: (after: Circuit) => Promise<void>;
}

/**
 * Sends claimed deliveries, as many at a time as the endpoint allows, and writes down each answer as
 * soon as the writing before has ended. When the circuit opens or the worker is to end, the rest goes
 * back into the queue.
 */
export async function deliverBatch<Claimed extends Claim>(
  db: Db,
  merchantId: number,
  batch: Batch<Claimed>,
): Promise<void> {
  const { endpoint, sender, now, isStopping } = batch;
  const waiting = [...batch.claimed];
  const unsent: Claim[] = [];
  const recorder = createRecorder((ended) => recordAttempts(db, merchantId, ended));
  let circuit = endpoint.circuit;
  const sendInTurn = async () => {
    for (let delivery = waiting.shift(); delivery !== undefined; delivery = waiting.shift()) {
      if (isStopping() || recorder.failed() || admittedBy(circuit, now(), 1) === 0) {
        unsent.push(delivery);
        continue;
      }
      const startedAt = performance.now();
      const sent = await sender.send(delivery, endpoint, now());
      const endedAt = now();
      circuit = circuitAfter(circuit, sent, endpoint, endedAt);
      recorder.add({
        ...sent,
        delivery,
        durationMs: Math.round(performance.now() - startedAt),
        endedAt,
        next: decideAfterAttempt(sent.outcome, delivery.triesLeft, endpoint, endedAt),
      });
    }
  };
  await Promise.all(Array.from({ length: endpoint.concurrency }, sendInTurn));
  await recorder.finish();
  if (unsent.length > 0) await returnClaims(db, merchantId, unsent);
  const before = endpoint.circuit;
  if (circuit.failuresInARow !== before.failuresInARow || circuit.openUntil !== before.openUntil) {
    await batch.saveCircuit(circuit);
  }
}

/** Writes in one statement whatever has ended while the statement before was running. */
function createRecorder(write: (ended: EndedAttempt[]) => Promise<unknown>) {
  let ended: EndedAttempt[] = [];
  let writing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const writeAll = async () => {
    while (ended.length > 0) {
      const taken = ended;
      ended = [];
      await write(taken);
    }
  };
  const start = () => {
    writing ??= writeAll()
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        writing = undefined;
      });
  };
  return {
    add(attempt: EndedAttempt) {
      ended.push(attempt);
      start();
    },
    failed: () => failure !== undefined,
    /** Throws what a write has thrown: then nobody knows what is recorded, and the round is redone. */
    async finish() {
      while (writing !== undefined) await writing;
      if (failure !== undefined) throw failure.error;
    },
  };
}
