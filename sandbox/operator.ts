import {
  ApiRefusal,
  act,
  call,
  type OperatorDesk,
  PATIENCE_MS,
  pause,
  read,
} from './operator-desk.ts';

/**
 * The simulated operator at Tsukigime: what a person would do at the console, as small functions
 * over the API. It repeats what had no clear answer with the same idempotency key, as docs/api.md
 * asks of every client.
 */
export { ApiRefusal, type OperatorDesk } from './operator-desk.ts';

export interface CountAndYen {
  readonly rows: number;
  readonly yen: number;
}

export interface CycleView {
  readonly month: string;
  readonly stage: string;
  readonly attention: boolean;
  /** Why the month stands still until a person acts. */
  readonly trouble: string | null;
  readonly waitsFor: string;
  readonly selection: {
    readonly orders: number;
    readonly selected: number;
    readonly amountYen: number;
    readonly excluded: Readonly<Record<string, number>>;
    readonly quarantined: number;
  } | null;
  readonly scope: 'all' | 'chosen';
  /** Selected orders that no run has billed. */
  readonly unbilled: number;
  readonly charges: Readonly<Record<string, CountAndYen>>;
  readonly capture: { readonly ready: number; readonly nextWaveAt: string | null };
  readonly exchanges: { readonly open: number; readonly unsettled: number };
  readonly conservation: {
    readonly rows: boolean;
    readonly yen: boolean;
    readonly broken: readonly string[];
  };
}

export interface ExchangeView {
  readonly month: string;
  readonly kind: 'auth' | 'capture' | 'retry';
  readonly number: number;
  readonly fileName: string;
  readonly sha256: string;
  readonly records: number;
  readonly amountYen: number;
  readonly stage: string;
  /** A person must act: of a file with a result, settle what it left open. */
  readonly attention: boolean;
  readonly acceptanceNumber: string | null;
  readonly completedAt: string | null;
}

export interface OrderView {
  readonly record: number;
  readonly line: number;
  readonly orderNumber: string | null;
  readonly column: string | null;
  readonly reason: string | null;
  readonly reasonJa: string | null;
  readonly reasonEn: string | null;
  readonly billedIn: string | null;
}

export interface ChargeView {
  readonly orderNumber: string;
  readonly state: string;
  readonly amountYen: number;
  readonly capturedYen: number;
  readonly responseCode: string | null;
  readonly responseDetail: string | null;
}

/** Leaves a file with Tsukigime; the acts that use it name its hash. */
export async function uploadStoredFile(
  desk: OperatorDesk,
  file: { readonly name: string; readonly kind: string; readonly bytes: Uint8Array },
): Promise<string> {
  const query = new URLSearchParams({ name: file.name, kind: file.kind });
  const response = await call(desk, `/files?${query}`, { method: 'POST', bytes: file.bytes });
  return ((await response.json()) as { sha256: string }).sha256;
}

/** Starts a month; false when it was started before. */
export async function startCycle(desk: OperatorDesk, month: string): Promise<boolean> {
  const response = await call(desk, '/cycles', { method: 'POST', json: { month } });
  return response.status === 202;
}

/** A month as the list of months has it: without its sums. */
export type CycleLine = Pick<CycleView, 'month' | 'stage' | 'attention' | 'trouble'>;

export async function readCycleLine(desk: OperatorDesk, month: string): Promise<CycleLine> {
  return await untilOpened(desk, async () => {
    const { cycles } = await read<{ cycles: CycleLine[] }>(desk, '/cycles?limit=1000');
    return cycles.find((cycle) => cycle.month === month) ?? (await readCycle(desk, month));
  });
}

/** The month, once its workflow has opened it. */
export async function readCycle(desk: OperatorDesk, month: string): Promise<CycleView> {
  return await untilOpened(desk, () => read<CycleView>(desk, `/cycles/${month}`));
}

async function untilOpened<T>(desk: OperatorDesk, look: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      const opening = error instanceof ApiRefusal && error.problem === 'cycle-not-found';
      if (!opening || performance.now() > deadline) throw error;
      await pause(desk);
    }
  }
}

