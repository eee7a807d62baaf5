import type { Express } from 'express';
import { z } from 'zod';
import { saveContacts } from './contacts.ts';
import { requireCsvRight, writePaymentCsv } from './payment-csv.ts';
import { readPaymentSearch, searchPayments } from './payment-search.ts';
import { showPayment } from './payments.ts';
import type { Portal } from './portal.ts';
import { type PaymentAct, settlePayments } from './settle-payments.ts';

const pageSchema = z.object({
  page: z.coerce.number().int().positive().default(1),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

const settlementSchema = z.strictObject({
  paymentIds: z.array(z.string()),
  /** What the confirm screen showed; compared when given. */
  expected: z.strictObject({ records: z.int(), amountYen: z.int() }).optional(),
});

/** 情報照会 and 加盟店情報管理 for programs: what the pages do, as JSON. */
export function addPaymentRoutes(app: Express, { desk }: Portal): void {
  app.get('/merchants/:merchantId/payments', (request, response) => {
    const { page, limit } = pageSchema.parse(request.query);
    const search = readPaymentSearch(request.query);
    const found = searchPayments(desk, request.params.merchantId, search);
    const payments = found.slice((page - 1) * limit, page * limit);
    response.json({ total: found.length, page, limit, payments });
  });
  app.get('/merchants/:merchantId/payments.csv', (request, response) => {
    const { merchantId } = request.params;
    requireCsvRight(desk, merchantId);
    const rows = searchPayments(desk, merchantId, readPaymentSearch(request.query));
    response
      .attachment('inquiry.csv')
      .type('text/csv; charset=Shift_JIS')
      .send(writePaymentCsv(rows));
  });
  app.get('/merchants/:merchantId/payments/:paymentId', (request, response) => {
    const { merchantId, paymentId } = request.params;
    response.json(showPayment(desk, merchantId, paymentId));
  });
  const acts: readonly [path: string, act: PaymentAct][] = [
    ['captures', 'capture'],
    ['voids', 'void'],
  ];
  for (const [path, act] of acts) {
    app.post(`/merchants/:merchantId/payments/${path}`, async (request, response) => {
      const { paymentIds, expected } = settlementSchema.parse(request.body);
      const { merchantId } = request.params;
      response.json(await settlePayments(desk, merchantId, act, paymentIds, expected));
    });
  }
  app.put('/merchants/:merchantId/contacts', async (request, response) => {
    const { contacts } = z.strictObject({ contacts: z.array(z.string()) }).parse(request.body);
    const merchant = await saveContacts(desk, request.params.merchantId, contacts);
    response.json({ contacts: merchant.contacts });
  });
}
