import type { ExchangeName } from '../billing/exchange.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import { insertCompletionMail, matchWaitingMails } from '../db/queries/mailbox.ts';
import { readCompletionMail } from '../psp/paygent/completion-mail.ts';
import { deliveryReport } from './delivery-report.ts';
import type { InboundMail } from './inbound-mail.ts';
import { zeusErrorMail } from './zeus-error-mail.ts';

/** What follows from a mail, to be done after its transaction has been committed. */
export interface MailEffects {
  /** Files whose workflows read their rows again. */
  readonly exchanges: readonly ExchangeName[];
  /** A mail to operators was posted. */
  readonly mailPosted: boolean;
  /** The month of a case that was handed to people: it and the NG desk look again. */
  readonly handed?: string | null;
}

/**
 * Knows one kind of mail. `read` is pure and says whether a mail is its own: null = not its own, else
 * what to write down, in the transaction in which the mail is noted as taken.
 */
export interface MailHandler {
  /** Kept with the mail: `paygent-completion`. */
  readonly name: string;
  read(mail: InboundMail): RecordMail | null;
}

export type RecordMail = (
  trx: Trx,
  merchantId: number,
  taken: { readonly mailId: number; readonly now: string },
) => Promise<MailEffects>;

const paygentCompletion: MailHandler = {
  name: 'paygent-completion',
  read(mail) {
    const completion = readCompletionMail(mail);
    if (completion === null) return null;
    return async (trx, merchantId, { mailId }) => {
      await lockMerchant(trx, merchantId);
      await insertCompletionMail(trx, merchantId, { mailId, ...completion });
      const match = await matchWaitingMails(trx, merchantId, completion.acceptanceNumber);
      return {
        exchanges: match.exchange === null ? [] : [match.exchange],
        mailPosted: match.mailPosted,
      };
    };
  },
};

/** Asked in this order; the first that knows a mail has it. Another kind of mail adds one line. */
export const mailHandlers: readonly MailHandler[] = [
  paygentCompletion,
  zeusErrorMail,
  deliveryReport,
];

/** The handler whose own the mail is, and what it wants written down. */
export function findMailHandler(
  mail: InboundMail,
): { readonly name: string; readonly record: RecordMail } | undefined {
  for (const handler of mailHandlers) {
    const record = handler.read(mail);
    if (record !== null) return { name: handler.name, record };
  }
  return undefined;
}
