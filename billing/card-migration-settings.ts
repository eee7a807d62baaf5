import { z } from 'zod';
import { cardBrands } from './card-service.ts';
import { returnedCardsSchema } from './returned-cards.ts';
import { secretNamePattern } from './secret.ts';

/** How link files are handed to a PSP over SFTP; each PSP tells its own address [assumed]. */
const linkSftpSchema = z.strictObject({
  host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: 'is a host name or an address' }),
  port: z.int().min(1).max(65_535).default(22),
  user: z.string().min(1).max(100),
  /** A password or a private key, whichever it is. */
  secretName: z.string().regex(secretNamePattern, { error: 'is 1 to 64 of a-z, 0-9 and -' }),
  /** Fingerprints as `ssh-keygen -lf` prints them; several while the server changes its key. */
  hostKeys: z
    .array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, { error: 'is SHA256:…' }))
    .min(1)
    .max(5),
  /** Where link files are put. */
  folder: z
    .string()
    .min(1)
    .max(500)
    .regex(/^\P{C}+$/u, { error: 'holds a control character' }),
});

export type LinkSftp = z.output<typeof linkSftpSchema>;

/** How stored cards are moved to another PSP (docs/card-migration.md). */
export const cardMigrationSettingsSchema = z
  .strictObject({
    linkFile: z
      .strictObject({
        /** What the PSP reads; old numbers that it cannot write are refused before the release. */
        encoding: z.enum(['cp932', 'utf-8']).default('cp932'),
        /** Whether the first line names the two columns. */
        header: z.boolean().default(true),
        /** `download`: a person takes it to the PSP; `sftp`: a machine; `mail`: people are told. */
        delivery: z.enum(['download', 'sftp', 'mail']).default('download'),
        /** The connection of delivery `sftp`. */
        sftp: linkSftpSchema.nullable().default(null),
      })
      .refine(({ delivery, sftp }) => delivery !== 'sftp' || sftp !== null, {
        error: 'delivery sftp needs its connection',
        path: ['sftp'],
      })
      .prefault({}),

    /** How each PSP writes the file that it returns (billing/returned-cards.ts). */
    returned: returnedCardsSchema,

    /** Spellings of card brands besides those that everybody uses; width and case are ignored. */
    brandSpellings: z
      .record(z.string().trim().min(1).max(50), z.enum(cardBrands))
      .refine((spellings) => Object.keys(spellings).length <= 100, {
        error: 'are 100 at most',
      })
      .default({}),

    /** When the first billing of a canary went well (billing/migration-canary.ts). */
    canary: z
      .strictObject({
        /** Of its authorizations, so many percent may be declined at most. */
        maxDeclinedPercent: z.int().min(0).max(100).default(10),
        /** Fewer authorizations than this prove nothing. */
        minAnswered: z.int().min(1).max(100_000).default(1),
      })
      .prefault({}),
  })
  .prefault({});

export type CardMigrationSettings = z.output<typeof cardMigrationSettingsSchema>;
