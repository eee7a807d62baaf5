import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { UpdateDefinition } from '@temporalio/common';
import type { z } from 'zod';
import { webhookRoutes } from '../api/contract/webhooks.ts';
import { refuseUnfitUrl } from '../api/endpoint-url.ts';
import { Problem } from '../api/problem.ts';
import { webhookSettings } from '../api/webhook-settings.ts';
import type { EndpointState } from '../db/carrier-tables.ts';
import type { Db } from '../db/database.ts';
import {
  createEndpoint,
  type DeliveryEndpoint,
  EndpointChangedError,
  EndpointExistsError,
  findEndpoint,
  listEndpoints,
  moveEndpoint,
} from '../db/queries/delivery-endpoints.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { listWebhookDeliveries, type WebhookDelivery } from '../db/queries/webhook-deliveries.ts';
import { connectTemporal } from '../temporal/client.ts';
import { wakeDeliveryDesk } from '../temporal/start-delivery-desk.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { type OperatorAct, resendWebhookEvents, sendTestEvent } from '../workflows/messages.ts';
import { deliveryDeskWorkflowId } from '../workflows/workflow-ids.ts';
import { readActor, UsageError, withRecord } from './record-access.ts';
import { sayRefusal } from './say-refusal.ts';
import { findServers, serversMissing } from './schedules.ts';
import { UnusableInputError } from './unusable-input.ts';

interface OfMerchant {
  readonly merchant: string;
  readonly json?: boolean;
}
interface OfWebhook extends OfMerchant {
  readonly name: string;
}

/** `tsukigime webhooks list`. @returns the exit code, as all of these. */
export async function runWebhooksList(command: OfMerchant): Promise<number> {
  return await onRecord(command, async ({ db, merchant }) => {
    const webhooks = await listEndpoints(db, merchant.id, 'webhook');
    if (command.json) {
      console.log(JSON.stringify(webhooks.map(({ id: _, ...shown }) => shown)));
      return;
    }
    for (const { slug, state, url, webhook, due, failed } of webhooks) {
      console.log(`${slug}  ${state}  ${url}  ${due} waiting, ${failed} given up`);
      console.log(`  ${webhook?.events.join(', ')}`);
    }
  });
}

/** `tsukigime webhooks add`: with the schedule of the house; the API changes the rest. */
export async function runWebhooksAdd(
  command: OfWebhook & { url: string; events: readonly string[]; secret: string; reason: string },
): Promise<number> {
  return await onRecord(command, async ({ db, merchant, now }) => {
    const { url, secret: secretName, name } = command;
    const events = command.events.flatMap((one) => one.split(','));
    const said = { url, events, secretName, webhook: name, reason: command.reason };
    const read = requireFit(webhookRoutes.createWebhook.body.schema, said, {
      ...{ secretName: 'secret', webhook: 'name' },
    });
    refuseUnfitUrl(merchant, url);
    const { webhook: slug, reason, ...given } = read;
    const settings = webhookSettings(given);
    const by = { actor: readActor(), reason, now };
    const made = await createEndpoint(db, merchant.id, { slug, settings, ...by });
    console.log(
      command.json ? JSON.stringify({ name: made.slug }) : `${made.slug} is told events.`,
    );
  });
}

/** `tsukigime webhooks move`: pause, resume, retire. */
export async function runWebhooksMove(
  command: OfWebhook & { to: EndpointState; reason: string },
): Promise<number> {
  return await onRecord(command, async ({ db, merchant, now }) => {
    const { reason } = requireFit(webhookRoutes.pauseWebhook.body.schema, {
      reason: command.reason,
    });
    const { slug } = await requireWebhook(db, merchant, command.name);
    const by = { actor: readActor(), reason, now };
    const { endpoint, settled } = await moveEndpoint(db, merchant.id, {
      ...{ slug, state: command.to, ...by },
    });
    const left = settled > 0 ? `; ${settled} that waited are not sent` : '';
    console.log(
      command.json
        ? JSON.stringify({ state: endpoint.state })
        : `${slug}: ${endpoint.state}${left}`,
    );
    if (endpoint.state !== 'paused') {
      await withDesk(merchant, slug, async ({ wake }) => await wake());
    }
  });
}

/** The circuit, a queue or a slow shop may keep it waiting; the log tells later. */
const TEST_PATIENCE_MS = 15_000;

/** `tsukigime webhooks test`: exit code 1 when the shop did not answer 2xx. */
export async function runWebhooksTest(command: OfWebhook): Promise<number> {
  let taken = false;
  const code = await onRecord(command, async ({ db, merchant }) => {
    const { id: endpointId, slug } = await requireWebhook(db, merchant, command.name);
    const { event } = await withDesk(merchant, slug, ({ tell }) => tell(sendTestEvent, {}, null));
    const page = { endpointId, state: null, event, before: null, limit: 1 };
    const until = performance.now() + TEST_PATIENCE_MS;
    let [delivery] = await listWebhookDeliveries(db, merchant.id, page);
    while (delivery?.attempts.length === 0 && performance.now() < until) {
      await delay(200);
      [delivery] = await listWebhookDeliveries(db, merchant.id, page);
    }
    if (delivery === undefined) return;
    taken = delivery.state === 'delivered';
    console.log(command.json ? JSON.stringify(delivery) : writeDelivery(delivery).join('\n'));
    if (!taken && !command.json) console.error('It has not been taken; it is tried again.');
  });
  return code === 0 && !taken ? 1 : code;
}

