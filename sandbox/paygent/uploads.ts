import { randomUUID } from 'node:crypto';
import { readClock } from './clock.ts';
import type { Desk } from './desk.ts';
import type { SandboxMerchant } from './merchant.ts';
import { processDueUploads } from './processing.ts';
import { Refusal } from './refusal.ts';
import { type AcceptedEvent, concernsUpload, merchantOf, type TransactionKind } from './state.ts';
import { checkUpload } from './transaction-files.ts';

/** ファイル処理 of Paygent Online: upload, confirm, and later the search for results. */

export interface UploadForm {
  readonly paymentKind: string;
  readonly transactionKind: string;
  readonly bytes: Buffer;
}

/** What the confirm screen shows before the operator presses OK. */
export interface Confirmation {
  readonly uploadId: string;
  readonly paymentKind: string;
  readonly transactionKind: TransactionKind;
  readonly records: number;
  readonly amountYen: number;
}

/** An upload that passed the format check and waits for OK: forgotten when the session ends. */
interface PendingUpload extends Confirmation {
  readonly merchantId: string;
  readonly bytes: Buffer;
  readonly acceptanceNumber: string | null;
}

export type PendingUploads = Map<string, PendingUpload>;

export interface Acceptance {
  readonly acceptanceNumber: string;
  readonly acceptedAt: string;
}

/** Checks the format only, as the portal does at upload; nothing is accepted yet. */
export async function receiveUpload(
  desk: Desk,
  pending: PendingUploads,
  merchantId: string,
  form: UploadForm,
): Promise<Confirmation> {
  const merchant = merchantOf(desk.state, merchantId);
  const check = await checkUpload(merchant, form);
  if (!check.ok) {
    throw new Refusal(422, 'format_errors', '取引ファイルの書式に誤りがあります。', {
      formatErrors: check.errors,
    });
  }
  const { records, amountYen, transactionKind } = check;
  const { paymentKind, bytes } = form;
  const uploadId = randomUUID();
  const confirmation = { uploadId, paymentKind, transactionKind, records, amountYen };
  pending.set(uploadId, { ...confirmation, merchantId, bytes, acceptanceNumber: null });
  return confirmation;
}

/** What the confirm screen stands for; with its 受付番号 once OK was pressed. */
export function findUpload(
  pending: PendingUploads,
  merchantId: string,
  uploadId: string,
): Omit<PendingUpload, 'merchantId'> {
  const upload = pending.get(uploadId);
  if (upload?.merchantId === merchantId) return upload;
  throw new Refusal(
    404,
    'unknown_upload',
    'この画面は無効です。アップロードからやり直してください。',
  );
}

/**
 * The OK button: accepts the file under a new 受付番号. The same bytes again are a new file. `cut`
 * means that an ordered fault keeps the answer from the operator.
 */
export async function confirmUpload(
  desk: Desk,
  pending: PendingUploads,
  merchantId: string,
  uploadId: string,
): Promise<Acceptance | 'cut'> {
  return desk.inTurn(async () => {
    const merchant = merchantOf(desk.state, merchantId);
    const upload = findUpload(pending, merchantId, uploadId);
    if (upload.acceptanceNumber !== null) {
      const { acceptanceNumber } = upload;
      throw new Refusal(409, 'already_confirmed', 'この取引ファイルは受付済みです。', {
        acceptanceNumber,
      });
    }
    if (spendCut(desk, { merchantId, transactionKind: upload.transactionKind })) return 'cut';
    const { acceptanceNumber, at, faults } = acceptFile(desk, merchant, upload);
    // The screen stays, to answer a second OK; its bytes are kept with the acceptance.
    pending.set(uploadId, { ...upload, merchantId, bytes: Buffer.alloc(0), acceptanceNumber });
    await processDueUploads(desk, at);
    const cut = faults.some(({ kind }) => kind === 'cut_after_acceptance');
    return cut ? 'cut' : { acceptanceNumber, acceptedAt: at };
  });
}

/**
 * Takes a file that passed the format check, under a new 受付番号, whichever way it came. Call in turn;
 * what is due is processed after it.
 */
export function acceptFile(
  desk: Desk,
  merchant: SandboxMerchant,
  file: Pick<PendingUpload, 'transactionKind' | 'records' | 'amountYen' | 'bytes'> & {
    readonly droppedAs?: string;
    readonly reference?: string;
  },
): AcceptedEvent {
  const { merchantId } = merchant;
  const { transactionKind, records, amountYen, droppedAs, reference } = file;
  const at = readClock(desk);
  const ordered = { merchantId, transactionKind };
  const accepted: AcceptedEvent = {
    type: 'accepted',
    merchantId,
    acceptanceNumber: String(desk.state.lastAcceptanceNumber + 1),
    transactionKind,
    sha256: desk.saveUpload(file.bytes),
    records,
    amountYen,
    at,
    dueAt: new Date(Date.parse(at) + merchant.processingDelayMs).toISOString(),
    faults: desk.state.faults
      .filter((fault) => concernsUpload(fault, ordered))
      .map(({ fault }) => fault),
    ...(droppedAs === undefined ? {} : { droppedAs }),
    ...(reference === undefined ? {} : { reference }),
  };
  desk.commit(accepted);
  return accepted;
}

/** Uses up a fault that cuts the connection before anything is accepted. */
export function spendCut(
  desk: Desk,
  upload: { readonly merchantId: string; readonly transactionKind: TransactionKind },
): boolean {
  const index = desk.state.faults.findIndex(
    (ordered) => ordered.fault.kind === 'cut_before_acceptance' && concernsUpload(ordered, upload),
  );
  if (index >= 0) desk.commit({ type: 'fault_spent', index });
  return index >= 0;
}
