import type { UpdateDefinition } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { CorrectionKind } from '../billing/correction.ts';
import type { CycleStage, RowsAndYen } from '../billing/cycle.ts';
import type { DecisionTotals, DeskAction } from '../billing/desk-decision.ts';
import type { ExchangeFacts, FormatError, IngestedResult } from '../billing/exchange.ts';
import type { ImportFacts } from '../billing/file-import.ts';
import type { NgAct, NgCaseName } from '../billing/ng-act.ts';

/** Everything that is said to a running workflow: signals, queries and people's Updates. */

export interface ClockMoved {
  /** Business time less real time. A clock never goes back: a smaller value than known is ignored. */
  readonly offsetMs: number;
}
/** The merchant's business clock was moved (sandbox merchants only). */
export const clockMoved = defineSignal<[ClockMoved]>('clockMoved');

export interface RowChanged {
  /** What kind of row, for example `exchange`. */
  readonly kind: string;
  /** The row's public ID. The waiter re-reads the row: the signal itself proves nothing. */
  readonly id: string;
}
/** Another workflow or the API has changed a row that this workflow waits for. */
export const rowChanged = defineSignal<[RowChanged]>('rowChanged');

export interface ClockState {
  /** The offset that the workflow has taken in. */
  readonly offsetMs: number;
  /** Business time as of the workflow's last turn, not of the question. */
  readonly now: string;
  /** The earliest instant on the business clock that the workflow waits for; null = none. */
  readonly nextDue: string | null;
  /** No activity and no handler is running: only time or a message can move the workflow on. */
  readonly idle: boolean;
  /** What keeps it from being idle, for messages: names of activities and handlers. */
  readonly running: readonly string[];
  /** Grows with everything that happens: equal twice = nothing happened in between. */
  readonly turns: number;
  /** A restart or continue-as-new counts its turns anew under another run. */
  readonly runId: string;
}
export const clockState = defineQuery<ClockState>('clockState');

/** What every decision of a person carries. The identity comes from the token, never from a body. */
export interface OperatorAct {
  readonly actor: string;
  /** Part of the Update's ID, and the unique key of the row that the handler writes. */
  readonly idempotencyKey: string;
  /** Why, in the operator's words; it goes to the audit. */
  readonly reason: string | null;
}

/** An Update by a person: `Details` are IDs, hashes, numbers and choices, never rows. */
export function defineOperatorUpdate<Details extends object, Result>(
  name: string,
): UpdateDefinition<Result, [OperatorAct & Details]> {
  return defineUpdate<Result, [OperatorAct & Details]>(name);
}

/** The month's order export: stored bytes, named by their hash. */
export const useOrderExport = defineOperatorUpdate<{ readonly sha256: string }, CollectionSummary>(
  'useOrderExport',
);

/** What an export brought, against what the month knew. */
export interface CollectionSummary {
  readonly n: number;
  readonly records: number;
  readonly quarantined: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly gone: number;
}

/** Selected orders without a charge are billed: all of them (null) or the named ones. */
export const startRun = defineOperatorUpdate<
  { readonly orderNumbers: readonly string[] | null; readonly confirmed: RowsAndYen },
  RowsAndYen
>('startRun');

/** What a preview showed may be billed: its content, named by its hash. */
export const approveRun = defineOperatorUpdate<{ readonly sha256: string }, RowsAndYen>(
  'approveRun',
);

/** What a preview showed is not billed: its runs are withdrawn. */
export const rejectRun = defineOperatorUpdate<
  { readonly sha256: string },
  { withdrawn: number; held: number }
>('rejectRun');

/** Authorized charges that an operator ticked are captured with the next file, wholly or in part. */
export const captureCharges = defineOperatorUpdate<
  {
    readonly orderNumbers: readonly string[];
    /** Of the named orders, those that are captured below their authorization, each once. */
    readonly partialAmounts: readonly {
      readonly orderNumber: string;
      readonly amountYen: number;
    }[];
    /** The yen that are captured. */
    readonly confirmed: RowsAndYen;
  },
  RowsAndYen
>('captureCharges');

/** Charges that expired or were voided are authorized again, as new attempts. */
export const reauthorizeCharges = defineOperatorUpdate<
  { readonly orderNumbers: readonly string[]; readonly confirmed: RowsAndYen },
  RowsAndYen
>('reauthorizeCharges');

/** The days on which orders were shipped. */
export const recordShipments = defineOperatorUpdate<
  { readonly shipments: readonly { readonly orderNumber: string; readonly shippedOn: string }[] },
  { recorded: number }
>('recordShipments');

/** Charges that will not be billed come to an end: all of those named, or none. */
export const endCharges = defineOperatorUpdate<
  { readonly orderNumbers: readonly string[]; readonly kind: 'cancelled' | 'given_up' },
  { ended: number }
>('endCharges');

/** New files for charges whose file was rejected or whose capture was refused. */
export const rebuildFiles = defineOperatorUpdate<
  { readonly kind: 'auth' | 'capture' },
  { files: number; why: string | null }
>('rebuildFiles');

/** Orders are kept out of every file until they are released. */
export const holdOrders = defineOperatorUpdate<
  { readonly orderNumbers: readonly string[] },
  { held: number }
>('holdOrders');

/** The hold of orders ends. */
export const releaseHolds = defineOperatorUpdate<
  {
    readonly orderNumbers: readonly string[];
    /** The holds as the person saw them; without it any hold of the orders ends. */
    readonly seen?: readonly { readonly orderNumber: string; readonly n: number }[] | undefined;
  },
  { released: number }
