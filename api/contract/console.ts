import { z } from 'zod';
import { defineRoute } from './route.ts';

export const consoleRoutes = {
  readConsole: defineRoute({
    method: 'get',
    path: '/v1/console',
    role: 'viewer',
    merchantScoped: false,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          temporalUi: z
            .string()
            .nullable()
            .meta({ description: 'address of the namespace in the Temporal UI; null = none' }),
        }),
        description: 'what the console must know of this installation',
      },
    },
    summary: { ja: '管理画面の設定', en: 'Settings of the console' },
    tag: 'service',
  }),
};
