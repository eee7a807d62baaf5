import {
  type CsvValue,
  csvStart,
  encodeCsv,
  findUnwritable,
  writeCsv,
} from '../../billing/csv-writer.ts';
import { formatCustomerId, parseCustomerId } from '../../billing/customer-id.ts';
import type { TextEncoding } from '../../billing/text-encoding.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { hadCardLocks } from '../../db/queries/card-locks.ts';
import { listChargesOfCustomer } from '../../db/queries/customer-charges.ts';
import {
  acknowledgeReview,
  anyCustomer,
  type Customer,
  type CustomerSearch,
  deleteCustomer,
  listStoredCards,
  readCustomers,
  searchCustomers,
} from '../../db/queries/customers.ts';
import { findSettings } from '../../db/queries/settings.ts';
import { listSubscriptions, saveSubscription } from '../../db/queries/subscriptions.ts';
import { importColumns } from '../../imports/import-columns.ts';
import type { customerRoutes } from '../contract/customers.ts';
import { followCardLocks } from '../follow-card-locks.ts';
import type { Call, Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const customerHandlers: Handlers<typeof customerRoutes> = {
  listCustomers: async (call) => ({ status: 200, body: await findCustomers(call, call.query) }),
  searchCustomers: async (call) => ({ status: 200, body: await findCustomers(call, call.body) }),
  exportCustomers: async (call) => await writeCustomers(call, call.query),
  downloadCustomers: async (call) => await writeCustomers(call, call.body),

  async readCustomer({ deps, merchant, params }) {
    const id = idOf(params.customerId);
    const [found] = await searchCustomers(deps.db, merchant.id, {
      ...anyCustomer,
      id,
      after: 0,
      limit: 1,
    });
    if (found === undefined) throw new Problem('customer-not-found');
    const storedCards = await listStoredCards(deps.db, merchant.id, id);
    const subscriptions = await listSubscriptions(deps.db, merchant.id, id);
    return { status: 200, body: { ...showCustomer(found), storedCards, subscriptions } };
  },

  async listCustomerCharges({ deps, merchant, params, query }) {
    const customer = { ...anyCustomer, id: idOf(params.customerId), after: 0, limit: 1 };
    const [found] = await searchCustomers(deps.db, merchant.id, customer);
    if (found === undefined) throw new Problem('customer-not-found');
    const [month = '', position] = query.after?.split('/') ?? [];
    const rows = await listChargesOfCustomer(deps.db, merchant.id, {
      customerNumber: found.customerNumber,
      after: query.after === undefined ? null : { month, position: Number(position) },
      limit: query.limit + 1,
    });
    const charges = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? charges.at(-1) : undefined;
    const nextAfter = last === undefined ? null : `${last.month}/${last.position}`;
    return { status: 200, body: { charges, nextAfter } };
  },

  async deleteCustomer({ deps, identity, merchant, params, body, now }) {
    const id = idOf(params.customerId);
    await deps.db.transaction().execute(async (trx) => {
      const deleted = await deleteCustomer(trx, merchant.id, { id, now });
      if (!deleted) throw new Problem('customer-not-found');
      await appendAudit(trx, merchant.id, {
        at: now,
        actor: identity.actor,
        act: 'customer.deleted',
        subject: params.customerId,
        reason: body.reason,
        details: {},
      });
    });
    return { status: 204 };
  },

  async acknowledgeReview({ deps, identity, merchant, params, body, now }) {
    const { actor } = identity;
    await deps.db.transaction().execute(async (trx) => {
      const id = idOf(params.customerId);
      const found = await acknowledgeReview(trx, merchant.id, { id, actor, now });
      if (!found) throw new Problem('customer-not-found');
      await appendAudit(trx, merchant.id, {
        at: now,
        actor,
        act: 'customer.reviewed',
        subject: params.customerId,
        reason: body.reason,
        details: {},
      });
    });
    return { status: 204 };
  },

  async saveSubscription({ deps, identity, merchant, params, body, now }) {
    const { subscriptionNumber, customerId } = params;
    await deps.db.transaction().execute(async (trx) => {
      const of = { subscriptionNumber, customerId: idOf(customerId), ...body, now };
      const saved = await saveSubscription(trx, merchant.id, of);
      if (!saved && body.card) throw new Problem('conflict', { detail: noSuchCard });
      if (!saved) throw new Problem('customer-not-found');
      await appendAudit(trx, merchant.id, {
        at: now,
        actor: identity.actor,
        act: 'subscription.saved',
        subject: subscriptionNumber,
        reason: null,
        details: { customerId, ...body },
      });
    });
    if (await hadCardLocks(deps.db, merchant.id)) await followCardLocks(deps, merchant);
    return { status: 204 };
  },
};

const noSuchCard =
  'この顧客にこのカードは登録されていません。何も変更していません。顧客の画面で、登録されているカードを確かめてください。';

/** The contract has checked the form; a number of none matches nobody. */
function idOf(text: string): number {
  return parseCustomerId(text) ?? 0;
}

/** What a search names, in its query or its body. */
type AskedCustomers = {
  readonly [Name in Exclude<keyof CustomerSearch, 'id' | 'toReview'>]?: string | undefined;
} & { readonly customerId?: string | undefined; readonly toReview?: boolean | undefined };

type SearchCall = Pick<
  Call<typeof customerRoutes.searchCustomers>,
  'deps' | 'identity' | 'merchant' | 'now'
>;

async function findCustomers(
  { deps, merchant }: SearchCall,
  asked: AskedCustomers & { readonly after?: string | undefined; readonly limit: number },
) {
  const rows = await searchCustomers(deps.db, merchant.id, {
    ...readSearch(asked),
    after: asked.after === undefined ? 0 : idOf(asked.after),
    limit: asked.limit + 1,
  });
  const page = rows.slice(0, asked.limit);
  const last = rows.length > asked.limit ? page.at(-1) : undefined;
  const nextAfter = last === undefined ? null : formatCustomerId(last.id);
  return { customers: page.map(showCustomer), nextAfter };
}

async function writeCustomers(
  { deps, identity, merchant, now }: SearchCall,
  asked: AskedCustomers & {
    readonly encoding: TextEncoding;
    readonly columns: 'all' | 'link';
  },
) {
  const { encoding, columns } = asked;
  const search = readSearch(asked);
  const separator =
    (await findSettings(deps.db, merchant.id))?.settings.imports.tagSeparator ?? '|';
  const toRecord = columns === 'link' ? linkRecord : (of: Customer) => fullRecord(of, separator);
  const names = columns === 'link' ? ['顧客番号', '顧客ID'] : importColumns.customers;
  const batches = () => readCustomers(deps.db, merchant.id, search);
  if (encoding === 'cp932') await refuseUnwritable(batches(), toRecord);
  await appendAudit(deps.db, merchant.id, {
    at: now,
    actor: identity.actor,
    act: 'customers.exported',
    subject: columns,
    reason: null,
    details: { encoding },
  });
  const content = writeRecords(names, batches(), toRecord, encoding);
  return { status: 200, content, fileName: `customers-${now.slice(0, 10)}.csv` } as const;
}

function readSearch(query: AskedCustomers): CustomerSearch {
  return {
    id: query.customerId === undefined ? null : idOf(query.customerId),
    customerNumber: query.customerNumber ?? null,
    name: query.name ?? null,
    email: query.email ?? null,
    phone: query.phone ?? null,
    tag: query.tag ?? null,
    toReview: query.toReview ?? null,
  };
}

function showCustomer({ id, ...shown }: Customer) {
  return { customerId: formatCustomerId(id), ...shown };
}

const linkRecord = (of: Customer): CsvValue[] => [of.customerNumber, formatCustomerId(of.id)];

/** In the order of `importColumns.customers`: what leaves can be imported again. */
function fullRecord(of: Customer, tagSeparator: string): CsvValue[] {
  return [
    ...linkRecord(of),
    of.name,
    of.kana,
    of.postalCode,
    of.prefecture,
    of.city,
    of.street,
    of.building,
    of.phone,
    of.email,
    of.gender,
    of.birthDate,
    of.occupation,
    of.tags.join(tagSeparator),
    of.newsletter === null ? null : Number(of.newsletter),
    of.customerType,
  ];
}

/** CP932 knows fewer characters; none is replaced silently. */
async function refuseUnwritable(
  batches: AsyncIterable<readonly Customer[]>,
  toRecord: (of: Customer) => CsvValue[],
): Promise<void> {
  for await (const batch of batches) {
    for (const customer of batch) {
      const character = findUnwritable(writeCsv([toRecord(customer)]), 'cp932');
      if (character === null) continue;
      throw new Problem('invalid-fields', {
        detail: `${formatCustomerId(customer.id)} に CP932 で書けない文字があります。何も出力していません。文字コードに UTF-8 を指定してください。`,
        errors: [{ path: 'query.encoding', message: 'cannot write every character' }],
      });
    }
  }
}

async function* writeRecords(
  names: readonly string[],
  batches: AsyncIterable<readonly Customer[]>,
  toRecord: (of: Customer) => CsvValue[],
  encoding: TextEncoding,
): AsyncGenerator<Buffer> {
  yield Buffer.concat([csvStart(encoding), encodeCsv(writeCsv([names]), encoding)]);
  for await (const batch of batches) yield encodeCsv(writeCsv(batch.map(toRecord)), encoding);
}
