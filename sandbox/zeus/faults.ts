import { z } from 'zod';

/** Faults on ZEUS's side that a test or an operator of the simulation orders in advance. */
export const zeusFaultSchema = z.strictObject({
  merchantId: z.string(),
  fault: z.enum([
    /** The receiver has the call and answered; the answer is lost, and ZEUS counts an error. */
    'answer_lost',
    /** The call never leaves, and ZEUS counts an error. */
    'not_sent',
    /** The same call is made twice at the same moment. */
    'sent_twice',
    /** The error mail of the next send error is never sent. */
    'mail_lost',
  ]),
  /** How many calls or mails it strikes. */
  count: z.int().min(1).max(100_000).default(1),
  /** Only this オーダーNo; without it the next of any. */
  orderNumber: z.string().optional(),
});

export type ZeusFault = z.output<typeof zeusFaultSchema>;
export type ZeusFaultKind = ZeusFault['fault'];
