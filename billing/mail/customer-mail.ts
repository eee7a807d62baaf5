import { addDays, type BusinessDate, businessDateOf } from '../business-date.ts';
import type { CardService } from '../card-service.ts';
import type { MerchantSettings } from '../merchant-settings.ts';
import { formatYen } from '../money.ts';
import {
  type CustomerMailTemplate,
  type CustomerMailValues,
  fillTemplate,
} from './customer-templates.ts';

/** What a mail says of its case. */
export interface CustomerMailOccasion {
  readonly merchant: { readonly name: string };
  readonly settings: MerchantSettings;
  /** YYYY-MM; null, with order and yen, where it is about a card alone. */
  readonly month: string | null;
  readonly orderNumber: string | null;
  readonly customerName: string;
  readonly amountYen: number | null;
  /** ISO instant of the next retry; null: none is planned. */
  readonly retryAt: string | null;
  /** The service that keeps the customer's card; null = the one that the settings name. */
  readonly cardService: string | null;
  readonly link: { readonly url: string; readonly expiresAt: string } | null;
  /** ISO instant at which it leaves. */
  readonly now: string;
}

/** The words of one mail, in the merchant's own version or ours. */
export function writeCustomerMail(
  template: CustomerMailTemplate,
  of: CustomerMailOccasion,
): { readonly subject: string; readonly text: string } {
  return fillTemplate(template, valuesOf(of));
}

function valuesOf(of: CustomerMailOccasion): CustomerMailValues {
  const { contact } = of.settings.ng;
  const [year, month] = of.month?.split('-').map(Number) ?? [];
  const lastLinkDay = of.link === null ? null : addDays(businessDateOf(of.link.expiresAt), -1);
  return {
    customer_name: of.customerName.trim() === '' ? 'お客' : of.customerName.trim(),
    order_number: of.orderNumber,
    amount: of.amountYen === null ? null : formatYen(of.amountYen),
    billing_month: of.month === null ? null : `${year}年${month}月`,
    due_date: writeDate(addDays(businessDateOf(of.now), contact.answerDays)),
    retry_date: of.retryAt === null ? null : writeDate(businessDateOf(of.retryAt)),
    card_update_url: of.link?.url ?? null,
    link_expires_on: lastLinkDay === null ? null : writeDate(lastLinkDay),
    shop_name: contact.fromName ?? of.merchant.name,
    message_each_payment_method: paymentMethodText(of),
  };
}

/** 通知メール文 of the way in which the customer pays; empty is none. */
function paymentMethodText({ settings, cardService }: CustomerMailOccasion): string | null {
  const { services, cardService: chosen } = settings.paymentMethods;
  const service = isService(cardService, services) ? cardService : chosen;
  // Who has no card with one of them pays by the card that months bill.
  return services[service ?? 'PAYGENT'].mailText.trim();
}

function isService(
  name: string | null,
  services: MerchantSettings['paymentMethods']['services'],
): name is CardService {
  return name !== null && Object.hasOwn(services, name);
}

function writeDate(date: BusinessDate): string {
  const [year, month, day] = date.split('-').map(Number);
  return `${year}年${month}月${day}日`;
}
