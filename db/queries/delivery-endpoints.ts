import { type Kysely, sql } from 'kysely';
import type { Circuit } from '../../billing/delivery.ts';
import { tellEndpoint, tellEndpointChange } from '../../billing/endpoint-audit.ts';
import type { EndpointState } from '../carrier-tables.ts';
import {
  columnsOf,
  type DeliveryEndpoint,
  type EndpointKind,
  type EndpointSettings,
  toEndpoint,
} from '../delivery-endpoint-row.ts';
import type { Database } from '../tables.ts';
import { appendAudit } from './audit.ts';

export type {
  DeliveryEndpoint,
  EndpointKind,
  EndpointSettings,
  WebhookWishes,
} from '../delivery-endpoint-row.ts';

/** The slug is taken, perhaps by another merchant. */
export class EndpointExistsError extends Error {
  override readonly name = 'EndpointExistsError';
}

/** Someone else changed the endpoint meanwhile, or it is retired; nothing was saved. */
export class EndpointChangedError extends Error {
  override readonly name = 'EndpointChangedError';
}

interface Changed {
  readonly actor: string;
  readonly reason: string | null;
  /** ISO instant. */
  readonly now: string;
}

/** @throws EndpointExistsError when any merchant has an endpoint of this slug. */
export async function createEndpoint(
  db: Kysely<Database>,
  merchantId: number,
  endpoint: Changed & { readonly slug: string; readonly settings: EndpointSettings },
): Promise<DeliveryEndpoint> {
  return await db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('delivery_endpoints')
      .values({
        merchant_id: merchantId,
        slug: endpoint.slug,
        kind: endpoint.settings.webhook === undefined ? 'carrier' : 'webhook',
        ...columnsOf(endpoint.settings),
        created_at: endpoint.now,
      })
      .onConflict((conflict) => conflict.column('slug').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new EndpointExistsError(`endpoint ${endpoint.slug} exists`);
    await auditEndpoint(trx, merchantId, {
      ...endpoint,
      act: 'endpoint.created',
      details: { version: 1, after: tellEndpoint(toEndpoint(row)) },
    });
    return toEndpoint(row);
  });
}

