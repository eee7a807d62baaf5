import type { Express } from 'express';
import { requireInstant } from './answer-error.ts';
import { moveClock, readClock } from './clock.ts';
import type { Desk } from './desk.ts';
import { faultSchema, sftpFaultsSchema } from './faults.ts';
import { showOrder, sumAccount } from './ledger.ts';
import { merchantSchema } from './merchant.ts';
import type { Portal } from './portal.ts';
import { Refusal } from './refusal.ts';
import { accountOf, merchantOf } from './state.ts';

/** What the simulation itself needs: time, merchants and faults. */
export function addControlRoutes(
  app: Express,
  { desk, afterChange, sftp, telegrams }: Portal,
): void {
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
  app.get('/merchants/:merchantId/sftp', (request, response) => {
    response.json(sftp.loginOf(request.params.merchantId));
  });
  app.get('/merchants/:merchantId/telegram', async (request, response) => {
    response.json(await telegrams.accessOf(request.params.merchantId));
  });
  app.get('/merchants/:merchantId/telegrams', (request, response) => {
    const { merchantId } = merchantOf(desk.state, request.params.merchantId);
    const received = desk.state.telegrams.filter((telegram) => telegram.merchantId === merchantId);
    response.json({ references: received.map(({ reference }) => reference) });
  });
  app
    .route('/sftp/faults')
    .get((_request, response) => {
      response.json(sftp.faults);
    })
    .put((request, response) => {
      Object.assign(sftp.faults, sftpFaultsSchema.parse(request.body));
      response.json(sftp.faults);
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

/** What Paygent really did. */
export function addLedgerRoutes(app: Express, desk: Desk): void {
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
