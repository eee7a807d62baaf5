import { z } from 'zod';

const count = z.int().positive().default(1);

/**
 * Until the right result takes the place of the spoilt one, counted from the day it was due; without
 * them it stays.
 */
const minutes = z.int().positive().nullable().default(null);

/** Faults that a test or an operator of the simulation orders in advance, for the next answer of a shop. */
export const gmoFaultSchema = z.strictObject({
  shopId: z.string(),
  fault: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('late'), days: z.int().positive().default(2) }),
    z.strictObject({ kind: z.literal('never') }),
    /** The file ends in the middle of a line; the share of its bytes that is there. */
    z.strictObject({
      kind: z.literal('half_written'),
      keep: z.number().min(0).max(1).default(0.5),
      minutes,
    }),
    /** It grows by a part at each look at the clock. */
    z.strictObject({ kind: z.literal('growing'), parts: z.int().min(2).default(3) }),
    /** The result of the month before stands there, under this month's name. */
    z.strictObject({ kind: z.literal('other_month'), minutes }),
    z.strictObject({ kind: z.literal('rows_doubled'), count, minutes }),
    z.strictObject({ kind: z.literal('rows_missing'), count, minutes }),
    /** Rows of cards that nobody asked about. */
    z.strictObject({ kind: z.literal('rows_unasked'), count, minutes }),
    /** A verdict that no table knows. */
    z.strictObject({ kind: z.literal('verdict_unknown'), count, minutes }),
    /** Rows that end before their last column. */
    z.strictObject({ kind: z.literal('row_short'), count, minutes }),
  ]),
});

export type GmoFaultInput = z.input<typeof gmoFaultSchema>;
export type OrderedGmoFault = z.output<typeof gmoFaultSchema>;
export type GmoFault = OrderedGmoFault['fault'];
