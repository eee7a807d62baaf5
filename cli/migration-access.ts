import { randomUUID } from 'node:crypto';
import type { UpdateDefinition } from '@temporalio/client';
import type { MigrationFacts } from '../billing/card-migration.ts';
import { describeMigration } from '../billing/describe-migration.ts';
import { type CardMigration, findMigration } from '../db/queries/card-migrations.ts';
import { startCardMigration } from '../temporal/start-card-migration.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import type { OperatorAct } from '../workflows/messages.ts';
import { cardMigrationWorkflowId } from '../workflows/workflow-ids.ts';
import { type AtMerchant, atMerchant, type OfMerchant, withTemporal } from './at-merchant.ts';
import { readActor } from './record-access.ts';
import { UnusableInputError } from './unusable-input.ts';

export interface OfOne extends OfMerchant {
  readonly number: number;
}

export interface ActCommand extends OfOne {
  readonly reason?: string;
}

/** Runs a command at one migration of the merchant. */
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
    return 0;
  });
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
    // A workflow that was lost with Temporal's state begins here.
    await startCardMigration(createWorkflowStarter(client), at.merchant, command.number);
    return await client.workflow
      .getHandle(cardMigrationWorkflowId(slug, command.number))
      .executeUpdate(update, { args: [{ ...act, ...details }], updateId: idempotencyKey });
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
