import { proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import { describeImport, type ImportFacts, isFinishedImport } from '../billing/file-import.ts';
import { fileActivity, shortActivity, timingOf, type WorkflowInput } from './activity-options.ts';
import { hangBell } from './bell.ts';
import { startClock } from './clock.ts';
import { cancelImport, importProgress, startImport } from './messages.ts';
import { refuseUnless } from './refusals.ts';
import { setStage } from './stage.ts';

export interface FileImportInput extends WorkflowInput {
  /** The import's number, from 1. */
  readonly number: number;
}

/**
 * One upload of a customer or card file: held until a person starts or deletes it, or imported at
 * once; then people are told. Where it stands is read from its row, so that an import whose Temporal
 * state was lost goes on from there, and a finished one ends at once.
 */
export async function fileImport(input: FileImportInput): Promise<void> {
  const clock = startClock(input.clockOffsetMs);
  const bell = hangBell(clock);
  const short = proxyActivities<MainActivities>(shortActivity(timingOf(input)));
  const files = proxyActivities<FileActivities>(fileActivity(timingOf(input)));
  const { workflowId } = workflowInfo();
  const of = () => ({ merchant: input.merchant, number: input.number, now: clock.now() });
  let facts: ImportFacts | null = null;

  setHandler(importProgress, () => facts);
  // Null before the first look at the row: then the activity decides, by the row.
  const validator = (_act: unknown) =>
    refuseUnless(
      facts === null || facts.stage === 'uploaded',
      'この取り込みはすでに開始または終了しています。',
    );
  for (const [update, decision] of [
    [startImport, 'start'],
    [cancelImport, 'cancel'],
  ] as const) {
    setHandler(
      update,
      async (act) => {
        const decided = await short.decideImport({ ...of(), workflowId, act, decision });
        bell.ring();
        return decided;
      },
      { validator },
    );
  }

  const { clockOffsetMs, ...first } = await short.readImport(of());
  clock.moveTo(clockOffsetMs);
  facts = first;
  while (!isFinishedImport(facts.stage)) {
    setStage('collecting', facts.stage === 'uploaded', describeImport(facts));
    if (facts.stage === 'running') {
      facts = await files.importFile(of());
      continue;
    }
    await bell.waits(null, '取り込みの開始');
    const { clockOffsetMs: _, ...now } = await short.readImport(of());
    facts = now;
  }
  setStage('closed', false, describeImport(facts));
  await clock.quiet();
}
