import { csvStart, encodeCsv, findUnwritable, writeCsv } from '../../billing/csv-writer.ts';
import {
  explainOrder,
  maskOrder,
  type OrderPlace,
  type OrderRow,
  type OrderSearch,
  orderCsvHeader,
  orderCsvRecord,
  personalSearchFields,
  readOrderPlace,
  sumOrders,
  writeOrderPlace,
} from '../../billing/order-search.ts';
import { roleIncludes } from '../../billing/role.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { isLargeMonth } from '../../db/queries/month-size.ts';
import { countOrders, listOrders } from '../../db/queries/orders.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { orderRoutes } from '../contract/orders.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Call, Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { requireCycle } from './cycles.ts';

/** Rows of a download that are held at a time. */
const DOWNLOAD_ROWS = 5000;

export const orderHandlers: Handlers<typeof orderRoutes> = {
  async listOrders(call) {
    const { after, limit, totals, ...filters } = call.query;
    const page = { after, limit, totals };
    return { status: 200, body: await findOrders(call, toSearch(filters), page) };
  },

  async searchOrders(call) {
    const { after, limit, totals, ...filters } = call.body;
    const search = toSearch(filters);
    // Who may not see a name may not find out by searching for it either.
    if (
      !roleIncludes(call.identity.role, 'operator') &&
      personalSearchFields.some((field) => search[field] !== undefined)
    ) {
      throw new Problem('role-too-low');
    }
    return { status: 200, body: await findOrders(call, search, { after, limit, totals }) };
  },

  async downloadOrders({ deps, identity, merchant, params, body, now }) {
    const { encoding, ...filters } = body;
    const search = toSearch(filters);
    const { id: cycleId } = await requireCycle(deps, merchant, params.month);
    const pages = () => readPages(deps, merchant, cycleId, search);
    // Before anything leaves: a character that is replaced in silence is a wrong name.
    await refuseUnwritable(pages(), encoding);
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'orders.downloaded',
      subject: params.month,
      reason: null,
      details: { encoding, searchedBy: Object.keys(filters).sort() },
    });
    return {
      status: 200,
      content: encodePages(pages(), encoding),
      fileName: `orders-${params.month}.csv`,
    };
  },
};

/** A page of what was found, for who asks; with its sums on the first one. */
async function findOrders(
  {
    deps,
    state,
    identity,
    merchant,
    params,
  }: Pick<
    Call<typeof orderRoutes.searchOrders>,
    'deps' | 'state' | 'identity' | 'merchant' | 'params'
  >,
  search: OrderSearch,
  page: {
    readonly after: string | undefined;
    readonly limit: number;
    readonly totals: boolean;
  },
) {
  const { id: cycleId } = await requireCycle(deps, merchant, params.month);
  const place = page.after === undefined ? null : readOrderPlace(page.after);
  const countFound = async () =>
    await state.counts.of(
      merchant.id,
      `orders ${params.month} ${JSON.stringify(search)}`,
      await isLargeMonth(deps.db, merchant.id, cycleId),
      () => countOrders(deps.db, merchant.id, { cycleId, search }),
    );
  const rows = await listOrders(deps.db, merchant.id, {
    cycleId,
    search,
    after: place,
    limit: page.limit + 1,
  });
  const found = rows.slice(0, page.limit);
  // A page that holds all is summed as it is: counting goes through the month once more.
  const count = async () => (rows.length > page.limit ? await countFound() : sumOrders(rows));
  const last = found.at(-1);
  const column = await orderNumberColumn(deps, merchant);
  const shown = found.map((row) => explainOrder(row, column));
  return {
    totals: place === null && page.totals ? await count() : null,
    orders: roleIncludes(identity.role, 'operator') ? shown : shown.map(maskOrder),
    nextAfter: rows.length > page.limit && last !== undefined ? writeOrderPlace(last) : null,
  };
}

function toSearch({
  paymentMethod,
  ...search
}: Omit<OrderSearch, 'paymentMethods'> & {
  readonly paymentMethod?: readonly string[] | undefined;
}): OrderSearch {
  return { ...search, paymentMethods: paymentMethod };
}

async function orderNumberColumn(deps: ApiDependencies, merchant: Merchant) {
  const found = await findSettings(deps.db, merchant.id);
  return found?.settings.orderProfile.columns.orderNumber.name ?? null;
}

async function* readPages(
  deps: ApiDependencies,
  merchant: Merchant,
  cycleId: number,
  search: OrderSearch,
): AsyncGenerator<OrderRow[]> {
  const column = await orderNumberColumn(deps, merchant);
  let after: OrderPlace | null = null;
  for (;;) {
    const rows: OrderRow[] = await listOrders(deps.db, merchant.id, {
      cycleId,
      search,
      after,
      limit: DOWNLOAD_ROWS,
    });
    yield rows.map((row) => explainOrder(row, column));
    after = rows.at(-1) ?? null;
    if (rows.length < DOWNLOAD_ROWS) return;
  }
}

async function refuseUnwritable(
  pages: AsyncIterable<OrderRow[]>,
  encoding: TextEncoding,
): Promise<void> {
  if (encoding === 'utf-8') return;
  for await (const rows of pages) {
    if (findUnwritable(writeCsv(rows.map(orderCsvRecord)), encoding) === null) continue;
    const row = rows.find((one) => findUnwritable(writeCsv([orderCsvRecord(one)]), encoding));
    throw new Problem('text-not-writable', {
      errors: [
        { path: 'body.encoding', message: `CP932 lacks a character of order ${row?.orderNumber}` },
      ],
    });
  }
}

async function* encodePages(
  pages: AsyncIterable<OrderRow[]>,
  encoding: TextEncoding,
): AsyncGenerator<Buffer> {
  yield Buffer.concat([csvStart(encoding), encodeCsv(writeCsv([orderCsvHeader]), encoding)]);
  for await (const rows of pages) {
    if (rows.length > 0) yield encodeCsv(writeCsv(rows.map(orderCsvRecord)), encoding);
  }
}
