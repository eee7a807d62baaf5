import { encodeForm, type FormParameter } from './form-parameters.ts';
import {
  isWithinSendErrorMonths,
  type SendErrorMode,
  sendErrorMessages,
} from './send-error-search.ts';
import type { TextEncoding } from './text-encoding.ts';

/**
 * The confirm page of the send-error desk: what an operator was shown before 送信, so that exactly
 * that is done, or nothing. Source: manual 003; the check against the present state is ours.
 */

/** 再送信, or 処理済: it needs no sending. */
export const SEND_ERROR_ACTS = ['resend', 'settle'] as const;
export type SendErrorAct = (typeof SEND_ERROR_ACTS)[number];

/** What the operator must tick before anything is sent again. */
export const SERVICE_CHECKED = 'サービス提供・商品発送状況を確認しました';

export const DOUBLE_ISSUE_WARNING =
  '加盟店のシステムで処理が済んでいる決済を再送信すると、コンテンツ・ID・商品が二重に発行されるおそれがあります。サービス提供・商品発送の状況を確かめてから再送信してください。';

/** What is chosen for one row. */
export interface SendErrorChoice {
  /** Public ID of the send error. */
  readonly sendError: string;
  readonly act: SendErrorAct;
  /** Corrected send parameters; null = as they were received. */
  readonly parameters: readonly FormParameter[] | null;
}

/**
 * Whether an earlier delivery of the payment reached the merchant's system: `seen` = it answered with
 * success, `possible` = it may have worked on one that it did not answer well, `not_seen`.
 */
export type EarlierArrival = 'seen' | 'possible' | 'not_seen';

/** What the record says of a send error. */
export interface SendErrorFacts {
  readonly sendError: string;
  /** Slug. */
  readonly endpoint: string;
  readonly endpointRetired: boolean;
  /** Grows with every change of the endpoint: another address is another confirmation. */
  readonly endpointVersion: number;
  readonly encoding: TextEncoding;
  /** As received; none once they are kept no longer. */
  readonly parameters: readonly FormParameter[];
  /** ISO instant. */
  readonly failedAt: string;
  /** Somebody has chosen 再送信 or 処理済 already. */
  readonly done: boolean;
  /** The payment has a newer send error: only that one counts. */
  readonly superseded: boolean;
  /** Version of the result that could not be delivered. */
  readonly version: number;
  /** Newest version of the payment's result. */
  readonly newestVersion: number;
  readonly arrival: EarlierArrival;
  /** ISO instant of the latest success; null = none was seen. */
  readonly arrivedAt: string | null;
}

/** Why a choice cannot be confirmed. */
export interface SendErrorHindrance {
  readonly code: 'done' | 'superseded' | 'too_old' | 'blanked' | 'endpoint_retired' | 'parameters';
  readonly message: string;
}

export const tooOldHindrance: SendErrorHindrance = {
  code: 'too_old',
  message: sendErrorMessages.tooOld,
};

/** What stands in the way of a choice; null = nothing. `now` is an ISO instant. */
export function findHindrance(
  choice: SendErrorChoice,
  facts: SendErrorFacts,
  now: string,
): SendErrorHindrance | null {
  if (facts.done) {
    return { code: 'done', message: 'すでに処理済です。一覧を読み直してください。' };
  }
  if (facts.superseded) {
    const message = 'この決済には新しい送信エラーがあります。最新のエラーを処理してください。';
    return { code: 'superseded', message };
  }
  if (choice.act === 'settle') return null;
  if (!isWithinSendErrorMonths(facts.failedAt, now)) return tooOldHindrance;
  if (facts.parameters.length === 0) {
    const message =
      '結果の受信から保存期間が過ぎ、送信データは消去されています。再送信できません。処理済にしてください。';
    return { code: 'blanked', message };
  }
  if (facts.endpointRetired) {
    const message = '送信先は廃止されています。再送信できません。処理済にしてください。';
    return { code: 'endpoint_retired', message };
  }
  const message = choice.parameters === null ? null : findParameterFault(choice.parameters, facts);
  return message === null ? null : { code: 'parameters', message };
}

/** Values are corrected; names, number and order stay those of the call. */
function findParameterFault(
  edited: readonly FormParameter[],
  { parameters, encoding }: SendErrorFacts,
): string | null {
  const names = (pairs: readonly FormParameter[]) => JSON.stringify(pairs.map(([name]) => name));
  if (names(edited) !== names(parameters)) {
    return '修正できるのは値だけです。パラメータの名前・数・順序は元のままにしてください。';
  }
  if (edited.some(([, value]) => value.includes('\0')) || encodeForm(edited, encoding) === null) {
    return '送信先の文字コードで表せない文字があります。値を直してください。';
  }
  return null;
}

/** What is kept of a confirm page, in order of the choices. */
export interface SendErrorConfirmation {
  readonly mode: SendErrorMode;
  readonly rows: readonly { readonly choice: SendErrorChoice; readonly seen: SendErrorFacts }[];
}

/**
 * The confirm page as text. The same choices in the same state give the same text: whatever was
 * different when it was shown shows in its hash.
 */
export function writeConfirmation({ mode, rows }: SendErrorConfirmation): string {
  const written = rows.map(({ choice, seen }) => ({
    choice: [choice.sendError, choice.act, choice.parameters],
    seen: [
      seen.sendError,
      seen.endpoint,
      seen.endpointRetired,
      seen.endpointVersion,
      seen.encoding,
      seen.parameters,
      seen.failedAt,
      seen.done,
      seen.superseded,
      seen.version,
      seen.newestVersion,
      seen.arrival,
      seen.arrivedAt,
    ],
  }));
  return JSON.stringify({ format: 'send-error-confirmation-1', mode, rows: written });
}

interface WrittenConfirmation {
  readonly format: string;
  readonly mode: SendErrorMode;
  readonly rows: readonly {
    readonly choice: [string, SendErrorAct, SendErrorChoice['parameters']];
    readonly seen: readonly unknown[];
  }[];
}

/** The choices of a confirm page, with the endpoint of each. Throws on what is none. */
export function readConfirmation(text: string): {
  readonly mode: SendErrorMode;
  readonly choices: readonly (SendErrorChoice & { readonly endpoint: string })[];
} {
  const written = JSON.parse(text) as WrittenConfirmation;
  if (written.format !== 'send-error-confirmation-1') throw new Error('not a confirmation');
  const choices = written.rows.map(({ choice: [sendError, act, parameters], seen }) => ({
    sendError,
    act,
    parameters,
    endpoint: String(seen[1]),
  }));
  return { mode: written.mode, choices };
}

/** How the stored confirm pages are called: sending one with corrections is a right of its own. */
export const confirmationKinds = {
  plain: 'send-error-confirmation',
  edited: 'send-error-confirmation-edited',
} as const;

export const storedConfirmationKinds: readonly string[] = Object.values(confirmationKinds);
