import { sql } from 'kysely';
import type { DeclineClass } from '../../billing/decline.ts';
import type { CustomerMailKind } from '../../billing/mail/customer-templates.ts';
import type { PlannedStep } from '../../billing/ng-case.ts';
import type { Db } from '../database.ts';
import { readCardNotice } from './card-notices.ts';

/** What a mail to a customer says and to whom it goes, read when it leaves. */

/** A case as its mail speaks of it. Personal: it leaves this process in the mail alone. */
export interface CustomerMailFacts {
  readonly month: string;
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly customerName: string;
  readonly amountYen: number;
  readonly class: DeclineClass;
  readonly carriesOver: boolean;
  readonly closed: boolean;
  /** ISO instant of the next retry; null: none is planned. */
  readonly retryAt: string | null;
  /** Where the customer may be reached: of the order, then of the customer's record. */
  readonly emails: readonly string[];
  /** The service that keeps the customer's newest card; null: the cards table does not know. */
  readonly cardService: string | null;
}

/** The mail of a case as of now; the newest export's words about the order count. */
async function readFacts(db: Db, merchantId: number, where: ReturnType<typeof sql>) {
  const { rows } = await sql<
    Omit<CustomerMailFacts, 'emails' | 'retryAt'> & {
      caseId: number;
      orderEmail: string | null;
      customerEmail: string | null;
      nextStep: string;
      dueAt: string | null;
      plan: readonly PlannedStep[];
    }
  >`
    select k.id as "caseId", m.billing_month as month, c.order_number as "orderNumber",
           c.customer_number as "customerNumber",
           coalesce(nullif(o.customer_name, ''), u.name, '') as "customerName",
           k.amount_yen as "amountYen", k.class,
           (k.next_step = 'carry_over' or k.limit_kind = 'monthly') as "carriesOver",
           k.closed_at is not null as closed, k.next_step as "nextStep", k.due_at as "dueAt", k.plan,
           nullif(o.email, '') as "orderEmail", nullif(u.email, '') as "customerEmail",
           (select r.service from cards r
             where r.merchant_id = ${merchantId} and r.customer_id = u.customer_id
               and r.deleted_at is null
             order by r.updated_at desc, r.id desc limit 1) as "cardService"
      from ng_cases k
      join charges c on c.id = k.charge_id
      join cycles m on m.id = k.cycle_id
      left join lateral (
        select x.customer_name, x.email from orders x
         where x.merchant_id = ${merchantId} and x.order_number = c.order_number
           and x.cycle_id = c.cycle_id
         order by x.collection_id desc, x.record limit 1) o on true
      left join customers u on u.merchant_id = ${merchantId}
        and u.customer_number = c.customer_number and u.deleted_at is null
     where k.merchant_id = ${merchantId} and ${where}
     order by k.id desc limit 1`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { caseId, orderEmail, customerEmail, nextStep, dueAt, plan, ...facts } = row;
  const steps = [{ step: nextStep, dueAt }, ...plan];
  const emails = [orderEmail, customerEmail].filter((email) => email !== null);
  const retryAt = steps.find(({ step }) => step === 'retry')?.dueAt ?? null;
  return { caseId, ...facts, emails: [...new Set(emails)], retryAt };
}

/** What the newest case of an order would be told now. */
export async function findCaseForMail(
  db: Db,
  merchantId: number,
  of: { readonly month: string; readonly orderNumber: string },
): Promise<CustomerMailFacts | undefined> {
  const found = await readFacts(
    db,
    merchantId,
    sql`m.billing_month = ${of.month} and c.order_number = ${of.orderNumber}`,
  );
  if (found === undefined) return undefined;
  const { caseId: _, ...facts } = found;
  return facts;
}

/** What any mail to a customer is about; no month, order or yen where it is about a card alone. */
export type CustomerMailAbout = Pick<
  CustomerMailFacts,
  'customerName' | 'retryAt' | 'closed' | 'emails' | 'cardService'
> & {
  readonly [Of in 'month' | 'orderNumber' | 'amountYen']: CustomerMailFacts[Of] | null;
};

/** A mail that was claimed, with what it is about. */
export interface CustomerMailToSend extends CustomerMailAbout {
  /** Null: it is about a card, not a declined charge. */
  readonly caseId: number | null;
  readonly kind: CustomerMailKind;
  readonly templateVersion: number;
  readonly linkId: string;
  /** Whether another of our mails has left for this customer since `dayFrom`. */
  readonly hadOne: boolean;
}

export async function readCustomerMail(
  db: Db,
  merchantId: number,
  of: { readonly mailId: number; readonly dayFrom: string },
): Promise<CustomerMailToSend> {
  const { rows } = await sql<
    Pick<CustomerMailToSend, 'caseId' | 'kind' | 'templateVersion' | 'linkId' | 'hadOne'>
  >`
    select x.case_id as "caseId", x.kind, x.template_version as "templateVersion",
           x.link_id as "linkId",
           exists (select from customer_mails other
                     join customer_mail_tries t on t.mail_id = other.mail_id
                     left join mail_send_answers a
                       on a.mail_id = t.mail_id and a.send_number = t.send_number
                    where other.merchant_id = ${merchantId} and other.mail_id <> x.mail_id
                      and other.customer_number = x.customer_number
                      and t.tried_at >= ${of.dayFrom}
                      and coalesce(a.answer, 'sent') = 'sent') as "hadOne"
      from customer_mails x
     where x.merchant_id = ${merchantId} and x.mail_id = ${of.mailId}`.execute(db);
  const [mail] = rows;
  if (mail === undefined) throw new Error('a mail to a customer has its row');
  if (mail.caseId === null) {
    return { ...(await readCardNotice(db, merchantId, of.mailId)), ...mail };
  }
  const facts = await readFacts(db, merchantId, sql`k.id = ${mail.caseId}`);
  if (facts === undefined) throw new Error('a customer mail has its case');
  return { ...facts, ...mail };
}
