import { randomUUID } from 'node:crypto';
import {
  type CycleView,
  downloadExchangeFile,
  type ExchangeView,
  listExchanges,
  readCycle,
  recordAcceptance,
  recordCompletion,
  uploadStoredFile,
} from '../../sandbox/operator.ts';
import {
  downloadResult,
  handOverFile,
  waitForCompletionMail,
} from '../../sandbox/paygent-operator.ts';
import type { Month } from './month.ts';

/** Acts and looks of a test between Tsukigime's API and the simulated Paygent. */

/** A reply of the API, whatever its status. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly type?: string;
    readonly detail?: string;
    readonly errors?: readonly { readonly path: string; readonly message: string }[];
    readonly [name: string]: unknown;
  };
}

export async function ask(month: Month, method: string, path: string, json?: unknown) {
  return await request(month, method, path, { json });
}

/** An act under a key of its own, or of the caller's. */
export async function post(month: Month, path: string, json?: unknown, key = randomUUID()) {
  return await request(month, 'POST', path, { json, key });
}

export async function upload(month: Month, kind: string, bytes: Uint8Array, name = 'file.csv') {
  return await request(month, 'POST', `/files?${new URLSearchParams({ name, kind })}`, { bytes });
}

async function request(
  { day: { desk } }: Month,
  method: string,
  path: string,
  what: { json?: unknown; key?: string; bytes?: Uint8Array },
): Promise<Reply> {
  const { json, key, bytes } = what;
  const once = () =>
    fetch(`${desk.apiUrl}/v1/merchants/${desk.merchant}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${desk.token}`,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bytes === undefined ? {} : { 'content-type': 'text/csv' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(bytes === undefined ? {} : { body: new Uint8Array(bytes) }),
    });
  const read = async (response: Response): Promise<Reply> => {
    const text = await response.text();
    return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : {} };
  };
  // Not now, or still at it: the same key again, as docs/api.md asks of every client.
  const again = ({ status, body }: Reply) =>
    status === 503 || (status === 202 && body.accepted === true && key !== undefined);
  let reply = await read(await once());
  for (const deadline = performance.now() + 60_000; again(reply); ) {
    if (performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 30));
    reply = await read(await once());
  }
  return reply;
}

export interface TestOrder {
  readonly number: string;
  readonly yen?: number | string;
  readonly [column: string]: string | number | undefined;
}

const columns = [
  '受注日時',
  '注文番号',
  '顧客番号',
  '顧客名',
  'メールアドレス',
  '電話番号',
  '支払方法',
  '定期回数',
  '直前回注文番号',
  '購入金額',
  '全商品発送日',
  '対応状況',
] as const;

/** An order export in UTF-8; every order is billed unless a column says otherwise. */
export function makeExport(orders: readonly TestOrder[], header: readonly string[] = columns) {
  const rows = orders.map(({ number, yen = 3980, ...more }) => {
    const values: Record<string, string | number | undefined> = {
      受注日時: '2026/11/01 10:00',
      注文番号: number,
      顧客番号: `9${number}`,
      顧客名: '月極 花子',
      メールアドレス: 'hanako@example.jp',
      電話番号: '000-0000-0000',
      支払方法: 'クレジットカード',
      定期回数: 3,
      直前回注文番号: `8${number}`,
      購入金額: yen,
      対応状況: '新規受付',
      ...more,
    };
    return header.map((column) => values[column] ?? '').join(',');
  });
  return Buffer.from([header.join(','), ...rows, ''].join('\r\n'), 'utf8');
}

/** Order numbers `<prefix>01` … : each scenario of a file has a prefix and a month of its own. */
export function numbered(prefix: string, count: number): TestOrder[] {
  return Array.from({ length: count }, (_, index) => ({
    number: `${prefix}${String(index + 1).padStart(2, '0')}`,
    yen: 1000 + index,
  }));
}

