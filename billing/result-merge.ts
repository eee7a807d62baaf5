/**
 * What a result says about an attempt or an ending, set against what is on record. One rule for
 * authorizations (outcomes) and captures (ending results).
 */

/** What a result says of a sent line; `unknown`: it came back without a result. */
export type LineVerdict = 'ok' | 'ng' | 'unknown' | 'quarantined';

/** Why a row of a result is quarantined, per field. */
export interface FieldReason {
  readonly code: string;
  readonly field: string;
  /** Column name in the PSP's documents. */
  readonly nameJa: string;
  readonly sent: string | null;
  readonly returned: string | null;
  readonly ja: string;
  readonly en: string;
}

export type AuthorizationOutcome = 'ok' | 'declined' | 'rejected' | 'not_sent';
export type CaptureResult = 'captured' | 'voided' | 'refused' | 'not_sent';

export type Merge<Fact> =
  /** Nothing definite is known by it. */
  | { readonly kind: 'nothing' }
  /** The slot is empty: this is its fact. */
  | { readonly kind: 'record'; readonly fact: Fact }
  /** The slot holds the same fact. */
  | { readonly kind: 'same' }
  /** The slot holds another fact or payment: possibly billed twice, a person must look at the PSP. */
  | { readonly kind: 'contradiction'; readonly recorded: string; readonly received: Fact };

/** The outcome that a verdict amounts to; null where nothing definite is known by it. */
export function outcomeOf(verdict: LineVerdict): AuthorizationOutcome | null {
  if (verdict === 'ok') return 'ok';
  return verdict === 'ng' ? 'declined' : null;
}

/** The same of a capture. */
export function captureResultOf(verdict: LineVerdict): CaptureResult | null {
  if (verdict === 'ok') return 'captured';
  return verdict === 'ng' ? 'refused' : null;
}

/**
 * An authorization's verdict against its outcome on record. Two OKs under two 決済ID are two payments.
 *
 * @param paymentIds those of the outcome on record and of the verdict, where they are known
 */
export function mergeAuthorization(
  verdict: LineVerdict,
  recorded: string | null,
  paymentIds: readonly [recorded: string | null, received: string | null] = [null, null],
): Merge<AuthorizationOutcome> {
  const merged = merge(outcomeOf(verdict), recorded);
  if (merged.kind !== 'same' || recorded !== 'ok') return merged;
  const [known, received] = paymentIds;
  const isOther = known !== null && received !== null && known !== received;
  return isOther ? { kind: 'contradiction', recorded, received: 'ok' } : merged;
}

/** A capture's verdict against its result on record. */
export function mergeCapture(verdict: LineVerdict, recorded: string | null): Merge<CaptureResult> {
  return merge(captureResultOf(verdict), recorded);
}

function merge<Fact extends string>(fact: Fact | null, recorded: string | null): Merge<Fact> {
  if (fact === null) return { kind: 'nothing' };
  if (recorded === null) return { kind: 'record', fact };
  if (recorded === fact) return { kind: 'same' };
  return { kind: 'contradiction', recorded, received: fact };
}
