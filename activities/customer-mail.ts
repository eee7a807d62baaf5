import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { addDays, businessDateOf, startOfBusinessDate } from '../billing/business-date.ts';
import { cardPageAddress, signCardPageLink } from '../billing/card-page-link.ts';
import { nextContactAt, nextContactDay } from '../billing/contact-hours.ts';
import type { ContactSettings } from '../billing/contact-settings.ts';
import { writeCustomerMail } from '../billing/mail/customer-mail.ts';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import {
  insertCustomerMailTry,
  listBouncedAddresses,
} from '../db/queries/customer-mail-bounces.ts';
import { readCustomerMail } from '../db/queries/customer-mail-facts.ts';
import { readTemplate } from '../db/queries/customer-mail-templates.ts';
import type { ClaimedMail } from '../db/queries/mail-sends.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { readSecret, writeSecret } from '../db/queries/secrets.ts';
import type { OutgoingMail } from '../outside/smtp.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { loadMerchantWithSettings } from './merchant.ts';

/** What becomes of a mail to a customer that was claimed: it goes, waits, or is not to go any more. */
export type PreparedMail =
  | { readonly kind: 'ready'; readonly mail: OutgoingMail }
  | { readonly kind: 'hold'; readonly until: string }
  | {
      readonly kind: 'withdrawn';
      readonly why: 'case_closed' | 'no_address' | 'not_enabled';
      /** Null: it is about a card alone. */
      readonly caseId: number | null;
    };

/**
 * Looks up, at the last moment, to whom a mail goes and what it says: nothing of it was kept before,
 * and nothing but a hash of the address is kept after.
 */
export async function prepareCustomerMail(
  deps: ActivityDependencies,
  of: {
    readonly merchant: Merchant;
    readonly claimed: ClaimedMail;
    /** The sender where the contact settings name none. */
    readonly from: string;
    readonly now: string;
  },
): Promise<PreparedMail> {
  const { merchant, claimed, now } = of;
  // For each mail: a round of hundreds takes minutes, in which a person may stop them.
  const { current } = await loadMerchantWithSettings(deps, merchant.slug);
  const { settings } = current;
  const { contact } = settings.ng;
  const today = businessDateOf(now);
  const found = await readCustomerMail(deps.db, merchant.id, {
    mailId: claimed.id,
    dayFrom: startOfBusinessDate(today),
  });
  const { caseId } = found;
  if (found.closed) return { kind: 'withdrawn', why: 'case_closed', caseId };
  if (!contact.enabled) return { kind: 'withdrawn', why: 'not_enabled', caseId };
  const opensAt = nextContactAt(now, contact.hours);
  if (opensAt !== now) return { kind: 'hold', until: opensAt };
  if (found.hadOne) return { kind: 'hold', until: nextContactDay(now, contact.hours) };
  const to = await chooseAddress(deps, merchant.id, found.emails);
  if (to === null) return { kind: 'withdrawn', why: 'no_address', caseId };
  const link = await makeLink(deps, merchant, { settings, linkId: found.linkId, now });
  const { kind, templateVersion: version } = found;
  const template = await readTemplate(deps.db, merchant.id, { kind, version });
  const words = writeCustomerMail(template, { ...found, merchant, settings, now, link });
  await insertCustomerMailTry(deps.db, merchant.id, {
    mailId: claimed.id,
    sendNumber: claimed.sendNumber,
    addressHash: hashAddress(merchant.id, to),
    linkExpiresAt: link?.expiresAt ?? null,
    now,
  });
  return { kind: 'ready', mail: compose({ ...of, contact }, to, words) };
}

function compose(
  of: Parameters<typeof prepareCustomerMail>[1] & { readonly contact: ContactSettings },
  to: string,
  words: { readonly subject: string; readonly text: string },
): OutgoingMail {
  const { contact } = of;
  return {
    messageId: of.claimed.messageId,
    from: contact.from ?? of.from,
    fromName: contact.fromName ?? of.merchant.name,
    replyTo: contact.replyTo,
    to: [to],
    cc: contact.cc,
    bcc: contact.bcc,
    ...words,
    date: of.now,
  };
}

/** One address and no list of them, whatever an export says. */
const addressSchema = z.email().max(254);

/** The first address that is one and from which nothing came back. */
async function chooseAddress(
  { db }: ActivityDependencies,
  merchantId: number,
  emails: readonly string[],
): Promise<string | null> {
  const usable = emails
    .map((email) => email.trim())
    .filter((email) => addressSchema.safeParse(email).success);
  const hashes = usable.map((email) => hashAddress(merchantId, email));
  const bounced = new Set(await listBouncedAddresses(db, merchantId, hashes));
  return usable.find((_, index) => !bounced.has(hashes[index] ?? '')) ?? null;
}

/** Names an address without telling it. */
export function hashAddress(merchantId: number, email: string): string {
  return createHash('sha256').update(`${merchantId}:${email.toLowerCase()}`).digest('hex');
}

async function makeLink(
  deps: ActivityDependencies,
  merchant: Merchant,
  of: { readonly settings: MerchantSettings; readonly linkId: string; readonly now: string },
): Promise<{ readonly url: string; readonly expiresAt: string } | null> {
  const { cardPageUrl, linkDays, linkSecretName } = of.settings.ng.contact;
  if (cardPageUrl === null) return null;
  // To the end of a day: a customer reads a date, not an hour.
  const expiresAt = startOfBusinessDate(addDays(businessDateOf(of.now), linkDays + 1));
  const secret = await ensureLinkSecret(deps, merchant.id, { name: linkSecretName, now: of.now });
  const token = signCardPageLink(merchant.slug, { id: of.linkId, expiresAt }, secret);
  return { url: cardPageAddress(cardPageUrl, token), expiresAt };
}

/** The merchant's only dispatcher makes the secret when the first link needs it. */
async function ensureLinkSecret(
  { db, fileKeys }: ActivityDependencies,
  merchantId: number,
  of: { readonly name: string; readonly now: string },
): Promise<string> {
  const kept = await readSecret(db, merchantId, of.name, fileKeys);
  if (kept !== null) return kept;
  const value = randomBytes(32).toString('base64url');
  await writeSecret(db, merchantId, { ...of, value, actor: 'mail-dispatch' }, fileKeys);
  return value;
}
