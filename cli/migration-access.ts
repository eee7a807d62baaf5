import { randomUUID } from 'node:crypto';
import type { UpdateDefinition } from '@temporalio/client';
import { isFinishedMigration, type MigrationFacts } from '../billing/card-migration.ts';
import { describeMigration } from '../billing/describe-migration.ts';
import {
  type CardMigration,
  findMigration,
  listMigrations,
} from '../db/queries/card-migrations.ts';
import { startCardMigration } from '../temporal/start-card-migration.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import type { OperatorAct } from '../workflows/messages.ts';
import { cardMigrationWorkflowId } from '../workflows/workflow-ids.ts';
import { type AtMerchant, atMerchant, type OfMerchant, withTemporal } from './at-merchant.ts';
import { readActor } from './record-access.ts';
import { UnusableInputError } from './unusable-input.ts';

export interface OfOne extends OfMerchant {
  /** Left out: the one that is open. */
  readonly number?: number;
}

/** What a command works with at one migration. */
export type AtMigration = AtMerchant & { readonly migration: CardMigration };

export interface ActCommand extends OfOne {
  readonly reason?: string;
}

/** Runs a command at one migration of the merchant. */
export function atMigration(
  command: OfOne,
  work: (at: AtMigration) => Promise<void>,
): Promise<number> {
  return atMerchant(command, async (at) => {
    const migration =
      command.number === undefined
        ? await findOnlyOpen(at)
        : await findMigration(at.db, at.merchant.id, command.number);
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

// More than can be open at once: rehearsals are as many as people begin, and are soon over.
const newest = 100;

async function findOnlyOpen({ db, merchant }: AtMerchant): Promise<CardMigration> {
  const all = await listMigrations(db, merchant.id, { before: null, limit: newest });
  const open = all.filter(({ stage }) => !isFinishedMigration(stage));
  const [only] = open;
  if (only !== undefined && open.length === 1) return only;
  const numbers = open.map(({ number }) => number).join(', ');
  throw new UnusableInputError(
    `${open.length} migrations are open: name one by --number`,
    open.length === 0
      ? '進行中の移行がありません。--number で指定してください'
      : `進行中の移行が複数あります (${numbers})。--number で指定してください`,
  );
}

/** Carries an act to the migration's workflow and says where it stands then. */
export async function tellMigration<Details extends object>(
  at: AtMigration,
  command: ActCommand,
  update: UpdateDefinition<MigrationFacts, [OperatorAct & Details]>,
  details: Details,
): Promise<MigrationFacts> {
  const { slug } = at.merchant;
  const { number } = at.migration;
  const idempotencyKey = randomUUID();
  const act = { actor: readActor(), idempotencyKey, reason: command.reason ?? null };
  return await withTemporal(at, async (client) => {
    // A workflow that was lost with Temporal's state begins here.
    await startCardMigration(createWorkflowStarter(client), at.merchant, number);
    return await client.workflow
      .getHandle(cardMigrationWorkflowId(slug, number))
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
