import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import { moveClock, parseInstant, readClock } from './clock.ts';
import { type SmtpAddress, startCompletionMailer } from './completion-mail.ts';
import { type Desk, openDesk } from './desk.ts';
import { faultSchema } from './faults.ts';
import { showOrder, sumAccount } from './ledger.ts';
import { merchantSchema } from './merchant.ts';
import { Refusal } from './refusal.ts';
import { downloadResult, searchResults } from './results.ts';
import { accountOf, merchantOf } from './state.ts';
import { readUploadForm } from './upload-form.ts';
import { confirmUpload, type PendingUploads, receiveUpload } from './uploads.ts';

export interface PaygentSandboxOptions {
  /** Keeps everything; belongs to one running sandbox. */
  readonly dataDir: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Where completion mails go; without it none are sent. */
  readonly smtp?: SmtpAddress | undefined;
}

export interface PaygentSandbox {
  readonly url: string;
  /** Feeds the sandbox the time from inside its process; unlike PUT /clock, a restart forgets it. */
  feedClock(now: string): Promise<void>;
  stop(): Promise<void>;
}

const loopback = '127.0.0.1';
const nowHeader = 'x-sandbox-now';

/** Starts the simulated Paygent Online on loopback; see docs/sandbox.md for its routes. */
export async function startPaygentSandbox(options: PaygentSandboxOptions): Promise<PaygentSandbox> {
  const desk = openDesk(options.dataDir);
  const mailer = options.smtp ? startCompletionMailer(desk, options.smtp) : null;
  const afterChange = (): void => mailer?.wake();
  const app = createApp(desk, afterChange);
  const server = await listen(app, options.port ?? 0);
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    async feedClock(now) {
      await moveClock(desk, now, false);
      afterChange();
    },
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await mailer?.stop();
      await desk.close();
    },
  };
}

function listen(app: express.Express, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, loopback, (error?: Error) =>
      error ? reject(error) : resolve(server),
    );
  });
}

function createApp(desk: Desk, afterChange: () => void): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '5mb' }));
  app.use(async (request: Request, _response: Response, next: NextFunction) => {
    const now = request.get(nowHeader);
    if (now !== undefined) await moveClock(desk, requireInstant(now));
    if (now !== undefined) afterChange();
    next();
  });
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  addControlRoutes(app, desk, afterChange);
  addLedgerRoutes(app, desk);
  addPortalRoutes(app, desk, afterChange);
  app.use(() => {
    throw new Refusal(404, 'no_such_page', 'このURLはありません。docs/sandbox.md を見てください。');
  });
  app.use(answerError);
  return app;
}

/** What the simulation itself needs: time, merchants and faults. */
function addControlRoutes(app: express.Express, desk: Desk, afterChange: () => void): void {
  app.get('/clock', (_request, response) => {
    response.json({ now: desk.state.now });
  });
  app.put('/clock', async (request, response) => {
    await moveClock(desk, requireInstant((request.body as { now?: unknown } | undefined)?.now));
    afterChange();
    response.json({ now: desk.state.now });
  });
  app.put('/merchants/:merchantId', async (request, response) => {
    const { merchantId } = request.params;
    const merchant = merchantSchema.parse({ ...request.body, merchantId });
    await desk.inTurn(() => desk.commit({ type: 'merchant', merchant }));
    afterChange();
    response.json(merchant);
  });
  app.get('/merchants/:merchantId', (request, response) => {
    response.json(merchantOf(desk.state, request.params.merchantId));
  });
  app
    .route('/faults')
    .get((_request, response) => {
      response.json({ faults: desk.state.faults });
    })
    .post(async (request, response) => {
      const ordered = faultSchema.parse(request.body);
      await desk.inTurn(() => desk.commit({ type: 'fault', ordered }));
      response.status(201).json(ordered);
    })
    .delete(async (_request, response) => {
      await desk.inTurn(() => desk.commit({ type: 'faults_cleared' }));
      response.status(204).end();
    });
}

