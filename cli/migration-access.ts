import { randomUUID } from 'node:crypto';
import type { Client, UpdateDefinition } from '@temporalio/client';
import type { MigrationFacts } from '../billing/card-migration.ts';
import { describeMigration } from '../billing/describe-migration.ts';
import { readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { type CardMigration, findMigration } from '../db/queries/card-migrations.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findRunningStack } from '../stack/running-stack.ts';
import { connectTemporal } from '../temporal/client.ts';
import { startCardMigration } from '../temporal/start-card-migration.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import type { OperatorAct } from '../workflows/messages.ts';
import { cardMigrationWorkflowId } from '../workflows/workflow-ids.ts';
import { readActor } from './record-access.ts';
import { sayRefusal } from './say-refusal.ts';
import { requireStack, type Stack, unknownMerchant } from './store-input.ts';
import { runReporting, UnusableInputError } from './unusable-input.ts';

export interface OfMerchant {
  readonly merchant: string;
}

export interface OfOne extends OfMerchant {
  readonly number: number;
}

export interface ActCommand extends OfOne {
  readonly reason?: string;
}

export interface AtMerchant {
  readonly db: Db;
  readonly stack: Stack;
  readonly merchant: Merchant;
  /** ISO instant of the merchant's business clock. */
  readonly now: string;
}

/** Runs a command at a merchant of the running stack. @returns the exit code */
export function atMerchant(
  command: OfMerchant,
  work: (at: AtMerchant) => Promise<void>,
): Promise<number> {
  return runReporting(async () => {
    const stack = requireStack(findRunningStack(readConfig()));
    const db = openDatabase(stack.appDatabaseUrl, {
      ...{ maxConnections: 2, applicationName: 'tsukigime-cli' },
    });
    try {
      const merchant = await findMerchant(db, command.merchant);
      if (merchant === undefined) throw unknownMerchant(command.merchant);
      const now = new Date(Date.now() + merchant.clockOffsetMs).toISOString();
      await work({ db, stack, merchant, now });
      return 0;
    } finally {
      await db.destroy();
    }
  });
}

/** The same for one migration. */
export function atMigration(
  command: OfOne,
  work: (at: AtMerchant & { readonly migration: CardMigration }) => Promise<void>,
): Promise<number> {
  return atMerchant(command, async (at) => {
    const migration = await findMigration(at.db, at.merchant.id, command.number);
    if (migration === undefined) {
      throw new UnusableInputError(
        `there is no card migration ${command.number}`,
        'この番号の移行はありません',
      );
    }
    await work({ ...at, migration });
  });
}

export async function withTemporal<T>(
  { stack }: Pick<AtMerchant, 'stack'>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { temporalAddress: address, temporalNamespace: namespace, payloadKeys: keys } = stack;
  const client = await connectTemporal({ address, namespace, keys });
  try {
    return await work(client);
  } finally {
    await client.connection.close();
  }
}

/** Carries an act to the migration's workflow and says where it stands then. */
export async function tellMigration<Details extends object>(
  at: AtMerchant,
  command: ActCommand,
  update: UpdateDefinition<MigrationFacts, [OperatorAct & Details]>,
  details: Details,
): Promise<MigrationFacts> {
  const { slug } = at.merchant;
  const idempotencyKey = randomUUID();
  const act = { actor: readActor(), idempotencyKey, reason: command.reason ?? null };
  return await withTemporal(at, async (client) => {
    try {
      // A workflow that was lost with Temporal's state begins here.
      await startCardMigration(createWorkflowStarter(client), at.merchant, command.number);
      return await client.workflow
        .getHandle(cardMigrationWorkflowId(slug, command.number))
        .executeUpdate(update, { args: [{ ...act, ...details }], updateId: idempotencyKey });
    } catch (error) {
      throw sayRefusal(error);
    }
  });
}

/** Runs a command that is one act. */
export function runAct<Details extends object>(
  command: ActCommand,
  update: UpdateDefinition<MigrationFacts, [OperatorAct & Details]>,
  details: Details,
): Promise<number> {
  return atMigration(command, async (at) => {
    console.log(describeMigration(await tellMigration(at, command, update, details)));
  });
}
