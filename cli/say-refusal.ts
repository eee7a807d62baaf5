import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { UnusableInputError } from './unusable-input.ts';

/** What a workflow refused on purpose is told in its own words; any other error stays as it is. */
export function sayRefusal(error: unknown): unknown {
  let cause: unknown = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true
    ? new UnusableInputError(cause.type ?? 'refused', cause.message)
    : error;
}
