import { z } from 'zod';
import { JOB_KINDS, JOB_STATES } from '../../billing/job.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema } from './route.ts';

const jobSchema = z
  .object({
    kind: z.enum(JOB_KINDS),
    name: z.string().meta({ description: 'as operators know it', example: 'GMO 洗替結果取得' }),
    key: z.string().meta({ description: 'its month, or its number' }),
    state: z.enum(JOB_STATES),
    startedAt: instantSchema,
    finishedAt: instantSchema.nullable(),
    startedBy: z.string(),
    rows: z.int(),
    problems: z.int().meta({ description: 'rows that a person should look at' }),
    location: z.string().meta({ description: 'what shows it' }),
    csv: z.string().nullable().meta({ description: 'its CSV; null: it has none' }),
  })
  .meta({ id: 'Job' });

/** ジョブ管理 */
export const jobRoutes = {
  listJobs: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/jobs',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      kind: z.enum(JOB_KINDS).optional(),
      before: instantSchema.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ jobs: z.array(jobSchema), nextBefore: instantSchema.nullable() }),
        description: 'newest first',
      },
    },
    summary: { ja: 'ジョブ管理', en: 'List jobs of all kinds' },
    tag: 'jobs',
  }),
};
