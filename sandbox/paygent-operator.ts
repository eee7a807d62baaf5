import type { FormatError } from '../psp/paygent/format-check.ts';
import type { MailServer, ReceivedMail } from './mail-server.ts';
import type { PaymentRow } from './paygent/payments.ts';
import type { ResultRow } from './paygent/results.ts';
import type { SettledPayments } from './paygent/settle-payments.ts';

/**
 * The hands of the simulated operator at Paygent Online: what a person does there with a browser, as
 * small functions over HTTP.
 */

export interface PortalAccount {
  /** Address of the sandbox, such as `http://127.0.0.1:4010`. */
  readonly url: string;
  readonly merchantId: string;
}

export interface PortalUpload {
  readonly bytes: Uint8Array;
  readonly fileName: string;
  /** オーソリ and 売上 are carried out; the others of the form are refused. */
  readonly transactionKind: string;
  readonly paymentKind?: string;
}

/** The four values of the confirm screen. */
export interface ConfirmScreen {
  readonly uploadId: string;
  readonly paymentKind: string;
  readonly transactionKind: string;
  readonly records: number;
  readonly amountYen: number;
}

export type UploadAnswer =
  | { readonly kind: 'confirm'; readonly screen: ConfirmScreen }
  | {
      readonly kind: 'format_errors';
      /** Of data records the portal shows the first 51. */
      readonly errors: readonly FormatError[];
    };

export interface PortalAcceptance {
  readonly acceptanceNumber: string;
  /** ISO instant on the sandbox's clock. */
  readonly acceptedAt: string;
}

