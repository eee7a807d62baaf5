import { z } from 'zod';
import { bannerTypes } from '../../billing/epos-banner.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema } from './route.ts';

const bannerSchema = z
  .object({
    isDefault: z.boolean().meta({ description: 'true: the default banner is shown' }),
    contentType: z.enum(bannerTypes).nullable(),
    bytes: z.int().min(0),
    dataUrl: z.string().nullable().meta({ description: 'the picture itself; null: the default' }),
    setAt: instantSchema.nullable(),
    setBy: z.string().nullable(),
  })
  .meta({ id: 'EposBanner' });

const base = {
  path: '/v1/merchants/:merchant/epos-banner',
  merchantScoped: true,
  params: merchantParamsSchema,
  responses: { 200: { kind: 'json', schema: bannerSchema, description: 'what is shown now' } },
  tag: 'settings',
} as const;

export const eposBannerRoutes = {
  readEposBanner: defineRoute({
    ...base,
    method: 'get',
    role: 'viewer',
    summary: { ja: 'エポスバナーを見る', en: 'Read the banner of the Epos card' },
  }),
  saveEposBanner: defineRoute({
    ...base,
    method: 'put',
    role: 'admin',
    body: { kind: 'raw', contentTypes: [...bannerTypes, 'application/octet-stream'] },
    summary: { ja: 'エポスバナーを登録する', en: 'Upload the banner of the Epos card' },
  }),
  resetEposBanner: defineRoute({
    ...base,
    method: 'delete',
    role: 'admin',
    summary: { ja: 'デフォルトバナーに戻す', en: 'Show the default banner again' },
  }),
};
