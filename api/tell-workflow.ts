import type { UpdateDefinition } from '@temporalio/common';
import type { OperatorAct } from '../workflows/messages.ts';
import type { ApiDependencies } from './dependencies.ts';
import { type FailureTable, runUpdate } from './run-update.ts';

/** Refusals of files; every other one is a conflict. */
const fileFailures: FailureTable = {
  UnusableFile: 'file-unusable',
  WrongResultFile: 'file-unusable',
  UnknownFile: 'file-not-found',
};

/**
 * Carries an operator's act to a workflow and shapes its answer as a reply: 200 once it is written
 * down, 202 with the place to look while the workflow is still at it.
 */
export async function tellWorkflow<Act extends OperatorAct, Result>(
  deps: ApiDependencies,
  act: {
    readonly workflowId: string;
    /** Path of the resource that shows what became of it. */
    readonly location: string;
    readonly update: UpdateDefinition<Result, [Act]>;
    readonly act: Act;
  },
): Promise<
  | { status: 200; body: Result }
  | { status: 202; headers: Record<string, string>; body: { accepted: true } }
> {
  const answer = await runUpdate(deps, {
    workflowId: act.workflowId,
    update: act.update,
    args: [act.act],
    idempotencyKey: act.act.idempotencyKey,
    failures: fileFailures,
  });
  return answer.kind === 'done'
    ? { status: 200, body: answer.result }
    : { status: 202, headers: { Location: act.location }, body: { accepted: true } };
}
