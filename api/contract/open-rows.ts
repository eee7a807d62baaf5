import { z } from 'zod';
import { OPEN_MOVERS, OPEN_REASONS } from '../../billing/open-rows.ts';
import { countSchema, cycleParamsSchema } from './cycles.ts';
import { defineRoute } from './route.ts';

const reasonSchema = z.enum(OPEN_REASONS);

export const openRowRoutes = {
  listOpenRows: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/cycles/:month/open-rows',
    role: 'viewer',
    merchantScoped: true,
    params: cycleParamsSchema,
    query: z.strictObject({
      reason: reasonSchema.optional(),
      after: z
        .string()
        .max(200)
        .regex(new RegExp(`^(?:${OPEN_REASONS.join('|')})/`), { error: 'is not a place' })
        .optional()
        .meta({ description: 'nextAfter of the page before' }),
      limit: z.coerce.number().int().min(0).max(1000).default(100).meta({
        description: '0: the reasons alone',
      }),
      totals: z
        .stringbool()
        .default(true)
        .meta({ description: 'false: reasons is null; the page of a reason comes at once' }),
      sums: z.stringbool().default(true).meta({
        description:
          'false: rows that break a sum are awaited only where `reason` asks for them; `pending` says so',
      }),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          reasons: z
            .array(
              countSchema
                .extend({
                  reason: reasonSchema,
                  label: z.string().meta({ description: 'Japanese' }),
                  act: z.string().meta({ description: 'Japanese: what moves it on' }),
                  mover: z.enum(OPEN_MOVERS).meta({ description: 'who moves it' }),
                  samples: z.array(z.string()).readonly(),
                })
                .meta({ id: 'OpenReason' }),
            )
            .nullable()
            .meta({ description: 'of the whole month, whatever the page; null: not asked for' }),
          pending: z.string().nullable().meta({
            description:
              'Japanese: what has not been counted and may be missing here; null: this is all',
          }),
          rows: z.array(
            z
              .object({
                reason: reasonSchema,
                orderNumber: z.string().nullable(),
                yen: z.int().nullable(),
                file: z
                  .string()
                  .nullable()
                  .meta({ description: 'kind and number of the latest file that carried it' }),
                line: z
                  .int()
                  .nullable()
                  .meta({ description: 'in that file; the header is line 1' }),
              })
              .meta({ id: 'OpenRow' }),
          ),
          nextAfter: z.string().nullable(),
        }),
        description: 'empty, with nothing pending, for a month that is closed',
      },
    },
    summary: {
      ja: '締めを妨げている行の一覧',
      en: 'List the rows that keep a month from closing',
    },
    tag: 'cycles',
  }),
};
