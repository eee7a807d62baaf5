import {
  insertCarrierCalls,
  type JudgedCall,
  listUnjudgedCalls,
  type NewCarrierCall,
  type RecordedCalls,
  recordCarrierCalls,
  type StoredCarrierCall,
} from '../../db/queries/carrier-calls.ts';
import { readCarrierCall } from '../../psp/zeus/carrier-call.ts';
import { describeError } from '../../temporal/describe-error.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { CarrierMerchant } from './known-merchants.ts';

/** What the sender of a call is told. `not_taken`: it is not safe with us, call again. */
export type CallAnswer = 'taken' | 'unusable' | 'card_number' | 'not_taken';

export interface CallIntake {
  /**
   * Never rejects. `taken` comes after the call's row and its meaning are committed.
   * @param untilMs by when the answer is due, on the clock of `performance.now()`.
   */
  take(merchant: CarrierMerchant, call: NewCarrierCall, untilMs: number): Promise<CallAnswer>;
  /** Takes up calls that were stored and cut off before their meaning was written. */
  takeUp(merchant: CarrierMerchant): Promise<void>;
}

/** One commit for as many calls as came in during the one before. */
const batchMax = 500;
/** More than this waiting means that Postgres is not keeping up: better an honest 503 at once. */
const waitingMax = 5_000;
const retryMs = 1_000;

interface Waiting {
  readonly call: NewCarrierCall;
  answer(answer: CallAnswer): void;
  /** The sender has had its 503 already: the call must not be taken behind its back. */
  readonly isGone: () => boolean;
}

/**
 * Writes calls merchant by merchant, many in one statement: first as they came, then, read, what they
 * mean. Between the two commits a call may be cut off; it is taken up with the next one.
 */
export function createCallIntake(
  deps: Pick<ApiDependencies, 'db' | 'callsDb' | 'realNow' | 'logger'>,
  onQueued: (merchant: CarrierMerchant, endpoints: readonly string[]) => void,
): CallIntake {
  const queues = new Map<number, MerchantQueue>();
  const queueOf = (merchant: CarrierMerchant): MerchantQueue => {
    const queue = queues.get(merchant.id) ?? new MerchantQueue(deps, onQueued);
    queues.set(merchant.id, queue);
    queue.merchant = merchant;
    return queue;
  };
  return {
    async take(merchant, call, untilMs) {
      return await new Promise<CallAnswer>((resolve) => {
        let gone = false;
        const timer = setTimeout(() => {
          gone = true;
          resolve('not_taken');
        }, untilMs - performance.now());
        const answer = (given: CallAnswer) => {
          clearTimeout(timer);
          resolve(given);
        };
        queueOf(merchant).add({ call, answer, isGone: () => gone });
      });
    },
    takeUp: (merchant) => queueOf(merchant).takeUp(),
  };
}

class MerchantQueue {
  merchant: CarrierMerchant | undefined;
  private readonly deps: Parameters<typeof createCallIntake>[0];
  private readonly onQueued: Parameters<typeof createCallIntake>[1];
  private waiting: Waiting[] = [];
  private running = false;
  /** Something may have been cut off: by the process before this one, or by a failure. */
  private doubtful = true;

  constructor(
    deps: Parameters<typeof createCallIntake>[0],
    onQueued: Parameters<typeof createCallIntake>[1],
  ) {
    this.deps = deps;
    this.onQueued = onQueued;
  }

  add(waiting: Waiting): void {
    if (this.waiting.length >= waitingMax) {
      waiting.answer('not_taken');
      return;
    }
    this.waiting.push(waiting);
    void this.run();
  }