function addLedgerRoutes(app: express.Express, desk: Desk): void {
  app.get(['/ledger', '/ledger.json'], (_request, response) => {
    const now = readClock(desk);
    const merchants = [...desk.state.merchants.keys()].map((merchantId) => ({
      merchantId,
      totals: sumAccount(accountOf(desk.state, merchantId), now),
    }));
    response.json({ now, merchants });
  });
  app.get('/merchants/:merchantId/ledger', (request, response) => {
    const now = readClock(desk);
    const { merchantId } = merchantOf(desk.state, request.params.merchantId);
    const account = accountOf(desk.state, merchantId);
    const orders = [...account.orders.values()].map((history) => showOrder(history, now));
    response.json({ now, merchantId, totals: sumAccount(account, now), orders });
  });
  app.get('/merchants/:merchantId/ledger/:orderNumber', (request, response) => {
    const { merchantId, orderNumber } = request.params;
    const account = accountOf(desk.state, merchantOf(desk.state, merchantId).merchantId);
    const history = account.orders.get(orderNumber);
    if (!history) throw new Refusal(404, 'unknown_order', 'この注文番号の取引はありません。');
    response.json(showOrder(history, readClock(desk)));
  });
}

/** What an operator does with the mouse at Paygent Online. */
function addPortalRoutes(app: express.Express, desk: Desk, afterChange: () => void): void {
  const pending: PendingUploads = new Map();
  app.post(
    '/merchants/:merchantId/uploads',
    express.raw({ type: () => true, limit: '64mb' }),
    async (request, response) => {
      const form = await readUploadForm(request);
      const { merchantId } = request.params;
      response.status(201).json(await receiveUpload(desk, pending, merchantId, form));
    },
  );
  app.post('/merchants/:merchantId/uploads/:uploadId/confirm', async (request, response) => {
    const { merchantId, uploadId } = request.params;
    const acceptance = await confirmUpload(desk, pending, merchantId, uploadId);
    afterChange();
    if (acceptance === 'cut') request.socket.destroy();
    else response.json(acceptance);
  });
  app.get('/merchants/:merchantId/results', (request, response) => {
    const { acceptanceNumber, acceptedFrom, acceptedTo, transactionKind } = request.query as Record<
      string,
      string | undefined
    >;
    const search = {
      acceptanceNumber,
      acceptedFrom: acceptedFrom && requireInstant(acceptedFrom),
      acceptedTo: acceptedTo && requireInstant(acceptedTo),
      transactionKind,
    };
    response.json({ results: searchResults(desk, request.params.merchantId, search) });
  });
  app.get('/merchants/:merchantId/results/:acceptanceNumber', (request, response) => {
    const { merchantId, acceptanceNumber } = request.params;
    const bytes = downloadResult(desk, merchantId, acceptanceNumber);
    response.type('text/csv').attachment(`result_${acceptanceNumber}.csv`).send(bytes);
  });
}

function requireInstant(text: unknown): string {
  const instant = parseInstant(text);
  if (instant !== null) return instant;
  throw new Refusal(
    400,
    'unreadable_instant',
    '時刻は 2026-11-22T09:00:00+09:00 または ...Z の形で送ってください。',
  );
}

function answerError(error: unknown, _request: Request, response: Response, next: NextFunction) {
  if (response.headersSent) return next(error);
  const refusal = asRefusal(error);
  response
    .status(refusal.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: refusal.code,
        status: refusal.status,
        detail: refusal.message,
        ...refusal.details,
      }),
    );
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { name, status, issues, message } = error as Error & { status?: number; issues?: unknown };
  if (name === 'ZodError' || name === '$ZodError') {
    return new Refusal(
      422,
      'unreadable_body',
      '送られた内容を読めません。issues を見てください。',
      { issues },
    );
  }
  if (status !== undefined && status < 500)
    return new Refusal(status, 'unreadable_request', message);
  console.error(error);
  return new Refusal(500, 'sandbox_failed', `模擬ペイジェントの内部エラーです: ${message}`);
}
