import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { CycleStage } from '../billing/cycle.ts';
import { attentionAttribute, consolePageMemo, stageAttribute } from './workflow-ids.ts';

/**
 * Says where the workflow stands, for people who look at the Temporal UI. Search attributes are
 * written only when they change: each writing is an event in the history.
 *
 * @param details what it waits for, in plain words (Temporal markdown). No personal data.
 */
export function setStage(stage: CycleStage, attention: boolean, details: string): void {
  const known = workflowInfo().typedSearchAttributes;
  const changes: SearchAttributeUpdatePair[] = [];
  if (known.get(stageAttribute) !== stage) changes.push({ key: stageAttribute, value: stage });
  if (known.get(attentionAttribute) !== attention) {
    changes.push({ key: attentionAttribute, value: attention });
  }
  if (changes.length > 0) upsertSearchAttributes(changes);
  showDetails(details);
}

/**
 * Says what the workflow waits for. What its start wrote about the way to the console is lost to a run that
 * continues another; the memo is not.
 */
export function showDetails(details: string): void {
  const { memo, continuedFromExecutionRunId } = workflowInfo();
  const page = continuedFromExecutionRunId === undefined ? undefined : memo?.[consolePageMemo];
  setCurrentDetails(page === undefined ? details : `${details}\n\n[コンソールで開く](${page})`);
}
