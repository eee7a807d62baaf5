import { z } from 'zod';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute } from './route.ts';

const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]+$/u, { error: 'holds a control character' });
const entrySchema = z
  .object({ id: z.int().min(1), name: z.string() })
  .meta({ id: 'RegisteredName' });

const params = merchantParamsSchema.extend({ id: z.coerce.number().int().min(1) });
const list = {
  method: 'get',
  role: 'viewer',
  merchantScoped: true,
  params: merchantParamsSchema,
  responses: {
    200: {
      kind: 'json',
      schema: z.object({ entries: z.array(entrySchema) }),
      description: 'by name',
    },
  },
  tag: 'customers',
} as const;
const add = {
  ...list,
  method: 'post',
  role: 'operator',
  body: { kind: 'json', schema: z.strictObject({ name: nameSchema }) },
  responses: { 201: { kind: 'json', schema: entrySchema, description: 'registered' } },
} as const;
const rename = {
  ...add,
  method: 'put',
  params,
  responses: { 204: { kind: 'empty', description: 'the customers that have it follow' } },
} as const;
const remove = {
  method: 'delete',
  role: 'operator',
  merchantScoped: true,
  params,
  responses: { 204: { kind: 'empty', description: 'out of use; customers keep it' } },
  tag: 'customers',
} as const;

const occupations = '/v1/merchants/:merchant/occupations';
const tags = '/v1/merchants/:merchant/customer-tags';

export const registerRoutes = {
  listOccupations: defineRoute({
    ...list,
    path: occupations,
    summary: { ja: '職業の一覧', en: 'List occupations' },
  }),
  addOccupation: defineRoute({
    ...add,
    path: occupations,
    summary: { ja: '職業を登録する', en: 'Register an occupation' },
  }),
  renameOccupation: defineRoute({
    ...rename,
    path: `${occupations}/:id`,
    summary: { ja: '職業の名前を変える', en: 'Rename an occupation' },
  }),
  deleteOccupation: defineRoute({
    ...remove,
    path: `${occupations}/:id`,
    summary: { ja: '職業を削除する', en: 'Take an occupation out of use' },
  }),
  listTags: defineRoute({
    ...list,
    path: tags,
    summary: { ja: '顧客タグの一覧', en: 'List customer tags' },
  }),
  addTag: defineRoute({
    ...add,
    path: tags,
    summary: { ja: '顧客タグを登録する', en: 'Register a customer tag' },
  }),
  renameTag: defineRoute({
    ...rename,
    path: `${tags}/:id`,
    summary: { ja: '顧客タグの名前を変える', en: 'Rename a customer tag' },
  }),
  deleteTag: defineRoute({
    ...remove,
    path: `${tags}/:id`,
    summary: { ja: '顧客タグを削除する', en: 'Take a customer tag out of use' },
  }),
};
