import { ApplicationFailure } from '@temporalio/common';
import { IdempotencyConflict } from '../db/queries/decisions.ts';

/**
 * Failures that a person must answer; docs/failures.md lists them. Their Japanese sentence is what
 * the operator reads: what happened, what was kept, what to do next.
 */
export type FailureType =
  | 'UnknownMerchant'
  | 'UnknownEndpoint'
  | 'UnknownConfirmation'
  | 'ConfirmationOutdated'
  | 'UnknownTasks'
  | 'UnknownWebhookEvents'
  | 'UnknownFile'
  | 'UnusableFile'
  | 'SettingsIncomplete'
  | 'NothingSelected'
  | 'StageConflict'
  | 'IdempotencyConflict'
  | 'AcceptanceNumberTaken'
  | 'ConfirmScreenDiffers'
  | 'WrongResultFile'
  | 'TotalsDiffer'
  | 'PreviewChanged'
  | 'ApproverIsRequester'
  | 'UnknownOrders'
  | 'UnknownCustomers'
  | 'ChecksOpen'
  | 'DeskItemsRefused'
  | 'DifferencesOpen'
  | 'ConservationBroken';

/** A failure that no retry can mend. */
export function refusal(
  type: FailureType,
  message: string,
  ...details: unknown[]
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details });
}

/** Turns what the queries throw on purpose into the failure that the caller is told. */
export function asRefusal(error: unknown): unknown {
  return error instanceof IdempotencyConflict
    ? refusal(
        'IdempotencyConflict',
        'この操作キーは別の操作で使用済みです。何も変更していません。新しいキーで送信してください。',
      )
    : error;
}
