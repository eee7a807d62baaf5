import { z } from 'zod';

/**
 * Faults that a test or an operator of the simulation orders in advance, one accepted upload each.
 * The row faults spoil the result file only: what Paygent really did stands in its ledger.
 */

export const faultSchema = z.strictObject({
  merchantId: z.string(),
  /** Only an upload of this 取引種別 takes the fault; without it the next one of any. */
  transactionKind: z.enum(['オーソリ', '売上']).optional(),
  fault: z.discriminatedUnion('kind', [
    /** The request columns of some rows come back with another amount. */
    z.strictObject({ kind: z.literal('amount_changed'), ...whichRows() }),
    z.strictObject({ kind: z.literal('row_missing'), ...whichRows() }),
    z.strictObject({ kind: z.literal('row_doubled'), ...whichRows() }),
    /** 処理結果 holds a code that no table knows. */
    z.strictObject({ kind: z.literal('unknown_result_code'), ...whichRows() }),
    z.strictObject({ kind: z.literal('trailer_count_off'), by: z.int().default(1) }),
    /** The file ends in the middle of a line; the share of its bytes that stays. */
    z.strictObject({ kind: z.literal('truncated'), keep: z.number().min(0).max(1).default(0.6) }),
    /** Accepted, but the connection is cut before the 受付番号 is answered. */
    z.strictObject({ kind: z.literal('cut_after_acceptance') }),
    /** The connection is cut at the confirmation and nothing was accepted. */
    z.strictObject({ kind: z.literal('cut_before_acceptance') }),
    /** Over SFTP: the result grows by a part with each change of the clock. */
    z.strictObject({ kind: z.literal('result_growing'), parts: z.int().min(2).default(3) }),
    /** Over SFTP: another merchant's result stands there first, the right one so much later. */
    z.strictObject({
      kind: z.literal('result_of_another'),
      minutes: z.int().positive().default(120),
    }),
    /** Over telegrams: accepted, and the answer breaks off inside. */
    z.strictObject({ kind: z.literal('answer_cut') }),
    /** Over telegrams: accepted, and never answered. */
    z.strictObject({ kind: z.literal('answer_never') }),
    /** Over telegrams: accepted, and answered by a code that nobody knows. */
    z.strictObject({ kind: z.literal('answer_unknown') }),
    /** Over telegrams: the first answer that carries the result breaks off inside. */
    z.strictObject({ kind: z.literal('result_cut') }),
    /** 処理完了メール is never sent. */
    z.strictObject({ kind: z.literal('mail_lost') }),
  ]),
});

const counted = z.int().nonnegative();

/** Faults of the SFTP server itself; what is left out stays as it is. */
export const sftpFaultsSchema = z
  .strictObject({
    refusedLogins: counted,
    cutDownloadAfterBytes: counted.nullable(),
    cutUploadAfterBytes: counted.nullable(),
    cutAfterRename: z.boolean(),
    cutBeforeRename: z.boolean(),
    refusedRenames: counted,
    silent: z.boolean(),
    shortReads: counted.nullable(),
  })
  .partial();

export type OrderedFault = z.output<typeof faultSchema>;
export type Fault = OrderedFault['fault'];

function whichRows() {
  return {
    /** These orders; without them `count` rows drawn by the merchant's seed. */
    orderNumbers: z.array(z.string()).optional(),
    count: z.int().positive().default(1),
  };
}
