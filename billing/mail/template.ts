import type { z } from 'zod';

/** The words of one mail or notice. */
export interface MailText {
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** Where to act, below the merchant's page of the console: `exchanges/2026-11/auth/1`. */
  readonly link: string | null;
}

/** What operators are told on one occasion: numbers, months and our own sentences, never a customer. */
export interface Template<Schema extends z.ZodType> {
  readonly parameters: Schema;
  readonly write: (parameters: z.output<Schema>) => MailText;
}

export function template<Schema extends z.ZodType>(
  parameters: Schema,
  write: (parameters: z.output<Schema>) => MailText,
): Template<Schema> {
  return { parameters, write };
}