export async function orderFault(
  month: Month,
  transactionKind: 'オーソリ' | '売上',
  fault: Readonly<Record<string, unknown>>,
): Promise<void> {
  const response = await fetch(`${month.portal.url}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ merchantId: month.portal.merchantId, transactionKind, fault }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** The row and its sentence are read one after the other: both must have come. */
export const isStill = ({ attention, waitsFor }: { attention: boolean; waitsFor: string }) =>
  attention && waitsFor.startsWith('処理が止まっています');

/** Waits until the month looks as asked; the last look is in the error when it never does. */
export async function untilCycle(
  month: Month,
  billingMonth: string,
  holds: (cycle: CycleView) => boolean,
): Promise<CycleView> {
  return await until(() => readCycle(month.day.desk, billingMonth), holds);
}

export async function untilExchange(
  month: Month,
  billingMonth: string,
  name: string,
  stage = 'handing_over',
): Promise<ExchangeView> {
  const found = await until(
    async () =>
      (await listExchanges(month.day.desk, billingMonth)).find(
        (exchange) => `${exchange.kind}-${exchange.number}` === name,
      ),
    (exchange) => exchange?.stage === stage,
  );
  return found as ExchangeView;
}

async function until<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`never so: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Hands a file over and brings its result back, without giving it to Tsukigime yet. */
export async function fetchResult(month: Month, exchange: ExchangeView): Promise<Buffer> {
  const { desk, portal, mailServer } = month.day;
  const bytes = await downloadExchangeFile(desk, exchange);
  const transactionKind = exchange.kind === 'capture' ? '売上' : 'オーソリ';
  const { acceptanceNumber } = await handOverFile(
    portal,
    { bytes, fileName: exchange.fileName, transactionKind },
    exchange,
  );
  await recordAcceptance(desk, exchange, acceptanceNumber);
  await waitForCompletionMail(mailServer, acceptanceNumber);
  await recordCompletion(desk, exchange);
  return await downloadResult(portal, acceptanceNumber);
}

export const exchangePath = ({ month, kind, number }: ExchangeView) =>
  `/exchanges/${month}/${kind}/${number}`;

/** Leaves a result file with Tsukigime and asks for its reconciliation. */
export async function giveResult(month: Month, exchange: ExchangeView, bytes: Uint8Array) {
  const sha256 = await uploadStoredFile(month.day.desk, {
    name: 'result.csv',
    kind: exchange.kind === 'capture' ? 'capture-result' : 'auth-result',
    bytes,
  });
  return await post(month, `${exchangePath(exchange)}/result`, { sha256 });
}

/** An operator's word for what became of lines. */
export const settleBy = (
  month: Month,
  exchange: ExchangeView,
  orderNumbers: readonly string[],
  outcome: string,
) =>
  post(month, `${exchangePath(exchange)}/settlements`, {
    orderNumbers,
    outcome,
    reason: 'ペイジェントの画面で確認',
  });

/** Authorizations and captures at the PSP of the orders of one scenario. */
export async function countAtPsp(month: Month, prefix: string) {
  const { orders } = await month.readLedger();
  const own = orders.filter(({ orderNumber }) => orderNumber.startsWith(prefix));
  return {
    authorizations: own.reduce((sum, order) => sum + order.authorizations, 0),
    captures: own.reduce((sum, order) => sum + order.captures, 0),
    twice: own.filter(({ authorizations, captures }) => authorizations > 1 || captures > 1),
  };
}

/**
 * A result file as Paygent writes one: the uploaded columns, and what became of each order. Without a
 * 決済ID unless one is given: under another than the sandbox's an OK would be another payment.
 */
export function makeResult(
  requestBytes: Uint8Array,
  outcomeOf: (orderNumber: string) => string = () => '0',
  paymentId = '',
): Buffer {
  const lines = Buffer.from(requestBytes).toString('ascii').split('\r\n');
  const answered = lines.map((line) => {
    if (!line.startsWith('3,')) return line;
    const outcome = outcomeOf(line.split(',')[2] ?? '');
    return `${line},${outcome},${outcome === '0' ? paymentId : ''},,,20261120100000`;
  });
  return Buffer.from(answered.join('\r\n'), 'ascii');
}
