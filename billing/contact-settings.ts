import { z } from 'zod';
import { secretNamePattern } from './secret.ts';

/** How a merchant's customers are contacted about declined charges (setting `ng.contact`). */

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time of day, HH:MM' });

/** Where the link's token goes in the address of the shop's card page. */
export const LINK_TOKEN_PLACE = '{token}';

const cardPageUrl = z
  .url({ protocol: /^https$/, error: 'is not an https address' })
  .max(500)
  .refine((url) => url.split(LINK_TOKEN_PLACE).length === 2, {
    error: 'names {token} once, where the token goes',
  })
  // A password in an address would be told to every customer.
  .refine((url) => !/^https:\/\/[^/?#]*@/.test(url), { error: 'holds no password or user name' });

export const contactSettingsSchema = z
  .strictObject({
    /** False: customers get no mail of ours, the shop's people contact them. */
    enabled: z.boolean().default(false),
    /** Sender, also where mails come back to; null = `operatorMail.from`, else the server's own. */
    from: z.email().nullable().default(null),
    /** Name beside the sender; null = the merchant's name. */
    fromName: z
      .string()
      .trim()
      .min(1)
      .max(50)
      .regex(/^[^\p{Cc}\p{Cf}]*$/u, { error: 'holds control characters' })
      .nullable()
      .default(null),
    /** Where a customer's answer goes; null = the sender. */
    replyTo: z.email().nullable().default(null),
    /** Operators whom the customer sees reading along, and those whom nobody sees. */
    cc: z.array(z.email()).max(5).default([]),
    bcc: z.array(z.email()).max(5).default([]),
    /** Times of day in Japan between which mails leave; what is due outside waits. */
    hours: z
      .strictObject({ from: timeOfDay.default('09:00'), to: timeOfDay.default('20:00') })
      .refine(({ from, to }) => from < to, { error: 'ends before it begins' })
      .prefault({}),
    /** Days that a customer is asked to answer within (お手続き期限). */
    answerDays: z.int().min(1).max(60).default(7),
    /** The shop's page on which a card is changed, with {token}; null = mails carry no link. */
    cardPageUrl: cardPageUrl.nullable().default(null),
    /** Days that a link is good for. */
    linkDays: z.int().min(1).max(90).default(14),
    /** The secret that signs links; made when the first link is. A new one ends all older links. */
    linkSecretName: z.string().regex(secretNamePattern).default('card-page-link'),
  })
  .prefault({});

export type ContactSettings = z.output<typeof contactSettingsSchema>;
