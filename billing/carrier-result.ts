import { createHash } from 'node:crypto';
import type { CarrierField } from './carrier-settings.ts';
import type { FormParameter } from './form-parameters.ts';
import type { TextEncoding } from './text-encoding.ts';

/** A carrier-payment result as ZEUS told it. One payment = one IPコード and オーダーNo [assumed]. */
export interface CarrierResult {
  readonly ipCode: string;
  readonly orderNumber: string;
  /** Unknown words stay as they are. */
  readonly result: string;
  readonly carrier: string | null;
  readonly amountYen: number | null;
  /** Digits only. */
  readonly phone: string | null;
  readonly email: string | null;
  readonly sendId: string | null;
  readonly sendPoint: string | null;
  /** The encoding the call was in. */
  readonly encoding: TextEncoding;
  /** All of them, in the order of the call. */
  readonly parameters: readonly FormParameter[];
  readonly parametersSha256: string;
}

/** What keeps a call from being a result. */
export interface CarrierFinding {
  /** null = the call as a whole. */
  readonly field: CarrierField | null;
  /** The parameter's name as the settings have it. */
  readonly parameter: string | null;
  readonly code: 'missing' | 'repeated' | 'unknown_ip_code' | 'not_yen' | 'too_long' | 'not_text';
  readonly ja: string;
}

/** What a call meant: a result, or what is wrong with it. */
export type ReadCarrierCall =
  | { readonly kind: 'result'; readonly result: CarrierResult }
  | { readonly kind: 'unusable'; readonly findings: readonly CarrierFinding[] };

/** Results of one payment reach a merchant's system in the order in which they came. */
export function orderingKeyOf(result: Pick<CarrierResult, 'ipCode' | 'orderNumber'>): string {
  return `${result.ipCode}:${result.orderNumber}`;
}

/**
 * What makes two calls the same result: names and values, whatever their order, encoding and method,
 * for a re-send by hand may write them otherwise.
 */
export function hashParameters(parameters: readonly FormParameter[]): string {
  const sorted = [...new Set(parameters.map((parameter) => JSON.stringify(parameter)))].sort();
  return createHash('sha256').update(sorted.join('\n')).digest('hex');
}
