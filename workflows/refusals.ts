import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';

/** Throws the refusal of an Update's validator: nothing is written, and the operator reads this. */
export function refuseUnless(allowed: boolean, message: string): void {
  if (allowed) return;
  throw ApplicationFailure.create({
    type: 'StageConflict',
    message: `${message}何も変更していません。`,
    nonRetryable: true,
  });
}

/**
 * The sentence of an activity's refusal: a person must put something right before the step can go
 * through. Undefined for everything else, which the caller throws on.
 */
export function readRefusal(error: unknown): string | undefined {
  if (!(error instanceof ActivityFailure)) return undefined;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure) || cause.nonRetryable !== true) return undefined;
  return cause.message;
}
