import { z } from 'zod';
import { uploadKinds } from '../../billing/file-kind.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, sha256Schema } from './route.ts';

/** What a person calls the file: no path, no control characters. */
export const fileNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cf}/\\]+$/u, { error: 'holds a slash or a control character' })
  .refine((name) => name !== '.' && name !== '..', { error: 'is a folder' });

export const storedFileSchema = z
  .object({
    sha256: sha256Schema,
    bytes: z.int().min(0),
    name: z.string(),
    kind: z.string(),
    storedAt: instantSchema,
    alreadyStored: z.boolean().meta({
      description: 'the same bytes were stored before; name and kind are those of the first time',
    }),
  })
  .meta({ id: 'StoredFile' });

export const fileRoutes = {
  uploadFile: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/files',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({ name: fileNameSchema, kind: z.enum(uploadKinds) }),
    body: { kind: 'raw', contentTypes: ['application/octet-stream', 'text/csv'] },
    responses: {
      200: { kind: 'json', schema: storedFileSchema, description: 'the same bytes were there' },
      201: { kind: 'json', schema: storedFileSchema, description: 'stored' },
    },
    summary: { ja: 'ファイルを預ける', en: 'Store a file' },
    tag: 'files',
  }),
  downloadFile: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/files/:sha256',
    role: 'operator',
    sometimesRight: {
      right: 'exportPersonalData',
      when: {
        ja: '個人情報を含む種類のファイルのとき',
        en: 'the file is of a kind that holds personal data',
      },
    },
    merchantScoped: true,
    params: merchantParamsSchema.extend({ sha256: sha256Schema }),
    responses: { 200: { kind: 'bytes', description: 'the bytes as they were stored' } },
    summary: { ja: 'ファイルを取り出す', en: 'Download a file' },
    tag: 'files',
  }),
};
