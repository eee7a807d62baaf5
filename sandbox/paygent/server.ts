import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { SmtpAddress } from '../mailer.ts';
import { answerError, requireInstant } from './answer-error.ts';
import { moveClock } from './clock.ts';
import { startCompletionMailer } from './completion-mail.ts';
import { addControlRoutes, addLedgerRoutes } from './control-routes.ts';
import { openDesk } from './desk.ts';
import { addFileRoutes } from './file-routes.ts';
import { addPageErrors, addPageRoutes } from './pages/page-routes.ts';
import { addPaymentRoutes } from './payment-routes.ts';
import type { Portal } from './portal.ts';
import { Refusal } from './refusal.ts';
import { type SftpFront, startSftpFront } from './sftp-front.ts';
import { startTelegramFront, type TelegramFront } from './telegram-front.ts';

export interface PaygentSandboxOptions {
  /** Keeps everything; belongs to one running sandbox. */
  readonly dataDir: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Port of its SFTP server; 0 takes a free one. */
  readonly sftpPort?: number;
  /** Port of its file service by telegram; 0 takes a free one. */
  readonly telegramPort?: number;
  /** Where completion mails go; without it none are sent. */
  readonly smtp?: SmtpAddress | undefined;
}

export interface PaygentSandbox {
  readonly url: string;
  readonly sftp: Pick<SftpFront, 'loginOf' | 'faults' | 'cuts'>;
  readonly telegrams: Pick<TelegramFront, 'accessOf'>;
  /** Feeds the sandbox the time from inside its process; unlike PUT /clock, a restart forgets it. */
  feedClock(now: string): Promise<void>;
  stop(): Promise<void>;
}

const loopback = '127.0.0.1';
const nowHeader = 'x-sandbox-now';

/** Starts the simulated Paygent Online on loopback; see docs/sandbox.md for its pages and routes. */
export async function startPaygentSandbox(options: PaygentSandboxOptions): Promise<PaygentSandbox> {
  const desk = openDesk(options.dataDir);
  const mailer = options.smtp ? startCompletionMailer(desk, options.smtp) : null;
  const afterChange = (): void => {
    mailer?.wake();
    sftp.putResults();
  };
  const { dataDir, sftpPort = 0, telegramPort = 0 } = options;
  const sftp = await startSftpFront(desk, { dataDir, port: sftpPort, afterChange });
  const ways = { dataDir, port: telegramPort, afterChange };
  const telegrams = await startTelegramFront(desk, ways);
  const app = createApp({ desk, pending: new Map(), afterChange, sftp, telegrams });
  const server = await listen(app, options.port ?? 0);
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    sftp,
    telegrams,
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
      await sftp.stop();
      await telegrams.stop();
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

function createApp(portal: Portal): express.Express {
  const { desk, afterChange } = portal;
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
  addControlRoutes(app, portal);
  addLedgerRoutes(app, desk);
  addFileRoutes(app, portal);
  addPaymentRoutes(app, portal);
  addPageRoutes(app, portal);
  app.use(() => {
    throw new Refusal(404, 'no_such_page', 'このURLはありません。docs/sandbox.md を見てください。');
  });
  addPageErrors(app, portal);
  app.use(answerError);
  return app;
}
