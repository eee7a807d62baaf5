import {
  ActivityFailure,
  continueAsNew,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import {
  describeRefresh,
  isFinishedRefresh,
  planRefresh,
  type RefreshFacts,
  type RefreshStage,
  type RefreshStep,
} from '../billing/card-refresh.ts';
import type { CycleStage } from '../billing/cycle.ts';
import {
  fileActivity,
  sendActivity,
  shortActivity,
  timingOf,
  type WorkflowInput,
} from './activity-options.ts';
import { hangBell, mayEnd } from './bell.ts';
import { hearRefreshActs } from './card-refresh-acts.ts';
import { startClock } from './clock.ts';
import { shouldContinueAsNew } from './history.ts';
import { setStage } from './stage.ts';

export interface CardRefreshInput extends WorkflowInput {
  /** YYYY-MM, of the request and its result. */
  readonly month: string;
  /** Who started it first. */
  readonly startedBy: string;
  /** Started over a finished month, for an act of a person that follows. */
  readonly hearing?: boolean;
}

/** Long enough for the Update that follows the start; nobody waits for this to pass. */
const HEARING_MS = 60_000;

/**
 * A month's card refresh (洗替): the connection is tried some days ahead, the request is built and
 * sent, its result is awaited until the 27th, looked for and merged. What is due next is a pure rule
 * over the month's row, which every step reads again; people act by Updates at any time.
 */
export async function cardRefresh(input: CardRefreshInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const timing = timingOf(input);
  const short = proxyActivities<MainActivities>(shortActivity(timing));
  const files = proxyActivities<FileActivities>(fileActivity(timing));
  const once = proxyActivities<FileActivities>(sendActivity(timing));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, month: input.month, now: clock.now() });
  hearRefreshActs({ of: (act) => ({ ...of(), workflowId, act }), bell }, short, files);

  const { startedBy } = input;
  const { clockOffsetMs, ...first } = await short.openCardRefresh({ ...of(), startedBy });
  clock.moveTo(clockOffsetMs);
  let facts: RefreshFacts = first;
  if (isFinishedRefresh(facts.stage) && input.hearing === true) {
    await bell.pauses(HEARING_MS, '担当者の操作');
    facts = await read();
  }

  for (;;) {
    setStage(stageOf(facts.stage), facts.attention, describeRefresh(facts));
    const { step, at } = planRefresh(facts);
    // A person may have a month that was not run go on, in the moment of its end too.
    if (isFinishedRefresh(facts.stage)) {
      if (await mayEnd(clock, bell)) return;
    } else if (clock.isDue(at)) await take(step);
    else await bell.waits(at, describeRefresh(facts));
    if (shouldContinueAsNew(timing)) {
      await clock.quiet();
      await continueAsNew<typeof cardRefresh>({ ...input, clockOffsetMs: clock.offsetMs() });
    }
    facts = await read();
  }

  async function read(): Promise<RefreshFacts> {
    const { clockOffsetMs: _, ...now } = await short.readRefresh(of());
    return now;
  }

  async function take(step: RefreshStep): Promise<void> {
    if (step === 'check') await files.checkRefresh(of());
    else if (step === 'build') await files.buildRefresh(of());
    else if (step === 'send') await send();
    else if (step === 'note-unclear') await short.noteUnclearRefresh(of());
    else if (step === 'inquire') await files.inquireRefresh(of());
    else await files.lookForRefreshResult(of());
  }

  async function send(): Promise<void> {
    try {
      await once.sendRefresh(of());
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      // Whatever ended it, its row knows whether a sending was begun.
      await short.noteUnclearRefresh(of());
    }
  }
}

/** The refresh's place among the stages by which people search. */
function stageOf(stage: RefreshStage): CycleStage {
  switch (stage) {
    case 'planned':
      return 'collecting';
    case 'built':
      return 'handing_over';
    case 'unknown':
    case 'awaiting_result':
      return 'awaiting_result';
    case 'done':
      return 'closed';
    case 'not_run':
      return 'stopped';
  }
}
