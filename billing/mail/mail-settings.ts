import { z } from 'zod';
import { secretNamePattern } from '../secret.ts';

/** Who of the merchant is told by mail. Without an address there are notices in the console only. */
export const operatorMailSchema = z
  .strictObject({
    /** 担当者 who are to act; empty = no mail. */
    to: z.array(z.email()).max(10).default([]),
    /** 担当者 who read along. */
    cc: z.array(z.email()).max(10).default([]),
    /** Sender; null = the server's own (`SMTP_FROM`). */
    from: z.email().nullable().default(null),
    /** Mails that leave in a minute, so that the mail server takes them for no flood. */
    perMinute: z.int().min(1).max(600).default(60),
  })
  .prefault({});

/** The mailbox in which 処理完了メール and the PSPs' error mails arrive; it is read, never changed. */
export const mailboxSchema = z
  .strictObject({
    host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: 'is a host name or an address' }),
    port: z.int().min(1).max(65_535).default(993),
    /** TLS from the first byte; without it STARTTLS, unless the server is this machine. */
    secure: z.boolean().default(true),
    user: z.string().min(1).max(200),
    folder: z.string().min(1).max(200).default('INBOX'),
    /** The secret that holds the password. */
    secretName: z.string().regex(secretNamePattern),
    /** Between two looks within hours of a hand-over. */
    pollMinutes: z.int().min(1).max(60).default(5),
    /** Between two looks at any other time. */
    idlePollMinutes: z.int().min(5).max(1440).default(60),
  })
  .nullable()
  .default(null);

export type OperatorMailSettings = z.output<typeof operatorMailSchema>;
export type MailboxSettings = NonNullable<z.output<typeof mailboxSchema>>;
