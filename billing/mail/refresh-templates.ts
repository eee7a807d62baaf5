import { z } from 'zod';
import { billingMonthPattern } from '../billing-month.ts';
import { template } from './template.ts';

const about = z.strictObject({
  month: z.string().regex(billingMonthPattern),
  /** Our own code wrote it for operators. */
  sentence: z.string().min(1).max(2000),
});

/** What operators are told of the monthly card refresh. */
export const refreshTemplates = {
  /** Something of it waits for a person, or did not happen. */
  card_refresh_attention: template(about, (of) => ({
    subject: `${of.month} のカード洗替に確認が必要です`,
    text: of.sentence,
    link: `card-refreshes/${of.month}`,
  })),
  /** The month's result is in. */
  card_refresh_done: template(about, (of) => ({
    subject: `${of.month} のカード洗替が完了しました`,
    text: of.sentence,
    link: `card-refreshes/${of.month}`,
  })),
} as const;
