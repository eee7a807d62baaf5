import express, { type Express } from 'express';
import { requireInstant } from './answer-error.ts';
import type { Portal } from './portal.ts';
import { downloadResult, searchResults } from './results.ts';
import { readUploadForm } from './upload-form.ts';
import { confirmUpload, receiveUpload } from './uploads.ts';

/** ファイル処理 of Paygent Online, for programs: what the pages do, as JSON. */
export function addFileRoutes(app: Express, { desk, pending, afterChange }: Portal): void {
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
