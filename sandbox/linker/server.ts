import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type NextFunction, type Request, type Response } from 'express';
import { requireInstant } from '../paygent/answer-error.ts';
import { Refusal } from '../paygent/refusal.ts';
import type { SftpFaults } from '../sftp-server.ts';
import { writeAnswer } from './answer.ts';
import { answerName, type LinkerDesk, openLinkerDesk } from './desk.ts';
import { linkerFaultSchema } from './faults.ts';
import { linkerMerchantSchema } from './merchant.ts';
import { type LinkerLogin, type LinkerSftp, startLinkerSftp } from './sftp-front.ts';
import { accountOf, type TakenFile } from './state.ts';

export interface LinkerSandboxOptions {
  /** Keeps everything; without it nothing survives the end. */
  readonly dataDir?: string | undefined;
  /** 0 takes a free port. */
  readonly port?: number;
}

export interface LinkerSandbox {
  readonly url: string;
  /** Feeds the time from inside the process; unlike PUT /clock, a restart forgets it. */
  feedClock(now: string): void;
  /** What a merchant has to set to hand its link files over by SFTP. */
  sftpLogin(merchantId: string): LinkerLogin;
  readonly sftpFaults: SftpFaults;
  stop(): Promise<void>;
}

const loopback = '127.0.0.1';

/**
 * Plays the PSP that links the cards of an old cart to customers of ours: Yamato, GMO or ZEUS. Takes
 * link files, and returns cards after its delay; see docs/sandbox.md for its routes.
 */
export async function startLinkerSandbox(
  options: LinkerSandboxOptions = {},
): Promise<LinkerSandbox> {
  const { dataDir } = options;
  const desk = openLinkerDesk(dataDir);
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'tsukigime-linker-'));
  const sftp = await startLinkerSftp(desk, { dataDir: folder, port: 0 });
  const app = createApp(desk, sftp);
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = app.listen(options.port ?? 0, loopback, (error?: Error) =>
      error ? reject(error) : resolve(listening),
    );
  });
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    feedClock(now) {
      desk.moveClock(now, false);
      sftp.putAnswers();
    },
    sftpLogin: (merchantId) => sftp.loginOf(merchantId),
    sftpFaults: sftp.faults,
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await sftp.stop();
      desk.close();
      if (dataDir === undefined) rmSync(folder, { recursive: true });
    },
  };
}

function createApp(desk: LinkerDesk, sftp: LinkerSftp): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  // Before the reader of JSON: whatever an upload calls itself, it is bytes.
  addFileRoutes(app, desk, sftp);
  app.use(express.json({ limit: '5mb' }));
  addControlRoutes(app, desk, sftp);
  app.use(() => {
    throw new Refusal(404, 'no_such_page', 'このURLはありません。docs/sandbox.md を見てください。');
  });
  app.use(answerError);
  return app;
}

/** Link files in, returned files out. */
function addFileRoutes(app: express.Express, desk: LinkerDesk, sftp: LinkerSftp): void {
  app.post(
    '/merchants/:merchantId/link-files',
    express.raw({ type: () => true, limit: '64mb' }),
    async (request, response) => {
      const { merchantId } = request.params;
      accountOf(desk.state, merchantId);
      const taken = desk.take(merchantId, await readUpload(request));
      sftp.putAnswers();
      response.status(201).json(show(desk, taken));
    },
  );
  app.get('/merchants/:merchantId/link-files', (request, response) => {
    const { files } = accountOf(desk.state, request.params.merchantId);
    response.json({ linkFiles: files.map((file) => show(desk, file)) });
  });
  app.get('/merchants/:merchantId/answers/:n', (request, response) => {
    const { merchantId, n } = request.params;
    const file = accountOf(desk.state, merchantId).files.find((each) => String(each.n) === n);
    if (file === undefined)
      throw new Refusal(404, 'no_such_file', 'その番号のファイルはありません。');
    if (!desk.listReady(merchantId).includes(file)) {
      throw new Refusal(409, 'not_ready', `返却ファイルは ${file.dueAt} にできあがります。`);
    }
    response.type('text/csv').attachment(answerName(file)).send(writeAnswer(file));
  });
}

/** What the simulation itself needs: time, merchants and orders for the next file. */
function addControlRoutes(app: express.Express, desk: LinkerDesk, sftp: LinkerSftp): void {
  app
    .route('/clock')
    .get((_request, response) => {
      response.json({ now: desk.state.now });
    })
    .put((request, response) => {
      desk.moveClock(requireInstant((request.body as { now?: unknown } | undefined)?.now), true);
      sftp.putAnswers();
      response.json({ now: desk.state.now });
    });
  app.put('/merchants/:merchantId', (request, response) => {
    const { merchantId } = request.params;
    const merchant = linkerMerchantSchema.parse({ ...request.body, merchantId });
    desk.commit({ type: 'merchant', merchant });
    response.json(merchant);
  });
  app.get('/merchants/:merchantId/sftp', (request, response) => {
    response.json(sftp.loginOf(request.params.merchantId));
  });
  app
    .route('/faults')
    .get((_request, response) => {
      response.json({ faults: desk.state.faults });
    })
    .post((request, response) => {
      const { merchantId, fault } = linkerFaultSchema.parse(request.body);
      desk.commit({ type: 'fault', merchantId, fault });
      response.status(201).json({ merchantId, fault });
    })
    .delete((_request, response) => {
      desk.commit({ type: 'faults_cleared' });
      response.status(204).end();
    });
}

/** The field `file` of a form, as a browser sends it, or the bare bytes with `fileName` in the query. */
async function readUpload(request: Request): Promise<{ fileName: string; bytes: Buffer }> {
  const body: unknown = request.body;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const contentType = request.get('content-type') ?? '';
  if (!contentType.startsWith('multipart/form-data')) {
    const { fileName } = request.query;
    return { fileName: typeof fileName === 'string' ? fileName : 'link.csv', bytes };
  }
  const headers = { 'content-type': contentType };
  // Node's own reader of multipart bodies.
  const form = await new globalThis.Response(new Uint8Array(bytes), { headers })
    .formData()
    .catch(() => {
      throw new Refusal(400, 'unreadable_form', 'フォームの内容を読めません。');
    });
  const file = form.get('file');
  if (file === null || typeof file === 'string') {
    throw new Refusal(400, 'file_missing', '連携ファイルを選択してください。');
  }
  return { fileName: file.name, bytes: Buffer.from(await file.arrayBuffer()) };
}

function show(desk: LinkerDesk, file: TakenFile) {
  const { n, fileName, receivedAt, dueAt, pairs, faults, merchant } = file;
  const ready = desk.state.now !== null && dueAt <= desk.state.now;
  const { service } = merchant;
  const answer = { fileName: answerName(file), ready };
  return { n, fileName, service, customers: pairs.length, receivedAt, dueAt, answer, faults };
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
