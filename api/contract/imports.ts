import { z } from 'zod';
import { importKinds, importStages } from '../../billing/file-import.ts';
import { fileNameSchema } from './files.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema, sha256Schema } from './route.ts';

const importSchema = z
  .object({
    number: z.int().min(1),
    kind: z.enum(importKinds),
    kindJa: z.string().meta({ description: '種別' }),
    fileName: z.string().meta({ description: 'ファイル名' }),
    sha256: sha256Schema,
    bytes: z.int().min(0),
    stage: z.enum(importStages),
    state: z.string().meta({ description: 'what it waits for or ended with, in Japanese' }),
    encoding: z.string().nullable(),
    rows: z.int().meta({ description: '件数; of a running import, those read so far' }),
    imported: z.int().meta({ description: '取込成功' }),
    failed: z.int().meta({ description: '取込失敗' }),
    warned: z.int().meta({ description: 'imported rows that a person should look at' }),
    remarks: z.array(z.string()).readonly().meta({ description: 'about the file as a whole' }),
    trouble: z.string().nullable().meta({ description: 'why the file was refused' }),
    registeredAt: instantSchema.meta({ description: '登録日時' }),
    registeredBy: z.string(),
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: 'FileImport' });

const importFactsSchema = z
  .object({
    stage: z.enum(importStages),
    rows: z.int(),
    imported: z.int(),
    failed: z.int(),
    warned: z.int(),
    trouble: z.string().nullable(),
  })
  .meta({ id: 'ImportFacts' });

const remarkRowsSchema = z
  .object({
    rows: z.array(
      z.object({
        line: z
          .int()
          .meta({ description: '行数: physical line in the file, the header is line 1' }),
        remarks: z.array(
          z.object({
            column: z.string().nullable().meta({ description: 'null: the row as a whole' }),
            text: z.string().meta({ description: 'エラー内容' }),
            register: z.enum(['occupations', 'tags']).nullable().meta({
              description: 'where the missing name can be registered',
            }),
          }),
        ),
      }),
    ),
    nextAfter: z.int().nullable(),
  })
  .meta({ id: 'ImportRemarkRows' });

const accepted = {
  kind: 'json',
  schema: z.object({ accepted: z.literal(true) }),
  description: 'the workflow is still at it; look at Location',
} as const;

const params = merchantParamsSchema.extend({ number: z.coerce.number().int().min(1) });
const one = '/v1/merchants/:merchant/imports/:number';
const ofOne = { merchantScoped: true, params, tag: 'imports' } as const;
const act = {
  ...ofOne,
  method: 'post',
  role: 'operator',
  idempotencyKey: 'required',
  body: { kind: 'json', schema: z.strictObject({ reason: reasonSchema.nullable().default(null) }) },
  responses: {
    200: { kind: 'json', schema: importFactsSchema, description: 'written down' },
    202: accepted,
  },
} as const;
const page = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
const remarkRows = {
  ...ofOne,
  method: 'get',
  role: 'viewer',
  query: page,
  responses: { 200: { kind: 'json', schema: remarkRowsSchema, description: 'by line' } },
} as const;

export const importRoutes = {
  uploadImport: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/imports',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      kind: z.enum(importKinds),
      name: fileNameSchema.optional().meta({ description: 'instead of the name in the form' }),
      held: z.stringbool().default(false).meta({
        description: 'wait for a person to start or delete it',
      }),
    }),
    body: {
      kind: 'raw',
      contentTypes: ['multipart/form-data', 'text/csv', 'application/octet-stream'],
    },
    idempotencyKey: 'required',
    responses: {
      202: { kind: 'json', schema: importSchema, description: 'stored and on its way' },
    },
    summary: { ja: '顧客・カードのファイルを取り込む', en: 'Import a customer or card file' },
    tag: 'imports',
  }),
  listImports: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/imports',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    query: z.strictObject({
      fileName: z.string().min(1).max(200).optional().meta({ description: '完全一致' }),
      kind: z.enum(importKinds).optional(),
      from: instantSchema.optional().meta({ description: '登録日時: この時刻以降' }),
      to: instantSchema.optional().meta({ description: '登録日時: この時刻以前' }),
      sort: z.enum(['registeredAt', 'fileName', 'rows', 'failed']).default('registeredAt'),
      order: z.enum(['asc', 'desc']).default('desc'),
      page: z.coerce.number().int().min(1).max(1_000_000).default(1),
      pageSize: z.enum(['10', '20', '50', '100']).default('20'),
    }),
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ imports: z.array(importSchema), total: z.int() }),
        description: '顧客データ取り込み履歴',
      },
    },
    summary: { ja: '取り込み履歴', en: 'Search the history of imports' },
    tag: 'imports',
  }),
  readImport: defineRoute({
    ...ofOne,
    method: 'get',
    path: one,
    role: 'viewer',
    responses: { 200: { kind: 'json', schema: importSchema, description: 'the import' } },
    summary: { ja: '取り込みを見る', en: 'Read an import and its progress' },
  }),
  startImport: defineRoute({
    ...act,
    path: `${one}/start`,
    summary: { ja: '取り込みを開始する', en: 'Start an upload that was held' },
  }),
  cancelImport: defineRoute({
    ...act,
    path: `${one}/cancellation`,
    summary: { ja: 'アップロードを削除する', en: 'Delete an upload that was held' },
  }),
  listImportErrors: defineRoute({
    ...remarkRows,
    path: `${one}/errors`,
    summary: { ja: '取込失敗の行', en: 'List the failed rows of an import' },
  }),
  listImportWarnings: defineRoute({
    ...remarkRows,
    path: `${one}/warnings`,
    summary: { ja: '注意のある行', en: 'List the imported rows with a warning' },
  }),
  downloadFailedRows: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/failed-rows`,
    role: 'operator',
    right: 'exportPersonalData',
    responses: {
      200: {
        kind: 'bytes',
        description: 'CSV: the columns of the file, 行数 and エラー内容; mend and import it',
      },
    },
    summary: { ja: '取込失敗の行をCSVで取り出す', en: 'Download the failed rows as a CSV' },
  }),
  downloadImportFile: defineRoute({
    ...ofOne,
    method: 'get',
    path: `${one}/file`,
    role: 'operator',
    right: 'exportPersonalData',
    responses: { 200: { kind: 'bytes', description: 'the bytes as they were uploaded' } },
    summary: { ja: '取り込んだファイルを取り出す', en: 'Download the file of an import' },
  }),
};
