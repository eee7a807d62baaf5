import { z } from 'zod';

const several = {
  /** So many customers of the link file, from its first on that no other order names. */
  count: z.int().min(1).max(100_000).default(1),
  /** These instead, by our 顧客ID. */
  customerIds: z.array(z.string()).min(1).max(100_000).optional(),
};

/** What a test or an operator of the simulation orders for the next link file that is taken. */
export const linkerFaultSchema = z.strictObject({
  merchantId: z.string(),
  fault: z.discriminatedUnion('kind', [
    /** The old cart's PSP has no card of theirs: no row. */
    z.strictObject({ kind: z.literal('customer_missing'), ...several }),
    /** Two cards of each come back. */
    z.strictObject({ kind: z.literal('several_cards'), ...several }),
    /** A brand that nobody knows. */
    z.strictObject({ kind: z.literal('wrong_row'), ...several }),
    /** Their row stands in the file twice. */
    z.strictObject({ kind: z.literal('row_doubled'), ...several }),
    /** Cards of customers that the link file did not name. */
    z.strictObject({
      kind: z.literal('stranger'),
      count: z.int().min(1).max(1000).default(1),
      customerIds: z.array(z.string()).min(1).max(1000).optional(),
    }),
    /** The columns stand the other way round. */
    z.strictObject({ kind: z.literal('columns_reordered') }),
    /** Year and month of every expiry are exchanged. */
    z.strictObject({ kind: z.literal('expiry_swapped') }),
    /** The file breaks off after so many rows. */
    z.strictObject({ kind: z.literal('cut_off'), rows: z.int().min(0).max(1_000_000) }),
  ]),
});

export type LinkerFault = z.output<typeof linkerFaultSchema>['fault'];
