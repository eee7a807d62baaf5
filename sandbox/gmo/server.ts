import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { answerError, requireInstant } from '../paygent/answer-error.ts';
import { sftpFaultsSchema } from '../paygent/faults.ts';
import { Refusal } from '../paygent/refusal.ts';
import type { SftpFaults } from '../sftp-server.ts';
import { type GmoDesk, openGmoDesk, resultNameOf } from './desk.ts';
import { type GmoFaultInput, gmoFaultSchema } from './faults.ts';
import { type GmoLogin, type GmoSftp, resultFolderIn, startGmoSftp } from './sftp-front.ts';
import { type GmoShopInput, gmoShopSchema } from './shop.ts';
import { accountOf } from './state.ts';

export interface GmoSandboxOptions {
  /** Keeps everything; belongs to one running sandbox. */
  readonly dataDir: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Port of its SFTP server; 0 takes a free one, or that of before. */
  readonly sftpPort?: number;
  /** The caller's time, asked for at each login; without it the time is fed. */
  readonly now?: () => string;
}

export interface GmoSandbox {
  readonly url: string;
  /** Registers a shop, or changes it; as PUT /shops/:shopId. */
  register(shop: GmoShopInput): GmoLogin;
  loginOf(shopId: string): GmoLogin;
  /** Faults of the SFTP server itself; they hold until they are taken back. */
  readonly sftpFaults: SftpFaults;
  /** How many connections the faults have cut. */
  readonly cuts: number;
  /** New connections see another host key; returns its fingerprint. */
  changeHostKey(): string;
  /** Orders a fault for the next answer of a shop. */
  order(fault: GmoFaultInput): void;
  /** What came and what was said of it. */
  ledgerOf(shopId: string): GmoLedger;
  /** Feeds the time from inside the process; unlike PUT /clock, a restart forgets it. */
  feedClock(now: string): void;
  stop(): Promise<void>;
}

/** GMO's own count of a shop's refreshes, kept by rules of its own. */
export interface GmoLedger {
  readonly requests: readonly {
    readonly month: string;
    readonly name: string;
    readonly sha256: string;
    readonly at: string;
    readonly repeated: boolean;
    readonly resultName: string;
    readonly answers: ReturnType<GmoDesk['answersOf']>;
  }[];
  readonly totals: {
    readonly months: number;
    /** Files that came though their month had been asked for. */
    readonly repeatedRequests: number;
    /** Cards that were asked about again after a verdict other than OK. */
    readonly askedAfterRefusal: number;
  };
}

const loopback = '127.0.0.1';

/** Starts the simulated card refresh of GMO on loopback; see docs/sandbox.md for its routes. */
export async function startGmoSandbox(options: GmoSandboxOptions): Promise<GmoSandbox> {
  const { dataDir, now } = options;
  const desk = openGmoDesk(dataDir, resultFolderIn(dataDir));
  const beforeLogin = (): void => {
    if (now !== undefined) desk.moveClock(now(), false);
  };
  const sftp = await startGmoSftp(desk, { dataDir, port: options.sftpPort ?? 0, beforeLogin });
  const app = createApp(desk, sftp);
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = app.listen(options.port ?? 0, loopback, (error?: Error) =>
      error ? reject(error) : resolve(listening),
    );
  });
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    register: (shop) => register(desk, sftp, shop),
    loginOf: (shopId) => sftp.loginOf(shopId),
    sftpFaults: sftp.server.faults,
    get cuts() {
      return sftp.server.cuts;
    },
    changeHostKey: () => sftp.server.changeHostKey(),
    order: (fault) => desk.commit({ type: 'fault', fault: gmoFaultSchema.parse(fault) }),
    ledgerOf: (shopId) => readLedger(desk, shopId),
    feedClock: (instant) => desk.moveClock(instant, false),
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await sftp.server.close();
      desk.close();
    },
  };
}

function register(desk: GmoDesk, sftp: GmoSftp, asked: unknown): GmoLogin {
  const shop = gmoShopSchema.parse(asked);
  desk.commit({ type: 'shop', shop });
  return sftp.loginOf(shop.shopId);
}

function readLedger(desk: GmoDesk, shopId: string): GmoLedger {
  const requests = accountOf(desk.state, shopId).requests.map((request) => {
    const { month, name, sha256, at, repeated } = request;
    const answers = desk.answersOf(request);
    return { month, name, sha256, at, repeated, resultName: resultNameOf(name), answers };
  });
  const answered = requests.filter(({ answers }) => answers.length > 0);
  const refused = new Set<string>();
  let askedAfterRefusal = 0;
  for (const { answers } of answered.sort((one, other) => (one.month < other.month ? -1 : 1))) {
    for (const { member, sequence, verdict } of answers) {
      const card = `${member}/${sequence}`;
      if (refused.has(card)) askedAfterRefusal += 1;
      if (verdict !== '0') refused.add(card);
    }
  }
  return {
    requests,
    totals: {
      months: new Set(requests.map(({ month }) => month)).size,
      repeatedRequests: requests.filter(({ repeated }) => repeated).length,
      askedAfterRefusal,
    },
  };
}

function createApp(desk: GmoDesk, sftp: GmoSftp): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '5mb' }));
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app
    .route('/clock')
    .get((_request, response) => {
      response.json({ now: desk.state.now });
    })
    .put((request, response) => {
      desk.moveClock(requireInstant((request.body as { now?: unknown } | undefined)?.now), true);
      response.json({ now: desk.state.now });
    });
  addShopRoutes(app, desk, sftp);
  addFaultRoutes(app, desk, sftp);
  app.use(() => {
    throw new Refusal(404, 'no_such_page', 'このURLはありません。docs/sandbox.md を見てください。');
  });
  app.use(answerError);
  return app;
}

function addShopRoutes(app: express.Express, desk: GmoDesk, sftp: GmoSftp): void {
  app
    .route('/shops/:shopId')
    .put((request, response) => {
      const { shopId } = request.params;
      response.json(register(desk, sftp, { ...request.body, shopId }));
    })
    .get((request, response) => {
      response.json(accountOf(desk.state, request.params.shopId).shop);
    });
  app.get('/shops/:shopId/sftp', (request, response) => {
    response.json(sftp.loginOf(request.params.shopId));
  });
  app.get('/shops/:shopId/ledger', (request, response) => {
    response.json(readLedger(desk, request.params.shopId));
  });
}

function addFaultRoutes(app: express.Express, desk: GmoDesk, sftp: GmoSftp): void {
  app
    .route('/faults')
    .get((_request, response) => {
      response.json({ faults: desk.state.faults });
    })
    .post((request, response) => {
      const fault = gmoFaultSchema.parse(request.body);
      desk.commit({ type: 'fault', fault });
      response.status(201).json(fault);
    })
    .delete((_request, response) => {
      desk.commit({ type: 'faults_cleared' });
      desk.publishDue();
      response.status(204).end();
    });
  app
    .route('/sftp/faults')
    .get((_request, response) => {
      response.json(sftp.server.faults);
    })
    .put((request, response) => {
      Object.assign(sftp.server.faults, sftpFaultsSchema.parse(request.body));
      response.json(sftp.server.faults);
    });
  app.post('/sftp/host-key', (_request, response) => {
    response.json({ hostKey: sftp.server.changeHostKey() });
  });
}
