import { z } from 'zod';
import { defineRoute } from './route.ts';

/** As the Temporal UI and CLI write payloads in JSON; bytes are base64. */
const payloadsSchema = z.looseObject({
  payloads: z
    .array(
      z.looseObject({
        metadata: z.record(z.string(), z.string()).optional(),
        data: z.string().optional(),
      }),
    )
    .max(10_000)
    .default([]),
});

export const codecRoutes = {
  // A payload does not say whose it is: so only who sees every merchant may have them decoded.
  decodePayloads: defineRoute({
    method: 'post',
    path: '/v1/codec/decode',
    role: 'operator',
    merchantScoped: false,
    allMerchantsOnly: true,
    foreignPages: 'temporal-ui',
    // Temporal itself refuses payloads of more than 2 MB.
    body: { kind: 'json', schema: payloadsSchema, maxBytes: 8 * 1024 * 1024 },
    responses: {
      200: { kind: 'json', schema: payloadsSchema, description: 'the same payloads in clear' },
    },
    summary: { ja: 'Temporal UIのデータを復号する', en: 'Decode payloads for the Temporal UI' },
    tag: 'service',
  }),
};
