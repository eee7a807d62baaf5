import { z } from 'zod';
import { CUSTOMER_FINDINGS } from '../../billing/card-migration.ts';
import { cardBrands, cardServices } from '../../billing/card-service.ts';
import { CHARGE_STATES } from '../../billing/charge.ts';
import { UNCOVERED_REASONS } from '../../billing/migration-coverage.ts';
import { customerIdSchema } from './customers.ts';
import {
  migrationDetailSchema as detailSchema,
  migrationFileParams as fileParams,
  migrationsPath,
  migrationParams as params,
  rowsAndYen,
} from './migration-schemas.ts';
import { defineRoute } from './route.ts';

const one = `${migrationsPath}/:number`;
const ofOne = { merchantScoped: true, params, tag: 'card-migrations' } as const;
const limit = z.coerce.number().int().min(1).max(1000).default(100);
const encoding = z.enum(['utf-8', 'cp932']).default('utf-8');
const resultSchema = z.enum(['imported', 'failed', 'quarantined']);

/** What is told of a card migration; nothing is changed. */
export const migrationReportRoutes = {
  readCardMigration: defineRoute({
    ...ofOne,
    method: 'get',
    path: one,
    role: 'viewer',
    responses: { 200: { kind: 'json', schema: detailSchema, description: 'the migration' } },
    summary: { ja: 'カードの移行を見る', en: 'Read a card migration' },
  }),
  listMigrationFindings: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/findings`,
    role: 'viewer',
    query: z.strictObject({
      after: customerIdSchema.optional(),
      openOnly: z.stringbool().default(true),
      limit,
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          customers: z.array(
            z.object({
              customerId: customerIdSchema,
              customerNumber: z.string(),
              findings: z.array(z.enum(CUSTOMER_FINDINGS)),
              findingsJa: z.array(z.string()),
              decided: z.boolean(),
              cards: z.array(
                z.object({
                  name: z.string().meta({ description: 'by which it is chosen' }),
                  service: z.enum(cardServices),
                  lastDigits: z.string(),
                  brand: z.enum(cardBrands),
                  expiry: z.string().meta({ description: 'YYYY-MM' }),
                }),
              ),
            }),
          ),
          nextAfter: customerIdSchema.nullable(),
        }),
        description: 'customers for whom a person must decide, by ID',
      },
    },
    summary: { ja: '確認が必要な顧客', en: 'List the customers with findings' },
  }),
  listReturnedRows: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/returned-files/:n/rows`,
    params: fileParams,
    role: 'viewer',
    query: z.strictObject({
      result: resultSchema.optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit,
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          rows: z.array(
            z.object({
              line: z.int().meta({ description: '行数: physical line, the header is line 1' }),
              customerId: customerIdSchema.nullable(),
              result: resultSchema,
              remarks: z.array(z.object({ column: z.string().nullable(), text: z.string() })),
            }),
          ),
          nextAfter: z.int().nullable(),
        }),
        description: 'what became of each line; never a cell',
      },
    },
    summary: { ja: '返却ファイルの行ごとの結果', en: 'List what became of each returned line' },
  }),
  downloadReturnedRows: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/returned-files/:n/rows.csv`,
    params: fileParams,
    role: 'viewer',
    query: z.strictObject({ result: resultSchema.optional(), encoding }),
    responses: { 200: { kind: 'bytes', description: 'CSV of the same' } },
    summary: {
      ja: '返却ファイルの行ごとの結果をCSVで取り出す',
      en: 'Download what became of each returned line',
    },
  }),
  listUncoveredCustomers: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/uncovered`,
    role: 'viewer',
    query: z.strictObject({ after: customerIdSchema.optional(), limit }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          customers: z.array(
            z.object({
              customerId: customerIdSchema,
              customerNumber: z.string(),
              reason: z.enum(UNCOVERED_REASONS),
              reasonJa: z.string(),
              due: rowsAndYen.meta({ description: 'live subscriptions that the month bills' }),
              later: z.int().meta({ description: 'other live subscriptions' }),
            }),
          ),
          nextAfter: customerIdSchema.nullable(),
        }),
        description: 'customers without a card of the target',
      },
    },
    summary: { ja: 'カードのない顧客', en: 'List the customers left without a card' },
  }),
  downloadUncoveredCustomers: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/uncovered.csv`,
    role: 'operator',
    right: 'exportPersonalData',
    query: z.strictObject({ encoding }),
    responses: { 200: { kind: 'bytes', description: 'CSV of the same' } },
    summary: { ja: 'カードのない顧客をCSVで取り出す', en: 'Download the customers without a card' },
  }),
  listMigrationCharges: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/open-charges`,
    role: 'viewer',
    query: z.strictObject({ after: z.string().max(64).default(''), limit }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          charges: z.array(
            z.object({
              month: z.string(),
              orderNumber: z.string(),
              customerId: customerIdSchema,
              state: z.enum(CHARGE_STATES),
              amountYen: z.int(),
            }),
          ),
          nextAfter: z.string().nullable(),
        }),
        description: 'authorized at the old PSP: captured or voided there',
      },
    },
    summary: {
      ja: '旧決済会社に残るオーソリ',
      en: 'List the charges that are still under way at the old PSP',
    },
  }),
};
