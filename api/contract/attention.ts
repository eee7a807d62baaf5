import { z } from 'zod';
import { MIGRATION_STAGES } from '../../billing/card-migration.ts';
import { REFRESH_STAGES } from '../../billing/card-refresh.ts';
import { importKinds } from '../../billing/file-import.ts';
import { billingMonthSchema } from './cycles.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema } from './route.ts';

const atMostSchema = z.object({
  rows: z.int().min(0),
  more: z.boolean().meta({ description: 'there are more than were counted' }),
  oldestAt: instantSchema.nullable(),
});

/** What needs a person and belongs to no month's billing. */
export const attentionRoutes = {
  readAttention: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/attention',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          refreshes: z
            .array(
              z.object({
                month: billingMonthSchema,
                stage: z.enum(REFRESH_STAGES),
                waitsFor: z.string().meta({ description: 'Japanese' }),
                dueAt: instantSchema
                  .nullable()
                  .meta({ description: 'after which the month has no card refresh any more' }),
              }),
            )
            .meta({ description: 'card refreshes at which a person should look' }),
          overrides: z
            .array(
              z.object({
                lock: z.int().meta({ description: 'number of the card lock' }),
                askedBy: z.string(),
                askedAt: instantSchema,
              }),
            )
            .meta({ description: 'that wait for a second person; the 20 oldest' }),
          migrations: z
            .array(
              z.object({
                number: z.int(),
                stage: z.enum(MIGRATION_STAGES),
                note: z.string().nullable().meta({ description: 'Japanese: what hinders it' }),
                waitsSince: instantSchema,
                late: z.boolean().meta({
                  description:
                    'the PSP has had the link file for two weeks and has returned nothing',
                }),
              }),
            )
            .meta({ description: 'that wait for a person, or too long for the PSP' }),
          imports: z
            .array(
              z.object({
                number: z.int(),
                kind: z.enum(importKinds),
                fileName: z.string(),
                stage: z.enum(['uploaded', 'refused']),
                trouble: z.string().nullable().meta({ description: 'Japanese' }),
              }),
            )
            .meta({
              description: 'held, or refused with no newer import of its kind; of the 100 newest',
            }),
          sendErrors: atMostSchema
            .extend({ yen: z.int() })
            .meta({ description: 'open ones, counted up to 1,000' }),
          mails: atMostSchema.meta({
            description: 'mails of which nobody knows whether they left, counted up to 1,000',
          }),
        }),
        description: 'of now; what belongs to a month stands in its open rows and deadlines',
      },
    },
    summary: { ja: '人の対応を待っていること', en: 'Read what waits for a person' },
    tag: 'service',
  }),
};