  async takeUp(): Promise<void> {
    this.doubtful = true;
    await this.run();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      while (this.merchant !== undefined && (this.waiting.length > 0 || this.doubtful)) {
        const batch = this.waiting.splice(0, batchMax).filter((one) => !one.isGone());
        if (!(await this.tryBatch(this.merchant, batch))) break;
      }
    } finally {
      this.running = false;
    }
  }

  /** False after a failure: what still waits is tried again after a pause. */
  private async tryBatch(merchant: CarrierMerchant, batch: readonly Waiting[]): Promise<boolean> {
    try {
      await this.write(merchant, batch);
      return true;
    } catch (error) {
      this.doubtful = true;
      for (const { answer } of batch) answer('not_taken');
      this.deps.logger.error(
        { merchant: merchant.slug, calls: batch.length, error: describeError(error) },
        'carrier calls not taken',
      );
      if (this.waiting.length > 0) return true;
      setTimeout(() => void this.run(), retryMs).unref();
      return false;
    }
  }

  private async write(merchant: CarrierMerchant, batch: readonly Waiting[]): Promise<void> {
    const db = this.deps.callsDb ?? this.deps.db;
    const stored =
      batch.length === 0
        ? []
        : await insertCarrierCalls(
            db,
            merchant.id,
            batch.map(({ call }) => call),
          );
    let cutOff: readonly StoredCarrierCall[] = [];
    if (this.doubtful) {
      const fresh = new Set(stored.map(({ id }) => id));
      const unjudged = await listUnjudgedCalls(db, merchant.id, { limit: batchMax });
      cutOff = unjudged.filter(({ id }) => !fresh.has(id));
    }
    const judged = [...cutOff, ...stored].flatMap((call) => this.judge(merchant, call));
    const now = new Date(this.deps.realNow().getTime() + merchant.clockOffsetMs).toISOString();
    const { verdicts, endpoints } = await this.record(merchant, judged, now);
    // A full page may not be all; but what cannot be read must not be looked at for ever.
    this.doubtful = cutOff.length > batchMax / 2 && judged.length > stored.length;
    stored.forEach(({ id }, index) => {
      batch[index]?.answer(answerOf(verdicts.get(id)));
    });
    if (endpoints.length > 0) this.onQueued(merchant, endpoints);
  }

  /** One call that Postgres cannot take for what it holds must not keep all others out. */
  private async record(
    merchant: CarrierMerchant,
    judged: readonly JudgedCall[],
    now: string,
  ): Promise<RecordedCalls> {
    const { callsDb, db, logger } = this.deps;
    try {
      return await recordCarrierCalls(callsDb ?? db, merchant.id, judged, now);
    } catch (error) {
      if (judged.length === 0 || !isAboutValues(error)) throw error;
      const [first, ...others] = judged;
      if (first !== undefined && others.length === 0) {
        logger.error({ call: first.call.publicId, error: describeError(error) }, 'call not kept');
        return { verdicts: new Map(), endpoints: [] };
      }
    }
    const half = Math.ceil(judged.length / 2);
    const one = await this.record(merchant, judged.slice(0, half), now);
    const other = await this.record(merchant, judged.slice(half), now);
    return {
      verdicts: new Map([...one.verdicts, ...other.verdicts]),
      endpoints: [...new Set([...one.endpoints, ...other.endpoints])],
    };
  }

  /** A call that our own code cannot read stays without a verdict until the code is mended. */
  private judge(merchant: CarrierMerchant, call: StoredCarrierCall): JudgedCall[] {
    if (call.bytes === null) return [{ call, read: { kind: 'card_number' } }];
    try {
      return [{ call, read: readCarrierCall(call.bytes, merchant.settings) }];
    } catch (error) {
      const { logger } = this.deps;
      logger.error({ call: call.publicId, error: describeError(error) }, 'carrier call unread');
      return [];
    }
  }
}

/** Classes of SQLSTATE that tell of the rows, not of the server or the connection. */
const valueErrorClasses = new Set([
  '22', // data exception
  '23', // integrity constraint violation
  '54', // program limit exceeded, such as the length of an index row
]);

function isAboutValues(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && valueErrorClasses.has(code.slice(0, 2));
}

function answerOf(verdict: string | undefined): CallAnswer {
  if (verdict === undefined) return 'not_taken';
  return verdict === 'unusable' || verdict === 'card_number' ? verdict : 'taken';
}
