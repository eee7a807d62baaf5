import { z } from 'zod';
import { FORM_ENCODINGS } from './form.ts';

/** How a code of a carrier or a result is written in a call: ours, nothing is public [assumed]. */
export const CARRIERS = ['docomo', 'au', 'softbank'] as const;
export const RESULTS = ['OK', 'NG'] as const;
export type CarrierVerdict = (typeof RESULTS)[number];

/** What the simulated ZEUS knows of one merchant, and how it calls it. */
export const zeusMerchantSchema = z.strictObject({
  merchantId: z.string().regex(/^[a-z0-9-]{3,32}$/),
  /** Where the results go: the receiver of Tsukigime, with its secret when it asks for one. */
  callbackUrl: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST']).default('POST'),
  /** Of the values in query or body. */
  encoding: z.enum(FORM_ENCODINGS).default('cp932'),
  /** IPコード: one for each shop that the merchant has under contract. */
  ipCodes: z.array(z.string().regex(/^\d{1,10}$/)).min(1),
  /** Who is told of a send error. */
  contacts: z.array(z.email()).max(3).default([]),
  /** How long ZEUS waits for an answer, in real time. */
  timeoutMs: z.int().min(10).max(60_000).default(5_000),
  /** Calls on their way at once. */
  concurrency: z.int().min(1).max(200).default(10),
  /** From which the customers are drawn. */
  seed: z.string().default('tsukigime'),
});

export type ZeusMerchant = z.output<typeof zeusMerchantSchema>;
