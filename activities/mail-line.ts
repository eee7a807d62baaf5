import type { MerchantKind } from '../billing/merchant.ts';
import type { SmtpServer } from '../outside/smtp.ts';

/** How mails leave, from the environment. A sandbox merchant's never take the way of real ones. */
export interface MailLine {
  /** Null = none is configured: mails stay in the outbox. */
  readonly servers: Readonly<Record<MerchantKind, SmtpServer | null>>;
  /** Sender where the merchant has none of its own. */
  readonly from: string | null;
  readonly consoleUrl: string | null;
}
