import { z } from 'zod';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute } from './route.ts';

export const recoveryRoutes = {
  recoverWorkflows: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/recovery',
    role: 'admin',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          workflows: z.array(
            z
              .object({ workflowId: z.string(), found: z.enum(['running', 'started']) })
              .meta({ id: 'RecoveredWorkflow' }),
          ),
        }),
        description: 'all unfinished work of the merchant, and whether it was at work all along',
      },
    },
    summary: {
      ja: '失われたワークフローを記録から再開する',
      en: 'Start workflows again that Temporal has lost',
    },
    tag: 'service',
  }),
};