/** `tsukigime webhooks log`. */
export async function runWebhooksLog(
  command: OfWebhook & { state?: string; limit?: number },
): Promise<number> {
  return await onRecord(command, async ({ db, merchant }) => {
    const { state = null, limit } = requireFit(webhookRoutes.listWebhookDeliveries.query, {
      ...{ state: command.state, limit: command.limit ?? 20 },
    });
    const { id: endpointId } = await requireWebhook(db, merchant, command.name);
    const page = { endpointId, state, event: null, before: null, limit };
    const deliveries = await listWebhookDeliveries(db, merchant.id, page);
    if (command.json) console.log(JSON.stringify(deliveries));
    else for (const one of deliveries) console.log(writeDelivery(one).join('\n'));
  });
}

/** `tsukigime webhooks resend`: all of the named ones or none. */
export async function runWebhooksResend(
  command: OfWebhook & { event?: readonly string[]; failed?: boolean; reason: string },
): Promise<number> {
  return await onRecord(command, async ({ db, merchant }) => {
    const { event = null, failed = false } = command;
    if ((event === null) !== failed) throw new UsageError('Give one of --event and --failed.');
    const said = { events: event, reason: command.reason };
    const { schema } = webhookRoutes.resendWebhookEvents.body;
    const { events, reason } = requireFit(schema, said, { events: 'event' });
    const { slug } = await requireWebhook(db, merchant, command.name);
    const { queued } = await withDesk(merchant, slug, ({ tell }) =>
      tell(resendWebhookEvents, { events }, reason),
    );
    console.log(command.json ? JSON.stringify({ queued }) : `${queued} 件を再送します。`);
  });
}

/**
 * What the API would take: as the contract reads it.
 * @param names of options that the API calls otherwise
 */
function requireFit<Schema extends z.ZodType>(
  schema: Schema,
  said: unknown,
  names: Readonly<Record<string, string>> = {},
): z.output<Schema> {
  const read = schema.safeParse(said);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path: [field = ''], message }) => {
    const name = String(field);
    return `--${names[name] ?? name} ${message}.`;
  });
  throw new UsageError(problems.join('\n'));
}

function writeDelivery({ event, state, attempts, dueAt }: WebhookDelivery): string[] {
  const next = dueAt === null ? '' : `, next ${dueAt}`;
  return [
    `${event.occurredAt}  ${event.type}  ${state}${next}  ${event.id}`,
    ...attempts.map(({ attempt, outcome, status, answerStart, durationMs, endedAt }) => {
      const answer = status === null ? outcome : `${outcome} HTTP ${status}`;
      return `  ${attempt}. ${endedAt}  ${answer}  ${durationMs} ms  ${answerStart ?? ''}`.trimEnd();
    }),
  ];
}

interface Place {
  readonly db: Db;
  readonly merchant: Merchant;
  /** ISO instant on the merchant's clock. */
  readonly now: string;
}

async function onRecord(
  { merchant: slug }: OfMerchant,
  work: (place: Place) => Promise<void>,
): Promise<number> {
  return await withRecord(async ({ db, now: realNow }) => {
    const merchant = await findMerchant(db, slug);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${slug}.`);
    const now = new Date(Date.parse(realNow) + merchant.clockOffsetMs).toISOString();
    try {
      await work({ db, merchant, now });
    } catch (error) {
      throw toUsageError(error);
    }
  });
}

/** What was refused on purpose is a sentence, not a defect. */
function toUsageError(error: unknown): unknown {
  if (error instanceof Problem) return new UsageError(error.detail);
  if (error instanceof UnusableInputError) return new UsageError(`${error.ja} (${error.message})`);
  if (error instanceof EndpointExistsError) return new UsageError('This name is taken.');
  if (error instanceof EndpointChangedError) return new UsageError('The webhook is retired.');
  return error;
}

async function requireWebhook(db: Db, merchant: Merchant, slug: string): Promise<DeliveryEndpoint> {
  const endpoint = await findEndpoint(db, merchant.id, slug);
  if (endpoint?.kind === 'webhook') return endpoint;
  throw new UsageError(`${merchant.slug} has no webhook ${slug}.`);
}

interface Desk {
  wake(): Promise<void>;
  tell<Details extends object, Result>(
    update: UpdateDefinition<Result, [OperatorAct & Details]>,
    details: Details,
    reason: string | null,
  ): Promise<Result>;
}

async function withDesk<Result>(
  merchant: Merchant,
  slug: string,
  work: (desk: Desk) => Promise<Result>,
): Promise<Result> {
  const servers = await findServers();
  if (servers === undefined) throw new UsageError(serversMissing);
  const client = await connectTemporal(servers.temporal);
  const wake = () => wakeDeliveryDesk(createWorkflowStarter(client), merchant, slug);
  try {
    return await work({
      wake,
      async tell(update, details, reason) {
        await wake();
        const idempotencyKey = randomUUID();
        const act = { actor: readActor(), idempotencyKey, reason, ...details };
        const handle = client.workflow.getHandle(deliveryDeskWorkflowId(slug));
        return await handle.executeUpdate(update, { args: [act], updateId: idempotencyKey });
      },
    });
  } catch (error) {
    throw sayRefusal(error);
  } finally {
    await client.connection.close();
  }
}
