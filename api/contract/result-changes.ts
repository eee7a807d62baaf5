import { z } from 'zod';
import { countSchema } from './cycles.ts';
import { fieldReasonSchema, ofOneExchange, oneExchange } from './exchanges.ts';
import { defineRoute } from './route.ts';

/** What a corrected or late result file says against the one before it (spec 1.6). */
export const resultChangeRoutes = {
  listResultChanges: defineRoute({
    ...ofOneExchange,
    method: 'get',
    path: `${oneExchange}/result-changes`,
    role: 'viewer',
    query: z.strictObject({
      round: z.coerce.number().int().min(2).optional().meta({ description: 'default: the latest' }),
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          round: z.int().nullable().meta({ description: 'null: there is no second result' }),
          counts: z.array(countSchema.extend({ before: z.string(), after: z.string() })),
          lines: z.array(
            z.object({
              lineNumber: z.int(),
              orderNumber: z.string(),
              amountYen: z.int(),
              before: z.object({ verdict: z.string(), reasons: z.array(fieldReasonSchema) }),
              after: z.object({ verdict: z.string(), reasons: z.array(fieldReasonSchema) }),
            }),
          ),
          nextAfter: z.int().nullable(),
        }),
        description: 'what a corrected or late result says differently',
      },
    },
    summary: { ja: '結果ファイルの前回との差', en: 'What a further result changed' },
  }),
};
