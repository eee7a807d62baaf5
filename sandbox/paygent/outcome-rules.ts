import { createHash } from 'node:crypto';
import { matchPattern } from './outcome-patterns.ts';

/**
 * Who is authorized and who is declined at the simulated Paygent: pure, and the same answer for the
 * same (seed, order number, attempt) on every machine and after every restart.
 */

/** An issuer's code as Paygent passes it on (`G83`), without the leading `1` of レスポンス詳細. */
export type IssuerCode = `G${string}`;

/** `unknown` is a result that no table knows: the merchant's software must not guess. */
export type RuledOutcome = 'ok' | 'unknown' | IssuerCode;

/**
 * One explicit rule. Every condition that is given must hold; the first rule that matches wins over
 * the seeded draw.
 */
export interface OutcomeRule {
  readonly match: {
    /** A regular expression over the order number, anchored by its author. */
    readonly orderNumber?: string | undefined;
    readonly customerNumber?: string | undefined;
    readonly amountYen?: number | undefined;
    /** A regular expression over the amount's digits, anchored by its author. */
    readonly amountPattern?: string | undefined;
    /** The how-many-th authorization of this order here, from 1. */
    readonly attempt?: number | undefined;
  };
  readonly outcome: RuledOutcome;
}

export interface OutcomeRules {
  readonly seed: string;
  /** Share of authorizations that the seeded draw declines, 0 to 1. */
  readonly declineShare: number;
  readonly rules: readonly OutcomeRule[];
  /** Whether order numbers and amounts of outcome-patterns.ts ask for their outcome; default true. */
  readonly testPatterns?: boolean | undefined;
}

export interface AuthorizationRequest {
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly amountYen: number;
  readonly attempt: number;
}

export type AuthorizationOutcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'declined'; readonly code: IssuerCode }
  | { readonly kind: 'unknown' };

interface CodeWeight {
  readonly code: IssuerCode;
  /** Relative frequency among declines; invented, only their order is meant to be lifelike. */
  readonly weight: number;
  /** A later attempt with the same card meets the same answer. */
  readonly sticky: boolean;
}

const numbered = (from: number, to: number): IssuerCode[] =>
  Array.from({ length: to - from + 1 }, (_, index): IssuerCode => `G${from + index}`);

const weigh = (codes: readonly IssuerCode[], weight: number, sticky: boolean): CodeWeight[] =>
  codes.map((code) => ({ code, weight, sticky }));

/** Every code of spec 1.8's table, so that a month with enough declines meets each of them. */
export const issuerCodes: readonly CodeWeight[] = [
  ...weigh(['G83'], 240, true),
  ...weigh(['G12', 'G22', 'G56', 'G60', 'G61', 'G65', 'G96'], 25, true),
  ...weigh(['G03', 'G05', 'G07', 'G54', 'G55'], 40, false),
  ...weigh(['G02', 'G04', 'G06'], 60, false),
  ...weigh(['G30', 'G92'], 40, false),
  ...weigh(['G95', 'G97', 'G98', 'G99'], 10, false),
  ...weigh([...numbered(67, 81), 'G84', 'G94'], 2, true),
  ...weigh(['G42', 'G44', 'G45'], 8, true),
];

const totalWeight = issuerCodes.reduce((sum, entry) => sum + entry.weight, 0);

/** A number in [0, 1) drawn from the seed and the words. */
function draw(seed: string, ...words: readonly (string | number)[]): number {
  const digest = createHash('sha256')
    .update([seed, ...words].join('\u0000'))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

function drawCode(seed: string, orderNumber: string, attempt: number): CodeWeight {
  let point = draw(seed, 'code', orderNumber, attempt) * totalWeight;
  for (const entry of issuerCodes) {
    if (point < entry.weight) return entry;
    point -= entry.weight;
  }
  return issuerCodes[0]!;
}

function drawDecline(rules: OutcomeRules, orderNumber: string, attempt: number): CodeWeight | null {
  if (draw(rules.seed, 'decline', orderNumber, attempt) >= rules.declineShare) return null;
  return drawCode(rules.seed, orderNumber, attempt);
}

function matches(rule: OutcomeRule, request: AuthorizationRequest): boolean {
  const { orderNumber, customerNumber, amountYen, amountPattern, attempt } = rule.match;
  if (orderNumber !== undefined && !new RegExp(orderNumber).test(request.orderNumber)) return false;
  if (customerNumber !== undefined && customerNumber !== request.customerNumber) return false;
  if (amountYen !== undefined && amountYen !== request.amountYen) return false;
  if (amountPattern !== undefined && !new RegExp(amountPattern).test(String(request.amountYen))) {
    return false;
  }
  return attempt === undefined || attempt === request.attempt;
}

/**
 * Judges one authorization: the first explicit rule that matches, else what its order number or
 * amount asks for, else the seeded draw.
 */
export function judgeAuthorization(
  rules: OutcomeRules,
  request: AuthorizationRequest,
): AuthorizationOutcome {
  const rule = rules.rules.find((candidate) => matches(candidate, request));
  const asked = rules.testPatterns === false ? null : matchPattern(request);
  const ruled = rule?.outcome ?? asked;
  if (ruled === 'ok' || ruled === 'unknown') return { kind: ruled };
  if (ruled !== null) return { kind: 'declined', code: ruled };
  // A cancelled or expired card does not heal between two attempts.
  const first = drawDecline(rules, request.orderNumber, 1);
  if (first?.sticky) return { kind: 'declined', code: first.code };
  const drawn =
    request.attempt === 1 ? first : drawDecline(rules, request.orderNumber, request.attempt);
  return drawn ? { kind: 'declined', code: drawn.code } : { kind: 'ok' };
}
