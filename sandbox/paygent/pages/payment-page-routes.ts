import type { Express, Request } from 'express';
import { requireCsvRight, writePaymentCsv } from '../payment-csv.ts';
import { readPaymentSearch, type SearchFields, searchPayments } from '../payment-search.ts';
import { type PaymentRow, showPayment } from '../payments.ts';
import type { Portal } from '../portal.ts';
import { Refusal } from '../refusal.ts';
import { type PaymentAct, selectPayments, settlePayments } from '../settle-payments.ts';
import { merchantOf } from '../state.ts';
import {
  carrierTab,
  type FoundPayments,
  renderPayment,
  renderPayments,
  renderSettled,
  renderSettlementConfirmation,
  rowsPerPage,
} from './payment-pages.ts';
import { readValue, readValues, sendPage } from './send-page.ts';

/** 情報照会 as pages: search, 詳細, and 一括売上処理 or 取消 with their confirm screens. */
export function addPaymentPages(app: Express, portal: Portal): void {
  const { desk } = portal;
  app.get('/portal/:merchantId/payments', (request, response) => {
    const { merchantId } = request.params;
    const fields = request.query as SearchFields;
    const found = 'search' in fields ? search(portal, merchantId, fields) : null;
    const csvAllowed = merchantOf(desk.state, merchantId).csvDownload !== false;
    const body = renderPayments({ merchantId, fields, found, csvAllowed });
    const status = typeof found === 'string' ? 400 : 200;
    sendPage(portal, response, { title: '情報照会', merchantId, body, status });
  });
  app.get('/portal/:merchantId/payments.csv', (request, response) => {
    const { merchantId } = request.params;
    requireCsvRight(desk, merchantId);
    const rows = findRows(portal, merchantId, request.query as SearchFields);
    response
      .attachment('inquiry.csv')
      .type('text/csv; charset=Shift_JIS')
      .send(writePaymentCsv(rows));
  });
  app.get('/portal/:merchantId/payments/:paymentId', (request, response) => {
    const { merchantId, paymentId } = request.params;
    const body = renderPayment(merchantId, showPayment(desk, merchantId, paymentId));
    sendPage(portal, response, { title: '情報照会 詳細', merchantId, body });
  });
  app.post('/portal/:merchantId/payments/confirm', (request, response) => {
    const { merchantId } = request.params;
    const act = readAct(request);
    const selection = selectPayments(desk, merchantId, act, readValues(request.body, 'paymentId'));
    const body = renderSettlementConfirmation(merchantId, act, selection);
    sendPage(portal, response, { title: `${titleOf(act)}確認`, merchantId, body });
  });
  app.post('/portal/:merchantId/payments/settle', async (request, response) => {
    const { merchantId } = request.params;
    const act = readAct(request);
    const paymentIds = readValues(request.body, 'paymentId');
    const done = await settlePayments(desk, merchantId, act, paymentIds, {
      records: Number(readValue(request.body, 'records')),
      amountYen: Number(readValue(request.body, 'amountYen')),
    });
    const body = renderSettled(merchantId, act, done);
    sendPage(portal, response, { title: `${titleOf(act)}完了`, merchantId, body });
  });
}

const titleOf = (act: PaymentAct): string => (act === 'capture' ? '売上処理' : '取消');

function readAct(request: Request): PaymentAct {
  const act = readValue(request.body, 'act');
  if (act === 'capture' || act === 'void') return act;
  throw new Refusal(400, 'unknown_act', '一括売上処理または取消を選択してください。');
}

/** One page of the hits, or the refusal's sentence. */
function search(portal: Portal, merchantId: string, fields: SearchFields): FoundPayments | string {
  try {
    const rows = findRows(portal, merchantId, fields);
    const pages = Math.max(Math.ceil(rows.length / rowsPerPage), 1);
    const wanted = Math.trunc(Number(readValue(fields, 'page'))) || 1;
    const page = Math.min(Math.max(wanted, 1), pages);
    const shown = rows.slice((page - 1) * rowsPerPage, page * rowsPerPage);
    return { rows: shown, total: rows.length, page };
  } catch (error) {
    if (error instanceof Refusal && error.status === 400) return error.message;
    throw error;
  }
}

function findRows(portal: Portal, merchantId: string, fields: SearchFields): PaymentRow[] {
  const conditions = readPaymentSearch(fields);
  // Every payment of the sandbox is by card.
  if (readValue(fields, 'tab') === carrierTab) return [];
  return searchPayments(portal.desk, merchantId, conditions);
}