/** The portal refused; the message is what the operator reads there. */
export class PortalError extends Error {
  readonly status: number;
  /** Slug of the refusal, such as `no_file`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'PortalError';
    this.status = status;
    this.code = code;
  }
}

interface Problem {
  readonly type: string;
  readonly detail: string;
  readonly formatErrors?: FormatError[];
}

function merchantUrl({ url, merchantId }: PortalAccount, path: string): string {
  return `${url}/merchants/${encodeURIComponent(merchantId)}${path}`;
}

async function refuse(response: Response): Promise<never> {
  const problem = (await response.json()) as Problem;
  throw new PortalError(response.status, problem.type, problem.detail);
}

/** Chooses file, 決済種別 and 取引種別 and presses アップロード. */
export async function uploadFile(
  account: PortalAccount,
  upload: PortalUpload,
): Promise<UploadAnswer> {
  const form = new FormData();
  form.set('paymentKind', upload.paymentKind ?? 'クレジットカード決済');
  form.set('transactionKind', upload.transactionKind);
  form.set('file', new Blob([new Uint8Array(upload.bytes)]), upload.fileName);
  const response = await fetch(merchantUrl(account, '/uploads'), { method: 'POST', body: form });
  if (response.status === 422) {
    const { formatErrors = [] } = (await response.json()) as Problem;
    return { kind: 'format_errors', errors: formatErrors };
  }
  if (!response.ok) return refuse(response);
  return { kind: 'confirm', screen: (await response.json()) as ConfirmScreen };
}

/**
 * Presses OK on the confirm screen and reads the 受付番号. A cut connection rejects with fetch's
 * TypeError: whether the file was accepted is then unknown, as it would be to a person.
 */
export async function confirmUpload(
  account: PortalAccount,
  uploadId: string,
): Promise<PortalAcceptance> {
  const url = merchantUrl(account, `/uploads/${uploadId}/confirm`);
  const response = await fetch(url, { method: 'POST' });
  if (!response.ok) return refuse(response);
  return (await response.json()) as PortalAcceptance;
}

/** Uploads and, when the confirm screen shows what is expected, presses OK. */
export async function handOverFile(
  account: PortalAccount,
  upload: PortalUpload,
  expected: { readonly records: number; readonly amountYen: number },
): Promise<PortalAcceptance> {
  const answer = await uploadFile(account, upload);
  if (answer.kind === 'format_errors') {
    const [first] = answer.errors;
    throw new PortalError(
      422,
      'format_errors',
      `${first?.line} 行目 ${first?.item} ${first?.content}`,
    );
  }
  const { records, amountYen, uploadId } = answer.screen;
  if (records !== expected.records || amountYen !== expected.amountYen) {
    const shown = `${records} 件 ${amountYen} 円`;
    throw new PortalError(409, 'confirm_differs', `確認画面の件数・金額が違います: ${shown}`);
  }
  return confirmUpload(account, uploadId);
}

/** Searches the result list; newest first, the last ten uploads only. */
export async function searchResults(
  account: PortalAccount,
  search: { readonly acceptanceNumber?: string; readonly transactionKind?: string } = {},
): Promise<ResultRow[]> {
  const query = new URLSearchParams(search as Record<string, string>);
  const response = await fetch(`${merchantUrl(account, '/results')}?${query}`);
  if (!response.ok) return refuse(response);
  return ((await response.json()) as { results: ResultRow[] }).results;
}

/** Downloads a result file; PortalError `still_processing` or `no_file` when it cannot be had. */
export async function downloadResult(
  account: PortalAccount,
  acceptanceNumber: string,
): Promise<Buffer> {
  const response = await fetch(merchantUrl(account, `/results/${acceptanceNumber}`));
  if (!response.ok) return refuse(response);
  return Buffer.from(await response.arrayBuffer());
}

/** Conditions of 情報照会; at least one of the IDs and periods. Instants in ISO-8601, inclusive. */
export interface PaymentConditions {
  /** 取引ID, which is the 注文番号 here. */
  readonly transactionId?: string;
  readonly paymentId?: string;
  readonly occurredFrom?: string;
  readonly occurredTo?: string;
  readonly updatedFrom?: string;
  readonly updatedTo?: string;
  readonly paidFrom?: string;
  readonly paidTo?: string;
  /** 決済ステータス */
  readonly status?: PaymentRow['status'];
  readonly institution?: string;
  readonly amountFromYen?: number;
  readonly amountToYen?: number;
  readonly sort?: keyof PaymentRow;
  readonly direction?: 'asc' | 'desc';
}

function inquiryUrl(account: PortalAccount, path: string, conditions: object): string {
  const query = new URLSearchParams(
    Object.entries(conditions).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return `${merchantUrl(account, path)}?${query}`;
}

/** Searches 情報照会 and turns its pages; the earliest 取引発生日時 first unless sorted. */
export async function searchPayments(
  account: PortalAccount,
  conditions: PaymentConditions,
): Promise<PaymentRow[]> {
  const rows: PaymentRow[] = [];
  for (let page = 1; ; page += 1) {
    const search = { ...conditions, page, limit: 10_000 };
    const response = await fetch(inquiryUrl(account, '/payments', search));
    if (!response.ok) return refuse(response);
    const { total, payments } = (await response.json()) as {
      total: number;
      payments: PaymentRow[];
    };
    rows.push(...payments);
    if (payments.length === 0 || rows.length >= total) return rows;
  }
}

/** 検索結果全件をCSVダウンロード: the nine columns in CP932; see paygent/payment-csv.ts. */
export async function downloadPaymentsCsv(
  account: PortalAccount,
  conditions: PaymentConditions,
): Promise<Buffer> {
  const response = await fetch(inquiryUrl(account, '/payments.csv', conditions));
  if (!response.ok) return refuse(response);
  return Buffer.from(await response.arrayBuffer());
}

/**
 * Ticks payments and presses 一括売上処理, and on the confirm screen 確認: all or none.
 *
 * @param expected what the confirm screen must show, else PortalError `confirm_differs`.
 */
export function capturePayments(
  account: PortalAccount,
  paymentIds: readonly string[],
  expected?: { readonly records: number; readonly amountYen: number },
): Promise<SettledPayments> {
  return postJson(merchantUrl(account, '/payments/captures'), { paymentIds, expected });
}

/** Ticks payments and presses 取消: all or none. */
export function voidPayments(
  account: PortalAccount,
  paymentIds: readonly string[],
  expected?: { readonly records: number; readonly amountYen: number },
): Promise<SettledPayments> {
  return postJson(merchantUrl(account, '/payments/voids'), { paymentIds, expected });
}

/** Changes 担当者1 (TO) to 3 (CC) of the completion mail. */
export async function saveContacts(
  account: PortalAccount,
  contacts: readonly string[],
): Promise<void> {
  await putJson(merchantUrl(account, '/contacts'), { contacts });
}

/** Waits for the 処理完了メール of an upload in the operators' mailboxes. */
export function waitForCompletionMail(
  mailServer: Pick<MailServer, 'waitForMail'>,
  acceptanceNumber: string,
  timeoutMs?: number,
): Promise<ReceivedMail> {
  const line = `受付番号: ${acceptanceNumber}`;
  return mailServer.waitForMail(({ text }) => text.split('\n').includes(line), timeoutMs);
}

/** Tells the sandbox what time it is on the business clock; it never goes back. */
export async function setSandboxClock(url: string, now: string): Promise<void> {
  await putJson(`${url}/clock`, { now });
}

/** Registers a merchant at the sandbox or changes how it is treated; see paygent/merchant.ts. */
export async function registerMerchant(
  { url, merchantId }: PortalAccount,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await putJson(merchantUrl({ url, merchantId }, ''), settings);
}

async function putJson(url: string, body: unknown): Promise<void> {
  await sendJson('PUT', url, body);
}

async function postJson<Answer>(url: string, body: unknown): Promise<Answer> {
  return (await (await sendJson('POST', url, body)).json()) as Answer;
}

async function sendJson(method: 'PUT' | 'POST', url: string, body: unknown): Promise<Response> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.ok ? response : refuse(response);
}