>('releaseHolds');

/** Charges that were given up or cancelled are to be billed after all. */
export const releaseCharges = defineOperatorUpdate<
  { readonly orderNumbers: readonly string[] },
  { released: number }
>('releaseCharges');

/** What became known of a closed month; its number in the month is the answer. */
export const recordCorrection = defineOperatorUpdate<
  {
    readonly kind: CorrectionKind;
    readonly orderNumber: string | null;
    readonly yen: number | null;
  },
  { number: number }
>('recordCorrection');

/** A correction of a closed month was looked after; how many are open is the answer. */
export const acknowledgeCorrection = defineOperatorUpdate<
  { readonly number: number },
  { open: number }
>('acknowledgeCorrection');

/** What stood in the way of the latest step is put right: the month tries it again. */
export const resumeCycle = defineOperatorUpdate<object, { stage: CycleStage }>('resumeCycle');

/** The 受付番号 that the portal showed. */
export const recordAcceptance = defineOperatorUpdate<
  {
    readonly acceptanceNumber: string;
    /** Whether the confirm screen showed the values of the file. */
    readonly matched: boolean;
  },
  ExchangeFacts
>('recordAcceptance');

/** The 受付番号 was mistyped. */
export const correctAcceptance = defineOperatorUpdate<
  { readonly acceptanceNumber: string },
  ExchangeFacts
>('correctAcceptance');

/** Nobody knows whether the upload went through. */
export const recordUnclear = defineOperatorUpdate<object, ExchangeFacts>('recordUnclear');

/** What became of an unclear upload: its 受付番号, or null for one that never arrived. */
export const decideUnclear = defineOperatorUpdate<
  { readonly acceptanceNumber: string | null },
  ExchangeFacts
>('decideUnclear');

/** The file never left and is wanted no more. */
export const withdrawFile = defineOperatorUpdate<object, ExchangeFacts>('withdrawFile');

/** The file is handed over now, though its turn has not come. */
export const handOverEarly = defineOperatorUpdate<object, ExchangeFacts>('handOverEarly');

/** Orders are taken out of a file that never left; the others go into a new one. */
export const takeOutOrders = defineOperatorUpdate<
  { readonly orderNumbers: readonly string[] },
  { held: number; files: number }
>('takeOutOrders');

/** The format errors that the portal showed: the file was not taken. */
export const recordFormatErrors = defineOperatorUpdate<
  { readonly errors: readonly FormatError[] },
  ExchangeFacts
>('recordFormatErrors');

/** 処理完了メール came, or the list says 完了処理済. */
export const recordCompletion = defineOperatorUpdate<object, ExchangeFacts>('recordCompletion');

/** The result file: stored bytes, named by their hash. */
export const ingestResult = defineOperatorUpdate<{ readonly sha256: string }, IngestedResult>(
  'ingestResult',
);

/** What became of lines that no result file settled, vouched for by a person. */
export const settleLines = defineOperatorUpdate<
  {
    readonly orderNumbers: readonly string[];
    readonly outcome: 'ok' | 'declined' | 'not_sent' | 'captured' | 'refused';
  },
  ExchangeFacts
>('settleLines');

/** What became of items of the reconciliation desk, whatever their months: all of those named, or none. */
export const decideAtDesk = defineOperatorUpdate<
  { readonly decisions: readonly { readonly item: string; readonly action: DeskAction }[] },
  DecisionTotals
>('decideAtDesk');

/** The same by a filled-in CSV: stored bytes, named by their hash, and what its preview counted. */
export const applyDeskSheet = defineOperatorUpdate<
  { readonly sha256: string; readonly confirmed: RowsAndYen },
  DecisionTotals
>('applyDeskSheet');

/** What a person does with cases of the NG desk: all of those named, or none. */
export const actOnNgCases = defineOperatorUpdate<
  { readonly cases: readonly NgCaseName[]; readonly what: NgAct },
  { changed: number }
>('actOnNgCases');

/** Results that ZEUS need not send again, vouched for by a person: all of those named, or none. */
export const closeResendTasks = defineOperatorUpdate<
  { readonly tasks: readonly string[] },
  { closed: number }
>('closeResendTasks');

/** What a confirm page of the send-error desk showed: stored bytes, named by their hash. */
export const actOnSendErrors = defineOperatorUpdate<
  { readonly confirmation: string },
  {
    readonly resent: readonly string[];
    readonly settled: readonly string[];
    readonly tooOld: readonly string[];
  }
>('actOnSendErrors');

/** A webhook gets an event that tells of nothing: can the shop read it? */
export const sendTestEvent = defineOperatorUpdate<object, { event: string }>('sendTestEvent');

/** Events leave once more: all of those named or none; null = all that were given up. */
export const resendWebhookEvents = defineOperatorUpdate<
  { readonly events: readonly string[] | null },
  { queued: number }
>('resendWebhookEvents');

/** What became of a mail of which nobody knows whether it left, vouched for by a person. */
export const decideMail = defineOperatorUpdate<
  { readonly key: string; readonly outcome: 'sent' | 'send_again' },
  { state: 'sent' | 'waiting' }
>('decideMail');

/** An upload that was held is imported. */
export const startImport = defineOperatorUpdate<object, ImportFacts>('startImport');

/** An upload that was held is deleted: nothing of it is imported. */
export const cancelImport = defineOperatorUpdate<object, ImportFacts>('cancelImport');

/** Where an import stands, as of its last turn; the row knows the rows that were read since. */
export const importProgress = defineQuery<ImportFacts | null>('importProgress');
