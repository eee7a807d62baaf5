import { z } from 'zod';
import { template } from './template.ts';

/** What operators are told of a card migration: its own words (billing/describe-migration.ts). */
export const migrationTemplates = {
  card_migration: template(
    z.strictObject({
      number: z.int().min(1),
      subject: z.string().min(1).max(100),
      sentence: z.string().min(1).max(2000),
    }),
    (of) => ({ subject: of.subject, text: of.sentence, link: `card-migrations/${of.number}` }),
  ),
} as const;
