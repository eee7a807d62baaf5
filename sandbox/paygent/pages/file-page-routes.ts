import express, { type Express } from 'express';
import type { Portal } from '../portal.ts';
import { parsePortalTime } from '../portal-time.ts';
import { Refusal } from '../refusal.ts';
import { downloadResult, type ResultRow, searchResults } from '../results.ts';
import { readUploadForm } from '../upload-form.ts';
import { confirmUpload, findUpload, receiveUpload } from '../uploads.ts';
import {
  type ResultForm,
  renderAcceptance,
  renderFiles,
  renderUploadConfirmation,
} from './file-pages.ts';
import { pageUrl } from './layout.ts';
import { readValue, sendPage } from './send-page.ts';

/** ファイル処理 as pages: upload → confirm → 受付番号, and the search for results. */
export function addFilePages(app: Express, portal: Portal): void {
  const { desk, pending, afterChange } = portal;
  app.get('/portal/:merchantId/files', (request, response) => {
    const { merchantId } = request.params;
    const form: ResultForm = {
      acceptanceNumber: readValue(request.query, 'acceptanceNumber'),
      acceptedFrom: readValue(request.query, 'acceptedFrom'),
      acceptedTo: readValue(request.query, 'acceptedTo'),
      transactionKind: readValue(request.query, 'resultKind'),
    };
    const results = 'search' in request.query ? search(portal, merchantId, form) : null;
    const body = renderFiles(merchantId, form, results);
    const status = typeof results === 'string' ? 400 : 200;
    sendPage(portal, response, { title: 'ファイル処理', merchantId, body, status });
  });
  app.post(
    '/portal/:merchantId/uploads',
    express.raw({ type: () => true, limit: '64mb' }),
    async (request, response) => {
      const { merchantId } = request.params;
      const form = await readUploadForm(request);
      const { uploadId } = await receiveUpload(desk, pending, merchantId, form);
      response.redirect(303, pageUrl(merchantId, 'uploads', uploadId));
    },
  );
  app.get('/portal/:merchantId/uploads/:uploadId', (request, response) => {
    const { merchantId, uploadId } = request.params;
    const upload = findUpload(pending, merchantId, uploadId);
    const [title, body] =
      upload.acceptanceNumber === null
        ? ['アップロード確認', renderUploadConfirmation(merchantId, upload)]
        : ['アップロード完了', renderAcceptance(merchantId, upload.acceptanceNumber)];
    sendPage(portal, response, { title, merchantId, body });
  });
  app.post('/portal/:merchantId/uploads/:uploadId/confirm', async (request, response) => {
    const { merchantId, uploadId } = request.params;
    const acceptance = await confirmUpload(desk, pending, merchantId, uploadId);
    afterChange();
    if (acceptance === 'cut') request.socket.destroy();
    else response.redirect(303, pageUrl(merchantId, 'uploads', uploadId));
  });
  app.get('/portal/:merchantId/results/:acceptanceNumber', (request, response) => {
    const { merchantId, acceptanceNumber } = request.params;
    const bytes = downloadResult(desk, merchantId, acceptanceNumber);
    response.type('text/csv').attachment(`result_${acceptanceNumber}.csv`).send(bytes);
  });
}

/** The rows, or why there is no search: the screen wants one of its conditions [manual]. */
function search(
  { desk }: Portal,
  merchantId: string,
  form: ResultForm,
): readonly ResultRow[] | string {
  const conditions = Object.values(form).filter((value) => value.trim() !== '');
  if (conditions.length === 0) return '受付番号、または受付日時・取引種別を入力してください。';
  const acceptanceNumber = form.acceptanceNumber.trim();
  try {
    return searchResults(desk, merchantId, {
      acceptanceNumber: acceptanceNumber === '' ? undefined : acceptanceNumber,
      acceptedFrom: readTime(form.acceptedFrom, 'from'),
      acceptedTo: readTime(form.acceptedTo, 'to'),
      transactionKind: form.transactionKind,
    });
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

function readTime(text: string, end: 'from' | 'to'): string | undefined {
  if (text.trim() === '') return undefined;
  const instant = parsePortalTime(text, end);
  if (instant !== null) return instant;
  const message = '受付日時は 2026/11/20 10:00 の形で入力してください。';
  throw new Refusal(400, 'unreadable_condition', message);
}