/** @throws EndpointChangedError unless the endpoint still has the version that was seen. */
export async function changeEndpoint(
  db: Kysely<Database>,
  merchantId: number,
  change: Changed & {
    readonly slug: string;
    readonly seenVersion: number;
    readonly settings: EndpointSettings;
  },
): Promise<DeliveryEndpoint> {
  return await db.transaction().execute(async (trx) => {
    // Held, so that what the audit calls "before" is what was there.
    const seen = await trx
      .selectFrom('delivery_endpoints')
      .selectAll()
      .where('merchant_id', '=', merchantId)
      .where('slug', '=', change.slug)
      .where('version', '=', change.seenVersion)
      .where('state', '<>', 'retired')
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (seen === undefined) throw new EndpointChangedError(`endpoint ${change.slug} changed`);
    const row = await trx
      .updateTable('delivery_endpoints')
      .set({
        ...columnsOf(change.settings),
        version: change.seenVersion + 1,
        // What was learnt about another address says nothing about this one.
        failures_in_a_row: 0,
        circuit_open_until: null,
      })
      .where('merchant_id', '=', merchantId)
      .where('id', '=', seen.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const [before, after] = [toEndpoint(seen), toEndpoint(row)];
    await auditEndpoint(trx, merchantId, {
      ...change,
      act: 'endpoint.changed',
      details: { version: row.version, ...tellEndpointChange(before, after) },
    });
    return after;
  });
}

/**
 * Pauses, resumes or retires an endpoint. Resuming closes its circuit as well. Retiring is for good:
 * what is still due is settled, not sent, and counted in the audit.
 *
 * @throws EndpointChangedError when it is retired.
 */
export async function moveEndpoint(
  db: Kysely<Database>,
  merchantId: number,
  move: Changed & { readonly slug: string; readonly state: EndpointState },
): Promise<{ endpoint: DeliveryEndpoint; settled: number }> {
  return await db.transaction().execute(async (trx) => {
    await awaitQueued(trx, merchantId, move);
    const row = await trx
      .updateTable('delivery_endpoints')
      .set((eb) => ({
        state: move.state,
        version: eb('version', '+', 1),
        failures_in_a_row: 0,
        circuit_open_until: null,
      }))
      .where('merchant_id', '=', merchantId)
      .where('slug', '=', move.slug)
      .where('state', '<>', 'retired')
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new EndpointChangedError(`endpoint ${move.slug} is retired`);
    let settled = 0;
    if (move.state === 'retired') {
      const left = await trx
        .updateTable('deliveries')
        .set({ state: 'settled' })
        .where('merchant_id', '=', merchantId)
        .where('endpoint_id', '=', row.id)
        .where('state', '=', 'due')
        .executeTakeFirst();
      settled = Number(left.numUpdatedRows);
    }
    await auditEndpoint(trx, merchantId, {
      ...move,
      act: `endpoint.${move.state}`,
      details: { version: row.version, settled },
    });
    return { endpoint: toEndpoint(row), settled };
  });
}

/**
 * What comes in now must either be queued before, or see that the endpoint is retired. Events come with
 * money, which must wait for nobody: they hold the key of their endpoint's row and pass over one whose
 * whole row is held (queue_webhook_events). So it is held for nothing but retiring.
 */
async function awaitQueued(
  trx: Kysely<Database>,
  merchantId: number,
  { slug, state }: { readonly slug: string; readonly state: EndpointState },
): Promise<void> {
  const endpoint = await findEndpoint(trx, merchantId, slug);
  if (endpoint?.kind === 'carrier') {
    await sql`select lock_carrier_results(${merchantId})`.execute(trx);
  } else if (endpoint !== undefined && state === 'retired') {
    await sql`select from delivery_endpoints where id = ${endpoint.id} for update`.execute(trx);
  }
}

export async function findEndpoint(
  db: Kysely<Database>,
  merchantId: number,
  slug: string,
): Promise<DeliveryEndpoint | undefined> {
  const row = await db
    .selectFrom('delivery_endpoints')
    .selectAll()
    .where('merchant_id', '=', merchantId)
    .where('slug', '=', slug)
    .executeTakeFirst();
  return row && toEndpoint(row);
}

/** The merchant's endpoints of one kind, by slug, with how many deliveries stand where. */
export async function listEndpoints(
  db: Kysely<Database>,
  merchantId: number,
  kind: EndpointKind,
): Promise<(DeliveryEndpoint & { due: number; failed: number })[]> {
  const rows = await db
    .selectFrom('delivery_endpoints as e')
    .selectAll('e')
    .select((eb) => [
      eb
        .selectFrom('deliveries as d')
        .whereRef('d.endpoint_id', '=', 'e.id')
        .where('d.state', '=', 'due')
        .select(eb.fn.countAll<number>().as('n'))
        .as('due'),
      eb
        .selectFrom('deliveries as d')
        .whereRef('d.endpoint_id', '=', 'e.id')
        .where('d.state', '=', 'failed')
        .select(eb.fn.countAll<number>().as('n'))
        .as('failed'),
    ])
    .where('e.merchant_id', '=', merchantId)
    .where('e.kind', '=', kind)
    .orderBy('e.slug')
    .execute();
  return rows.map(({ due, failed, ...row }) => ({
    ...toEndpoint(row),
    due: due ?? 0,
    failed: failed ?? 0,
  }));
}

/**
 * Keeps what the last attempts showed about the endpoint, unless it was changed meanwhile.
 *
 * @returns whether it was kept
 */
export async function saveCircuit(
  db: Kysely<Database>,
  merchantId: number,
  endpoint: Pick<DeliveryEndpoint, 'id' | 'version'>,
  circuit: Circuit,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('delivery_endpoints')
    .set({
      failures_in_a_row: circuit.failuresInARow,
      circuit_open_until: circuit.openUntil,
    })
    .where('merchant_id', '=', merchantId)
    .where('id', '=', endpoint.id)
    .where('version', '=', endpoint.version)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function auditEndpoint(
  trx: Kysely<Database>,
  merchantId: number,
  entry: Changed & { slug: string; act: string; details: Record<string, unknown> },
): Promise<void> {
  await appendAudit(trx, merchantId, {
    at: entry.now,
    actor: entry.actor,
    act: entry.act,
    subject: entry.slug,
    reason: entry.reason,
    details: entry.details,
  });
}
