import { z } from 'zod';
import { MIGRATION_CHECKS, MIGRATION_STAGES, ROUND_STATES } from '../../billing/card-migration.ts';
import { cardServices } from '../../billing/card-service.ts';
import { merchantParamsSchema } from './merchants.ts';
import { instantSchema, sha256Schema } from './route.ts';

/** What the API says of a card migration. */

export const rowsAndYen = z.object({ rows: z.int(), yen: z.int() });

const coverageSchema = z
  .object({
    month: z.string().meta({ description: 'YYYY-MM: what is at risk is what it is to bill' }),
    customers: z.object({
      linked: z.int(),
      returned: z.int(),
      covered: z.int().meta({ description: 'with a card that this migration brought' }),
      kept: z.int().meta({ description: 'with a card of the target from before' }),
      uncovered: z.int(),
    }),
    rows: z.object({
      returned: z.int(),
      imported: z.int(),
      failed: z.int(),
      quarantined: z.int(),
    }),
    subscriptions: z
      .object({ due: rowsAndYen, atRisk: rowsAndYen, later: z.int() })
      .nullable()
      .meta({ description: 'null: no subscription is known' }),
  })
  .meta({ id: 'MigrationCoverage' });

export const migrationSchema = z
  .object({
    number: z.int().min(1),
    service: z.enum(cardServices).meta({ description: 'the PSP that gets the cards' }),
    oldService: z.string(),
    scope: z.object({
      kind: z.enum(['all', 'share', 'customers']),
      percent: z.int().optional(),
      customers: z.int().optional().meta({ description: 'how many were named' }),
    }),
    follows: z.int().nullable().meta({ description: 'the canary that went before' }),
    rehearsal: z.boolean(),
    stage: z.enum(MIGRATION_STAGES),
    stageJa: z.string(),
    startedAt: instantSchema,
    startedBy: z.string(),
    finishedAt: instantSchema.nullable(),
    acceptedBy: z.string().nullable(),
  })
  .meta({ id: 'CardMigration' });

const checksSchema = z.object({
  customers: z.int().meta({ description: 'whom a link file would hold now' }),
  findings: z.object({
    missing_number: z.int(),
    doubled_number: z.int(),
    several_cards: z.int(),
  }),
  open: z.array(z.string()).meta({ description: 'what keeps the link file back, in Japanese' }),
  acknowledgements: z
    .array(
      z.object({
        check: z.enum(MIGRATION_CHECKS),
        checkJa: z.string(),
        onDate: z.iso.date().nullable(),
        acknowledgedAt: instantSchema.nullable().meta({ description: 'null: nobody has' }),
        acknowledgedBy: z.string().nullable(),
      }),
    )
    .meta({ description: '`canary` only where one holds the link file back, or was vouched for' }),
});

const linkFileSchema = z.object({
  n: z.int(),
  fileName: z.string(),
  sha256: sha256Schema,
  bytes: z.int(),
  customers: z.int(),
  releasedAt: instantSchema,
  releasedBy: z.string(),
  handedOverAt: instantSchema.nullable(),
  handedOverBy: z.string().nullable(),
  way: z.enum(['person', 'sftp']).nullable(),
});

const returnedFileSchema = z.object({
  n: z.int(),
  fileName: z.string(),
  sha256: sha256Schema,
  addition: z.boolean().meta({ description: 'it adds to the files before it' }),
  state: z.enum(ROUND_STATES),
  importNumber: z.int().nullable(),
  lines: z.int(),
  imported: z.int(),
  failed: z.int(),
  quarantined: z.int().meta({ description: 'lines of customers outside the link file' }),
  trouble: z.string().nullable().meta({ description: 'why the file was refused' }),
  takenAt: instantSchema,
  takenBy: z.string(),
  finishedAt: instantSchema.nullable(),
  supersededAt: instantSchema.nullable().meta({ description: 'a later file took its place' }),
});

export const migrationDetailSchema = migrationSchema
  .extend({
    state: z.string().meta({ description: 'what it waits for, in Japanese' }),
    needsPerson: z.boolean(),
    checks: checksSchema,
    linkFiles: z.array(linkFileSchema).meta({ description: 'the newest first' }),
    returnedFiles: z.array(returnedFileSchema).meta({ description: 'the newest first' }),
    coverage: coverageSchema.nullable().meta({ description: 'null: nothing was imported yet' }),
    coverageJa: z.string().nullable(),
    openCharges: rowsAndYen.meta({
      description: 'authorized at the old PSP: captured or voided there, whatever becomes of cards',
    }),
    firstBilling: z
      .object({ kind: z.enum(['good', 'bad', 'waiting']), text: z.string() })
      .nullable()
      .meta({ description: 'how the first billing of the moved customers went' }),
  })
  .meta({ id: 'CardMigrationDetail' });

export const migrationParams = merchantParamsSchema.extend({
  number: z.coerce.number().int().min(1),
});
export const migrationFileParams = migrationParams.extend({ n: z.coerce.number().int().min(1) });
export const migrationsPath = '/v1/merchants/:merchant/card-migrations';
