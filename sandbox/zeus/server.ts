import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { SmtpAddress } from '../mailer.ts';
import { requireInstant } from '../paygent/answer-error.ts';
import { Refusal } from '../paygent/refusal.ts';
import { openZeusDesk, type ZeusDesk } from './desk.ts';
import { startErrorMailer } from './error-mail.ts';
import { zeusFaultSchema } from './faults.ts';
import { RESULTS, zeusMerchantSchema } from './merchant.ts';
import { drawPayment } from './payment.ts';
import { sendResults } from './sender.ts';
import { accountOf, recordOf, type ZeusRecord } from './state.ts';

export interface ZeusSandboxOptions {
  /** Keeps everything; without it nothing survives the end. */
  readonly dataDir?: string | undefined;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Where error mails go; without it none are sent. */
  readonly smtp?: SmtpAddress | undefined;
}

export interface ZeusSandbox {
  readonly url: string;
  /** Feeds the time from inside the process; unlike PUT /clock, a restart forgets it. */
  feedClock(now: string): void;
  stop(): Promise<void>;
}

const loopback = '127.0.0.1';

/** Starts the simulated ZEUS on loopback; see docs/sandbox.md for its routes. */
export async function startZeusSandbox(options: ZeusSandboxOptions = {}): Promise<ZeusSandbox> {
  const desk = openZeusDesk(options.dataDir);
  const mailer = options.smtp ? startErrorMailer(desk, options.smtp) : null;
  const app = createApp(desk, () => mailer?.wake());
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = app.listen(options.port ?? 0, loopback, (error?: Error) =>
      error ? reject(error) : resolve(listening),
    );
  });
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    feedClock: (now) => desk.moveClock(now, false),
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await mailer?.stop();
      desk.close();
    },
  };
}

function createApp(desk: ZeusDesk, afterSending: () => void): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '5mb' }));
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  addControlRoutes(app, desk);
  addPaymentRoutes(app, desk, afterSending);
  addSendErrorRoutes(app, desk, afterSending);
  app.use(() => {
    throw new Refusal(404, 'no_such_page', 'このURLはありません。docs/sandbox.md を見てください。');
  });
  app.use(answerError);
  return app;
}

/** What the simulation itself needs: time, merchants and faults. */
function addControlRoutes(app: express.Express, desk: ZeusDesk): void {
  app
    .route('/clock')
    .get((_request, response) => {
      response.json({ now: desk.state.now });
    })
    .put((request, response) => {
      desk.moveClock(requireInstant((request.body as { now?: unknown } | undefined)?.now), true);
      response.json({ now: desk.state.now });
    });
  app.put('/merchants/:merchantId', (request, response) => {
    const { merchantId } = request.params;
    const merchant = zeusMerchantSchema.parse({ ...request.body, merchantId });
    desk.commit({ type: 'merchant', merchant });
    response.json(merchant);
  });
  app
    .route('/faults')
    .get((_request, response) => {
      response.json({ faults: desk.state.faults });
    })
    .post((request, response) => {
      const fault = zeusFaultSchema.parse(request.body);
      desk.commit({ type: 'fault', fault });
      response.status(201).json(fault);
    })
    .delete((_request, response) => {
      desk.commit({ type: 'faults_cleared' });
      response.status(204).end();
    });
}

const paymentsSchema = z.strictObject({
  /** So many new payments of customers drawn from the merchant's seed. */
  count: z.int().min(1).max(100_000).default(1),
  result: z.enum(RESULTS).default('OK'),
  /** Another result of a payment that is there already. */
  orderNumber: z.string().optional(),
});

/** Customers pay by their carrier, and ZEUS calls the merchant with each result. */
function addPaymentRoutes(app: express.Express, desk: ZeusDesk, afterSending: () => void): void {
  app.post('/merchants/:merchantId/payments', async (request, response) => {
    const { merchantId } = request.params;
    const asked = paymentsSchema.parse(request.body ?? {});
    const orderNumbers = takePayments(desk, merchantId, asked);
    const sums = await sendResults(desk, merchantId, orderNumbers);
    afterSending();
    response.status(201).json({ orderNumbers, ...sums });
  });
  app.get('/merchants/:merchantId/payments', (request, response) => {
    const { records } = accountOf(desk.state, request.params.merchantId);
    response.json({ payments: [...records.values()].map(showRecord) });
  });
}

function takePayments(
  desk: ZeusDesk,
  merchantId: string,
  { count, result, orderNumber }: z.output<typeof paymentsSchema>,
): string[] {
  desk.now();
  if (orderNumber !== undefined) {
    const { payment } = recordOf(desk.state, merchantId, orderNumber);
    desk.commit({ type: 'payment', merchantId, payment: { ...payment, result } });
    return [orderNumber];
  }
  const { merchant, records } = accountOf(desk.state, merchantId);
  return Array.from({ length: count }, () => {
    const payment = { ...drawPayment(merchant, records.size + 1), result };
    desk.commit({ type: 'payment', merchantId, payment });
    return payment.orderNumber;
  });
}

const chosenSchema = z.strictObject({ orderNumbers: z.array(z.string()).min(1).max(100_000) });

/** [キャリア決済 CGI 送信エラー処理] of 売上管理: the list, 再送信 and 処理済. */
function addSendErrorRoutes(app: express.Express, desk: ZeusDesk, afterSending: () => void): void {
  const list = '/merchants/:merchantId/send-errors';
  app.get(list, (request, response) => {
    const { records } = accountOf(desk.state, request.params.merchantId);
    const errors = [...records.values()].filter((record) => record.sendError !== null);
    response.json({ sendErrors: errors.map(showRecord) });
  });
  app.post(`${list}/resend`, async (request, response) => {
    const { merchantId } = request.params;
    const { orderNumbers } = chosenSchema.parse(request.body);
    refuseStrangers(desk, merchantId, orderNumbers);
    const sums = await sendResults(desk, merchantId, orderNumbers);
    afterSending();
    response.json(sums);
  });
  app.post(`${list}/settle`, (request, response) => {
    const { merchantId } = request.params;
    const { orderNumbers } = chosenSchema.parse(request.body);
    refuseStrangers(desk, merchantId, orderNumbers);
    for (const orderNumber of orderNumbers) {
      desk.commit({ type: 'settled', merchantId, orderNumber, at: desk.now() });
    }
    response.json({ settled: orderNumbers.length });
  });
}

function refuseStrangers(desk: ZeusDesk, merchantId: string, orderNumbers: readonly string[]) {
  for (const orderNumber of orderNumbers) {
    if (recordOf(desk.state, merchantId, orderNumber).sendError !== null) continue;
    throw new Refusal(409, 'no_send_error', `オーダーNo ${orderNumber} に送信エラーはありません。`);
  }
}

function showRecord({ payment, sends, sendError, failedAt }: ZeusRecord) {
  return { ...payment, CGISendErr: sendError, failedAt, sends };
}

function answerError(error: unknown, _request: Request, response: Response, next: NextFunction) {
  if (response.headersSent) return next(error);
  const { name, issues } = error as { name?: string; issues?: unknown };
  const refusal =
    name === 'ZodError' || name === '$ZodError'
      ? new Refusal(422, 'unreadable_body', '送られた内容を読めません。', { issues })
      : error;
  if (!(refusal instanceof Refusal)) return next(error);
  response
    .status(refusal.status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: refusal.code, detail: refusal.message, ...refusal.details }));
}
