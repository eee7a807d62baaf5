import type { CallAnswer, CallInput } from '../api/client/call.ts';
import type { Contract } from '../api/contract.ts';
import {
  ApiRefusal,
  call,
  download,
  type OperatorDesk,
  PATIENCE_MS,
  pause,
} from './operator-desk.ts';

/**
 * The simulated operator at Tsukigime: what a person would do at the console, as small functions
 * over the API's typed client. It repeats what had no clear answer with the same idempotency key, as
 * docs/api.md asks of every client.
 */
export { ApiRefusal, type OperatorDesk } from './operator-desk.ts';

export interface CountAndYen {
  readonly rows: number;
  readonly yen: number;
}

type ReadCycle = CallAnswer<Contract['readCycle']>;
/** A month with all of its sums. */
export type CycleView = ReadCycle & {
  readonly conservation: NonNullable<ReadCycle['conservation']>;
};
export type ExchangeView = CallAnswer<Contract['listExchanges']>['exchanges'][number];
export type OrderView = CallAnswer<Contract['listOrders']>['orders'][number];
export type ChargeView = CallAnswer<Contract['listCharges']>['charges'][number];

type BodyOf<Name extends keyof Contract> =
  CallInput<Contract[Name]> extends { body: infer Body } ? Body : never;
type QueryOf<Name extends keyof Contract> =
  CallInput<Contract[Name]> extends { query?: infer Query } ? NonNullable<Query> : never;

/** Leaves a file with Tsukigime; the acts that use it name its hash. */
export async function uploadStoredFile(
  desk: OperatorDesk,
  file: QueryOf<'uploadFile'> & { readonly bytes: Uint8Array },
): Promise<string> {
  const { bytes, name, kind } = file;
  const body = new Uint8Array(bytes);
  const { sha256 } = await call(desk, 'uploadFile', { query: { name, kind }, body });
  return sha256;
}

/** Starts a month; false when it was started before. */
export async function startCycle(desk: OperatorDesk, month: string): Promise<boolean> {
  // Without a key the client hands "still at it" over as it came.
  return 'accepted' in (await call(desk, 'startCycle', { body: { month } }));
}

/** A month as the list of months has it: without its sums. */
export type CycleLine = Pick<CycleView, 'month' | 'stage' | 'attention' | 'trouble'>;

export async function readCycleLine(desk: OperatorDesk, month: string): Promise<CycleLine> {
  return await untilOpened(desk, async () => {
    const { cycles } = await call(desk, 'listCycles', { query: { limit: 1000 } });
    return cycles.find((cycle) => cycle.month === month) ?? (await readCycle(desk, month));
  });
}

/** The month, once its workflow has opened it. */
export async function readCycle(desk: OperatorDesk, month: string): Promise<CycleView> {
  const cycle = await untilOpened(desk, () => call(desk, 'readCycle', { params: { month } }));
  const { conservation, pending } = cycle;
  if (conservation === null) throw new Error(`${month}: ${pending}`);
  return { ...cycle, conservation };
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

export async function useOrderExport(
  desk: OperatorDesk,
  month: string,
  sha256: string,
): Promise<CallAnswer<Contract['useOrderExport']>> {
  return await call(desk, 'useOrderExport', { params: { month }, body: { sha256 } });
}

export async function endCharges(
  desk: OperatorDesk,
  month: string,
  body: BodyOf<'endCharges'>,
): Promise<{ ended: number }> {
  return await call(desk, 'endCharges', { params: { month }, body });
}

/** The files of one month, or of all. */
export async function listExchanges(desk: OperatorDesk, month?: string): Promise<ExchangeView[]> {
  return (await call(desk, 'listExchanges', { query: { month } })).exchanges;
}

/** All orders with one verdict or reason, page by page; in the export's order. */
export async function listOrders(
  desk: OperatorDesk,
  month: string,
  search: Pick<QueryOf<'listOrders'>, 'verdict' | 'reason'>,
): Promise<OrderView[]> {
  const rows: OrderView[] = [];
  for (let after: string | undefined | null; after !== null; ) {
    const query = { ...search, after, limit: 1000 };
    const page = await call(desk, 'listOrders', { params: { month }, query });
    rows.push(...page.orders);
    after = page.nextAfter;
  }
  return rows.sort((a, b) => a.record - b.record);
}

/** All charges in one state, page by page. */
export async function listCharges(
  desk: OperatorDesk,
  month: string,
  search: Pick<QueryOf<'listCharges'>, 'state'>,
): Promise<ChargeView[]> {
  const rows: ChargeView[] = [];
  for (let after: number | undefined | null; after !== null; ) {
    const query = { ...search, after, limit: 1000 };
    const page = await call(desk, 'listCharges', { params: { month }, query });
    rows.push(...page.charges);
    after = page.nextAfter;
  }
  return rows;
}

type ExchangePlace = Pick<ExchangeView, 'month' | 'kind' | 'number'>;

const placeOf = ({ month, kind, number }: ExchangePlace) => ({
  params: { month, kind, number },
});

export async function downloadExchangeFile(
  desk: OperatorDesk,
  exchange: ExchangePlace,
): Promise<Buffer> {
  const { content } = await download(desk, 'downloadExchangeFile', placeOf(exchange));
  return Buffer.from(await content.arrayBuffer());
}

export async function recordAcceptance(
  desk: OperatorDesk,
  exchange: ExchangePlace,
  acceptanceNumber: string,
): Promise<unknown> {
  const body = { acceptanceNumber, matched: true } as const;
  return await call(desk, 'recordAcceptance', { ...placeOf(exchange), body });
}

export async function recordFormatErrors(
  desk: OperatorDesk,
  exchange: ExchangePlace,
  errors: BodyOf<'recordFormatErrors'>['errors'],
): Promise<unknown> {
  return await call(desk, 'recordFormatErrors', { ...placeOf(exchange), body: { errors } });
}

export async function recordCompletion(
  desk: OperatorDesk,
  exchange: ExchangePlace,
): Promise<unknown> {
  return await call(desk, 'recordCompletion', placeOf(exchange));
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
  return await call(desk, 'ingestResult', { ...placeOf(exchange), body: { sha256 } });
}

export async function settleLines(
  desk: OperatorDesk,
  exchange: ExchangePlace,
  body: BodyOf<'settleLines'>,
): Promise<unknown> {
  return await call(desk, 'settleLines', { ...placeOf(exchange), body });
}
