import { randomUUID } from 'node:crypto';
import { type Request, Router } from 'express';
import { listMerchantsWithUnjudgedCalls } from '../../db/queries/carrier-calls.ts';
import { listEndpointsWithWork } from '../../db/queries/delivery-wakes.ts';
import { holdsCardNumber } from '../../imports/carrier-call-guard.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { RateLimits } from '../rate-limits.ts';
import { asksToContinue } from '../request-input.ts';
import type { ApiState } from '../state.ts';
import { type CallAnswer, createCallIntake } from './call-intake.ts';
import { createDeliveryWaker } from './delivery-waker.ts';
import { type CarrierMerchant, createKnownMerchants } from './known-merchants.ts';

export interface CarrierReceiver {
  readonly router: Router;
  /** What an earlier process left: calls that were cut off, desks that were not woken. */
  takeUp(): Promise<void>;
}

/** The whole path but its secret, for logs and measurements. */
const routePattern = '/callbacks/zeus/:merchant';
/** ZEUS waits for an answer; ours is due within a second. */
const answerWithinMs = 900;
/** A call is some hundred bytes. */
const bodyBytesMax = 64 * 1024;

/** What is told in short; operators look at the record, senders at the status. */
const answers: Readonly<Record<CallAnswer, { readonly status: number; readonly text: string }>> = {
  taken: { status: 200, text: 'OK' },
  unusable: { status: 400, text: 'NG: parameters' },
  card_number: { status: 422, text: 'NG: card number' },
  not_taken: { status: 503, text: 'NG: not taken, call again' },
};

/**
 * Takes carrier-payment calls of ZEUS, by GET or POST. It needs Postgres and nothing else: a call is
 * answered 200 once its row and its meaning are committed, and 5xx when that is not sure in time.
 */
export function createCarrierReceiver(
  deps: ApiDependencies,
  state: ApiState,
  limits: Pick<RateLimits, 'strangers'>,
): CarrierReceiver {
  const merchants = createKnownMerchants(deps);
  const waker = createDeliveryWaker(deps.workflows, deps.logger);
  const intake = createCallIntake(deps, (merchant, endpoints) => {
    for (const endpoint of endpoints) waker.wake(merchant, endpoint);
  });
  const router = Router({ strict: true, caseSensitive: true });
  router.all('/callbacks/zeus/:merchant{/:secret}', async (request, response, next) => {
    const startedMs = performance.now();
    const untilMs = startedMs + answerWithinMs;
    response.locals.route = routePattern;
    const answer = (status: number, text: string) => {
      const { carrierCalls, carrierCallSeconds } = state.metrics;
      carrierCalls.inc({ status: String(status) });
      const seconds = (performance.now() - startedMs) / 1000;
      carrierCallSeconds.observe({ status: String(status) }, seconds);
      if (!request.complete) {
        // What is still on its way is read and dropped: a cut sender would not see the answer.
        response.set('Connection', 'close');
        request.resume();
      }
      response.status(status).set('Cache-Control', 'no-store').type('text/plain').send(text);
    };
    if (request.method !== 'GET' && request.method !== 'POST') {
      response.set('Allow', 'GET, POST');
      return answer(405, 'NG: method');
    }
    const merchant = await merchants.find(String(request.params.merchant)).catch(() => null);
    if (merchant === null) return answer(503, answers.not_taken.text);
    const secret = request.params.secret;
    if (merchant?.admits(request.ip ?? '', secret?.toString()) !== true) {
      // Counted only here: whoever is let in is never turned away for the number of its calls.
      await limits.strangers(request, response, (error?: unknown) => {
        if (error !== undefined) return next(error);
        answer(404, 'NG');
      });
      return;
    }
    if (asksToContinue(request)) response.writeContinue();
    const body = await readBody(request, untilMs);
    if (body === 'too_large') return answer(413, 'NG: too large');
    if (body === 'cut') return answer(503, answers.not_taken.text);
    const call = toCall(deps, merchant, request, body);
    const taken = answers[await intake.take(merchant, call, untilMs)];
    answer(taken.status, taken.text);
  });
  return {
    router,
    async takeUp() {
      const db = deps.callsDb ?? deps.db;
      for (const { merchant: slug, clockOffsetMs, slug: endpoint } of await listEndpointsWithWork(
        db,
      )) {
        waker.wake({ slug, clockOffsetMs }, endpoint);
      }
      for (const slug of await listMerchantsWithUnjudgedCalls(db)) {
        const merchant = await merchants.find(slug);
        if (merchant !== undefined) await intake.takeUp(merchant);
      }
    },
  };
}

function toCall(deps: ApiDependencies, merchant: CarrierMerchant, request: Request, body: Buffer) {
  const at = request.originalUrl.indexOf('?');
  const query = Buffer.from(at < 0 ? '' : request.originalUrl.slice(at + 1), 'latin1');
  const exempt = [merchant.settings.parameterNames.orderNumber];
  const contentType = request.get('Content-Type') ?? '';
  const hasCardNumber =
    holdsCardNumber(query, exempt) ||
    holdsCardNumber(body, exempt) ||
    holdsCardNumber(Buffer.from(contentType, 'latin1'), []);
  return {
    publicId: randomUUID(),
    receivedAt: new Date(deps.realNow().getTime() + merchant.clockOffsetMs).toISOString(),
    method: request.method as 'GET' | 'POST',
    contentType: hasCardNumber || contentType === '' ? null : contentType.slice(0, 200),
    sourceAddress: request.ip ?? '',
    bytes: hasCardNumber ? null : { query, body },
  };
}

/** `cut`: it did not come whole in time. */
async function readBody(request: Request, untilMs: number): Promise<Buffer | 'too_large' | 'cut'> {
  if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) return 'too_large';
  return await new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => resolve('cut'), untilMs - performance.now());
    const settle = (body: Buffer | 'too_large' | 'cut') => {
      clearTimeout(timer);
      resolve(body);
    };
    request.on('data', (piece: Buffer) => {
      bytes += piece.byteLength;
      if (bytes > bodyBytesMax) settle('too_large');
      else pieces.push(piece);
    });
    request.once('end', () => settle(Buffer.concat(pieces)));
    request.once('error', () => settle('cut'));
  });
}
