import {
  DOUBLE_ISSUE_WARNING,
  findHindrance,
  readConfirmation,
  SERVICE_CHECKED,
  type SendErrorChoice,
  type SendErrorConfirmation,
} from '../billing/send-error-confirmation.ts';
import { findEndpoint } from '../db/queries/delivery-endpoints.ts';
import { readStoredConfirmation } from '../db/queries/send-error-confirmation.ts';
import { readSendErrorFacts } from '../db/queries/send-errors.ts';
import type { ApiDependencies } from './dependencies.ts';
import { type FieldError, Problem } from './problem.ts';

/** The confirm page of the send-error desk: from rows, as it is stored, and as it is shown. */

/** The chosen send errors as they are now, in the order of the choices. */
export async function readRows(
  deps: ApiDependencies,
  merchantId: number,
  choices: readonly SendErrorChoice[],
): Promise<SendErrorConfirmation['rows']> {
  const sendErrors = choices.map(({ sendError }) => sendError);
  const facts = await readSendErrorFacts(deps.db, merchantId, { sendErrors, lock: false });
  const byId = new Map(facts.map((one) => [one.sendError, one]));
  return choices.map((choice) => {
    const seen = byId.get(choice.sendError);
    if (seen === undefined) throw new Problem('send-error-not-found');
    return { choice, seen };
  });
}

/** What somebody else has done meanwhile is a conflict; the rest is the request's own fault. */
export function refuseHindered({ mode, rows }: SendErrorConfirmation, now: string): void {
  const list = mode === 'bulk' ? 'sendErrors' : 'rows';
  const hindered = rows.flatMap(({ choice, seen }, at) => {
    const hindrance = findHindrance(choice, seen, now);
    return hindrance === null ? [] : [{ ...hindrance, path: `body.${list}.${at}` }];
  });
  if (hindered.length === 0) return;
  const isConflict = hindered.some(({ code }) => code === 'done' || code === 'superseded');
  const errors: FieldError[] = hindered.map(({ path, message }) => ({ path, message }));
  const detail = [...new Set(hindered.map(({ message }) => message))].join('');
  throw new Problem(isConflict ? 'conflict' : 'invalid-fields', { detail, errors });
}

export async function readStoredPage(deps: ApiDependencies, merchantId: number, sha256: string) {
  const stored = await readStoredConfirmation(deps.db, merchantId, sha256, deps.fileKeys);
  if (stored === undefined) throw new Problem('confirmation-not-found');
  return { kind: stored.kind, ...readConfirmation(stored.text) };
}

export function showPage(confirmation: string, { mode, rows }: SendErrorConfirmation) {
  const sends = rows.some(({ choice }) => choice.act === 'resend');
  return {
    confirmation,
    mode,
    warning: sends ? DOUBLE_ISSUE_WARNING : null,
    check: sends ? SERVICE_CHECKED : null,
    rows: rows.map(({ choice, seen }) => ({
      sendError: choice.sendError,
      act: choice.act,
      CGISendErr: columnOf(seen.done),
      endpoint: seen.endpoint,
      version: seen.version,
      newestVersion: seen.newestVersion,
      failedAt: seen.failedAt,
      sends: choice.act === 'settle' ? null : copyOf(choice.parameters ?? seen.parameters),
      received: copyOf(seen.parameters),
      edited: choice.parameters !== null,
      arrival: seen.arrival,
      arrivedAt: seen.arrivedAt,
    })),
  };
}

/**
 * What an operator reads of rows that are queued again, by endpoint: one that is held, by a person or
 * by its circuit, gets them later.
 */
export async function describeResends(
  deps: ApiDependencies,
  merchantId: number,
  endpoints: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const sentences = new Map<string, string>();
  for (const slug of endpoints) {
    const endpoint = await findEndpoint(deps.db, merchantId, slug);
    const held =
      endpoint?.state === 'paused'
        ? `送信先 ${slug} は一時停止中です。再開すると送信します。`
        : endpoint?.circuit.openUntil != null
          ? `送信先 ${slug} は応答していません。復旧すると自動で送信します。`
          : '';
    sentences.set(slug, `再送信を受け付けました。${held}`);
  }
  return sentences;
}

export const copyOf = (parameters: readonly (readonly [string, string])[]) =>
  parameters.map(([name, value]): [string, string] => [name, value]);

/** The column CGISendErr: 再送信 is open. */
export function columnOf(isDone: boolean): '再送信' | '処理済' {
  return isDone ? '処理済' : '再送信';
}
