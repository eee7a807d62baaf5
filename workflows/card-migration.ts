import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import {
  isFinishedMigration,
  type MigrationFacts,
  type MigrationStage,
  migrationNeedsPerson,
  migrationStagesJa,
} from '../billing/card-migration.ts';
import type { CycleStage } from '../billing/cycle.ts';
import { describeMigration } from '../billing/describe-migration.ts';
import { earlierInstant } from '../billing/instant.ts';
import { planReminders } from '../billing/reminders.ts';
import { fileActivity, shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import { shouldContinueAsNew } from './history.ts';
import { hearMigrationActs } from './migration-acts.ts';
import { setStage } from './stage.ts';

export interface CardMigrationInput extends WorkflowInput {
  /** The migration's number, from 1. */
  readonly number: number;
}

/**
 * Moves a merchant's stored cards to another PSP: customers are checked, the link file goes out, the
 * PSP's file comes back and is imported, an operator accepts who is covered. Weeks pass between the
 * steps; each waits for people, reminds them, and may be done again with a corrected file. Where it
 * stands is read from its row, so that one whose Temporal state was lost goes on from there.
 */
export async function cardMigration(input: CardMigrationInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const timing = timingOf(input);
  const short = proxyActivities<MainActivities>(shortActivity(timing));
  const files = proxyActivities<FileActivities>(fileActivity(timing));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, number: input.number, now: clock.now() });
  let stage: MigrationStage = 'checking';
  // Only saves a second call: the key of a reminder keeps it from being posted twice.
  let reminded = '';

  hearMigrationActs(
    {
      of: (act) => ({ ...of(), workflowId, act }),
      async noted(act) {
        const facts = await act();
        bell.ring();
        return facts;
      },
      isFinished: () => isFinishedMigration(stage),
    },
    short,
    files,
  );

  for (;;) {
    const { clockOffsetMs, ...facts } = await short.readMigration(of());
    clock.moveTo(clockOffsetMs);
    stage = facts.stage;
    setStage(searchStages[stage], migrationNeedsPerson(facts), describeMigration(facts));
    if (isFinishedMigration(stage)) break;
    await step(facts);
    if (shouldContinueAsNew(timing)) {
      await clock.quiet();
      await continueAsNew<typeof cardMigration>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
  }
  await clock.quiet();

  async function step(facts: MigrationFacts): Promise<void> {
    if (stage === 'importing') {
      await files.importReturnedFile(of());
      return;
    }
    const machineAt = stage === 'handing_over' ? facts.dueAt : null;
    if (machineAt !== null && clock.isDue(machineAt)) {
      await files.deliverLinkFile(of());
      return;
    }
    const dueAt = earlierInstant(await remind(facts), machineAt);
    // Short: Temporal takes no long text at a timer.
    await bell.waits(dueAt, migrationStagesJa[facts.stage]);
  }

  /** Reminds of a wait what is due of it. @returns when to remind next */
  async function remind(facts: MigrationFacts): Promise<string> {
    const { due, next } = planReminders(facts.waitsSince, clock.now());
    const occasion = `${facts.stage} ${facts.waitsSince} ${due?.days}`;
    if (due !== null && occasion !== reminded) {
      await short.remindOfMigration({ ...of(), days: due.days });
    }
    reminded = occasion;
    return next.dueAt;
  }
}

/** The migration's place among the stages by which people search. */
const searchStages: Readonly<Record<MigrationStage, CycleStage>> = {
  checking: 'collecting',
  handing_over: 'handing_over',
  awaiting_return: 'awaiting_result',
  importing: 'reconciling',
  covering: 'awaiting_approval',
  accepted: 'closed',
  cancelled: 'closed',
};
