import type { Request } from 'express';
import { Refusal } from './refusal.ts';
import { uploadKinds } from './upload-kinds.ts';
import type { UploadForm } from './uploads.ts';

/**
 * Reads an upload: a multipart form with the fields `paymentKind`, `transactionKind` and `file`, as
 * a browser sends it, or the bare bytes with the two kinds in the query string.
 */
export async function readUploadForm(request: Request): Promise<UploadForm> {
  const body: unknown = request.body;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const contentType = request.get('content-type') ?? '';
  if (!contentType.startsWith('multipart/form-data')) {
    const { paymentKind, transactionKind } = request.query;
    return checkForm(paymentKind, transactionKind, bytes);
  }
  const form = await readMultipart(bytes, contentType);
  const file = form.get('file');
  if (file === null || typeof file === 'string') {
    throw new Refusal(400, 'file_missing', '取引ファイルを選択してください。');
  }
  const content = Buffer.from(await file.arrayBuffer());
  // A browser sends an empty file without a name where none was chosen.
  if (content.length === 0 && file.name === '') {
    throw new Refusal(400, 'file_missing', '取引ファイルを選択してください。');
  }
  return checkForm(form.get('paymentKind'), form.get('transactionKind'), content);
}

async function readMultipart(bytes: Buffer, contentType: string): Promise<FormData> {
  try {
    // Node's own reader of multipart bodies.
    return await new Response(new Uint8Array(bytes), {
      headers: { 'content-type': contentType },
    }).formData();
  } catch {
    throw new Refusal(400, 'unreadable_form', 'フォームの内容を読めません。');
  }
}

function checkForm(paymentKind: unknown, transactionKind: unknown, bytes: Buffer): UploadForm {
  const offered = uploadKinds.find((kind) => kind.paymentKind === paymentKind);
  const everyKind: readonly unknown[] = uploadKinds.flatMap((kind) => kind.transactionKinds);
  if (!offered || !everyKind.includes(transactionKind)) {
    throw new Refusal(400, 'kind_missing', '決済種別と取引種別を選択してください。');
  }
  const chosen = offered.transactionKinds.find((kind) => kind === transactionKind);
  if (chosen === undefined) {
    throw new Refusal(400, 'kind_mismatch', '決済種別と取引種別の組み合わせが正しくありません。');
  }
  return { paymentKind: offered.paymentKind, transactionKind: chosen, bytes };
}