export function useOrderExport(
  desk: OperatorDesk,
  month: string,
  sha256: string,
): Promise<{ n: number; records: number; quarantined: number }> {
  return act(desk, `/cycles/${month}/order-export`, { sha256 });
}

export function endCharges(
  desk: OperatorDesk,
  month: string,
  end: {
    readonly orderNumbers: readonly string[];
    readonly kind: 'cancelled' | 'given_up';
    readonly reason: string;
  },
): Promise<{ ended: number }> {
  return act(desk, `/cycles/${month}/ended-charges`, end);
}

/** The files of one month, or of all. */
export async function listExchanges(desk: OperatorDesk, month?: string): Promise<ExchangeView[]> {
  const path = month === undefined ? '/exchanges' : `/exchanges?month=${month}`;
  return (await read<{ exchanges: ExchangeView[] }>(desk, path)).exchanges;
}

/** All orders with one verdict or reason, page by page; in the export's order. */
export async function listOrders(
  desk: OperatorDesk,
  month: string,
  search: { readonly verdict?: string; readonly reason?: string },
): Promise<OrderView[]> {
  const rows = await readPages<OrderView>(desk, `/cycles/${month}/orders`, search, 'orders');
  return rows.sort((a, b) => a.record - b.record);
}

/** All charges in one state, page by page. */
export async function listCharges(
  desk: OperatorDesk,
  month: string,
  search: { readonly state?: string },
): Promise<ChargeView[]> {
  return await readPages(desk, `/cycles/${month}/charges`, search, 'charges');
}

async function readPages<Row>(
  desk: OperatorDesk,
  path: string,
  search: Readonly<Record<string, string>>,
  name: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: unknown; after !== null; ) {
    const from: Record<string, string> = after === undefined ? {} : { after: String(after) };
    const query = new URLSearchParams({ ...search, ...from, limit: '1000' });
    const page: Record<string, unknown> = await read(desk, `${path}?${query}`);
    rows.push(...(page[name] as Row[]));
    after = page.nextAfter;
  }
  return rows;
}

const pathOf = ({ month, kind, number }: ExchangeView) => `/exchanges/${month}/${kind}/${number}`;

export async function downloadExchangeFile(
  desk: OperatorDesk,
  exchange: ExchangeView,
): Promise<Buffer> {
  const response = await call(desk, `${pathOf(exchange)}/file`);
  return Buffer.from(await response.arrayBuffer());
}

export function recordAcceptance(
  desk: OperatorDesk,
  exchange: ExchangeView,
  acceptanceNumber: string,
): Promise<unknown> {
  return act(desk, `${pathOf(exchange)}/acceptance`, { acceptanceNumber, matched: true });
}

export function recordFormatErrors(
  desk: OperatorDesk,
  exchange: ExchangeView,
  errors: readonly unknown[],
): Promise<unknown> {
  return act(desk, `${pathOf(exchange)}/format-errors`, { errors });
}

export function recordCompletion(desk: OperatorDesk, exchange: ExchangeView): Promise<unknown> {
  return act(desk, `${pathOf(exchange)}/completion`);
}

/** Leaves the result file with Tsukigime and has it reconciled. */
export async function ingestResult(
  desk: OperatorDesk,
  exchange: ExchangeView,
  bytes: Uint8Array,
): Promise<unknown> {
  const sha256 = await uploadStoredFile(desk, {
    name: `result-${exchange.fileName}`,
    kind: exchange.kind === 'capture' ? 'capture-result' : 'auth-result',
    bytes,
  });
  return await act(desk, `${pathOf(exchange)}/result`, { sha256 });
}

export function settleLines(
  desk: OperatorDesk,
  exchange: ExchangeView,
  settlement: {
    readonly orderNumbers: readonly string[];
    readonly outcome: string;
    readonly reason: string;
  },
): Promise<unknown> {
  return act(desk, `${pathOf(exchange)}/settlements`, settlement);
}
