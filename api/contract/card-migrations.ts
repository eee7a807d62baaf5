import { z } from 'zod';
import {
  CUSTOMER_CHOICES,
  MIGRATION_CHECKS,
  MIGRATION_STAGES,
} from '../../billing/card-migration.ts';
import { cardServices } from '../../billing/card-service.ts';
import { customerIdSchema } from './customers.ts';
import { fileNameSchema } from './files.ts';
import { merchantParamsSchema } from './merchants.ts';
import { migrationReportRoutes } from './migration-reports.ts';
import {
  migrationsPath as all,
  migrationFileParams as fileParams,
  migrationSchema,
  migrationParams as params,
} from './migration-schemas.ts';
import { defineRoute, reasonSchema } from './route.ts';

const scopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('share'), percent: z.int().min(1).max(99) }),
  z.strictObject({
    kind: z.literal('customers'),
    customerIds: z.array(customerIdSchema).min(1).max(10_000),
  }),
]);

const factsSchema = z
  .object({
    stage: z.enum(MIGRATION_STAGES),
    state: z.string().meta({ description: 'what it waits for, in Japanese' }),
  })
  .meta({ id: 'MigrationAnswer' });

const one = `${all}/:number`;
const tag = 'card-migrations';
const ofOne = { merchantScoped: true, params, tag } as const;
const accepted = {
  kind: 'json',
  schema: z.object({ accepted: z.literal(true) }),
  description: 'the workflow is still at it; look at Location',
} as const;
const answers = {
  200: { kind: 'json', schema: factsSchema, description: 'written down' },
  202: accepted,
} as const;
const reason = { reason: reasonSchema.nullable().default(null) };
const act = {
  ...ofOne,
  method: 'post',
  role: 'operator',
  idempotencyKey: 'required',
  responses: answers,
} as const;
const bareAct = { ...act, body: { kind: 'json', schema: z.strictObject(reason) } } as const;
const limit = z.coerce.number().int().min(1).max(1000).default(100);

export const cardMigrationRoutes = {
  ...migrationReportRoutes,
  startCardMigration: defineRoute({
    method: 'post',
    path: all,
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    idempotencyKey: 'required',
    body: {
      kind: 'json',
      schema: z.strictObject({
        service: z.enum(cardServices).meta({ description: 'the PSP that gets the cards' }),
        oldService: z.string().trim().min(1).max(50).meta({
          description: 'the cart or PSP that has them today, as people call it',
        }),
        scope: scopeSchema.default({ kind: 'all' }),
        follows: z.int().min(1).nullable().default(null).meta({
          description: 'the canary that goes before: its customers are left out',
        }),
        rehearsal: z.boolean().default(false).meta({ description: 'changes nothing' }),
        ...reason,
      }),
    },
    responses: { 201: { kind: 'json', schema: migrationSchema, description: 'started' } },
    summary: { ja: 'カードの移行を始める', en: 'Start a card migration' },
    tag,
  }),
  listCardMigrations: defineRoute({
    method: 'get',
    path: all,
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({ before: z.coerce.number().int().min(1).optional(), limit }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          migrations: z.array(migrationSchema),
          nextBefore: z.int().nullable(),
        }),
        description: 'the newest first',
      },
    },
    summary: { ja: 'カードの移行の一覧', en: 'List card migrations' },
    tag,
  }),
  acknowledgeMigrationCheck: defineRoute({
    ...act,
    path: `${one}/acknowledgements`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        check: z.enum(MIGRATION_CHECKS),
        onDate: z.iso.date().nullable().default(null).meta({
          description: 'of several_cards_reported: the day of the report',
        }),
        ...reason,
      }),
    },
    summary: { ja: '連携前の確認を記録する', en: 'Vouch for a check before the link file' },
  }),
  decideMigrationCustomers: defineRoute({
    ...act,
    path: `${one}/decisions`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        decisions: z
          .array(
            z
              .strictObject({
                customerId: customerIdSchema,
                choice: z.enum(CUSTOMER_CHOICES),
                card: z
                  .string()
                  .regex(/^[0-9a-f]{12}$/)
                  .nullable()
                  .default(null)
                  .meta({
                    description: 'of choice default: the name in the list of findings',
                  }),
              })
              .refine(({ choice, card }) => (choice === 'default') === (card !== null), {
                error: 'choice default names a card, and no other does',
                path: ['card'],
              }),
          )
          .min(1)
          .max(1000)
          .refine((all) => new Set(all.map((of) => of.customerId)).size === all.length, {
            error: 'names a customer twice',
          }),
        ...reason,
      }),
    },
    summary: { ja: '顧客ごとの判断を記録する', en: 'Decide what becomes of customers' },
  }),
  releaseLinkFile: defineRoute({
    ...bareAct,
    path: `${one}/link-files`,
    summary: { ja: '連携ファイルを確定する', en: 'Release the link file' },
  }),
  downloadLinkFile: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/link-files/:n/file`,
    params: fileParams,
    role: 'operator',
    right: 'exportPersonalData',
    responses: { 200: { kind: 'bytes', description: 'CSV of two columns, for the PSP' } },
    summary: { ja: '連携ファイルを取り出す', en: 'Download a link file' },
  }),
  recordLinkHandOver: defineRoute({
    ...bareAct,
    path: `${one}/hand-over`,
    summary: { ja: '連携ファイルを渡したことを記録する', en: 'Record that the PSP has the file' },
  }),
  uploadReturnedFile: defineRoute({
    ...act,
    path: `${one}/returned-files`,
    query: z.strictObject({
      name: fileNameSchema.optional().meta({ description: 'instead of the name in the form' }),
      addition: z.stringbool().default(false).meta({
        description: 'adds to the files before it instead of taking their place',
      }),
    }),
    body: {
      kind: 'raw',
      contentTypes: ['multipart/form-data', 'text/csv', 'application/octet-stream'],
    },
    summary: { ja: '返却ファイルを取り込む', en: "Import the PSP's returned file" },
  }),
  acceptCoverage: defineRoute({
    ...act,
    path: `${one}/acceptance`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        uncovered: z.int().min(0).meta({
          description: 'how many customers have no card, as they were looked at',
        }),
        ...reason,
      }),
    },
    summary: { ja: '移行の完了を記録する', en: 'Accept the coverage' },
  }),
  cancelCardMigration: defineRoute({
    ...bareAct,
    path: `${one}/cancellation`,
    summary: { ja: 'カードの移行を取り消す', en: 'Cancel a migration: its cards are taken back' },
  }),
};
