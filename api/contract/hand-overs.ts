import { z } from 'zod';
import { SHOWN_FORMAT_ERRORS } from '../../billing/exchange.ts';
import { accepted, orderNumbersSchema } from './cycles.ts';
import {
  exchangeAct,
  factsResponses,
  formatErrorSchema,
  ofOneExchange,
  oneExchange,
} from './exchanges.ts';
import { defineRoute, reasonSchema, sha256Schema } from './route.ts';

const acceptanceNumberSchema = z
  .string()
  .trim()
  .regex(/^[0-9A-Za-z-]{1,32}$/, { error: 'is 1 to 32 letters, digits and -' });

const reasonBody = { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) } as const;

/** What an operator tells of the upload of one file at the portal. */
export const handOverRoutes = {
  recordAcceptance: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/acceptance`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        acceptanceNumber: acceptanceNumberSchema,
        matched: z.boolean().meta({
          description: 'the confirm screen showed the values of confirmScreen; false is refused',
        }),
      }),
    },
    responses: factsResponses,
    summary: { ja: '受付番号を記録する', en: 'Record the acceptance number' },
  }),
  correctAcceptance: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/acceptance-correction`,
    body: {
      kind: 'json',
      schema: z.strictObject({ acceptanceNumber: acceptanceNumberSchema, reason: reasonSchema }),
    },
    responses: factsResponses,
    summary: {
      ja: '受付番号の入力誤りを訂正する',
      en: 'Correct a mistyped acceptance number, before any result has come',
    },
  }),
  recordFormatErrors: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/format-errors`,
    body: {
      kind: 'json',
      schema: z.strictObject({
        errors: z.array(formatErrorSchema).min(1).max(SHOWN_FORMAT_ERRORS),
      }),
    },
    responses: factsResponses,
    summary: { ja: '書式エラーを記録する', en: 'Record the format errors of a refused file' },
  }),
  recordUnclear: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/unclear`,
    body: reasonBody,
    responses: factsResponses,
    summary: {
      ja: 'アップロードできたかどうか不明と記録する',
      en: 'Record that nobody knows whether the upload went through',
    },
  }),
  decideUnclear: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/unclear-decision`,
    body: {
      kind: 'json',
      schema: z.discriminatedUnion('found', [
        z.strictObject({
          found: z.literal('accepted'),
          acceptanceNumber: acceptanceNumberSchema,
          reason: reasonSchema,
        }),
        z.strictObject({ found: z.literal('not_sent'), reason: reasonSchema }),
      ]),
    },
    responses: factsResponses,
    summary: {
      ja: '不明なアップロードの結果を決める',
      en: 'Decide what became of an unclear upload, as seen at the PSP',
    },
  }),
  withdrawFile: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/withdrawal`,
    body: reasonBody,
    responses: factsResponses,
    summary: {
      ja: 'アップロードしていないファイルを取り下げる',
      en: 'Withdraw a file that was never uploaded',
    },
  }),
  handOverEarly: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/early-hand-over`,
    body: reasonBody,
    responses: factsResponses,
    summary: {
      ja: '順番を待たずにファイルを渡す',
      en: 'Hand a file over before its turn, in spite of the limits',
    },
  }),
  takeOutOrders: defineRoute({
    ...exchangeAct,
    path: `${oneExchange}/taken-out-orders`,
    body: {
      kind: 'json',
      schema: z.strictObject({ orderNumbers: orderNumbersSchema, reason: reasonSchema }),
    },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          held: z.int().meta({ description: 'orders that are on hold now' }),
          files: z.int().meta({ description: 'new files with the other orders' }),
        }),
        description: 'the file is cancelled, the others stand in a new one',
      },
      202: accepted,
    },
    summary: {
      ja: 'ファイルから注文を取り出して保留にする',
      en: 'Take orders out of a file that was never uploaded and put them on hold',
    },
  }),
  compareSentFile: defineRoute({
    ...ofOneExchange,
    method: 'post',
    role: 'operator',
    path: `${oneExchange}/sent-file`,
    body: { kind: 'json', schema: z.strictObject({ sha256: sha256Schema }) },
    responses: {
      200: {
        kind: 'json',
        schema: z.object({
          same: z.boolean(),
          expectedSha256: sha256Schema,
          sentSha256: sha256Schema,
          difference: z
            .object({
              line: z.int().meta({ description: 'physical line, from 1' }),
              column: z.string().nullable().meta({ description: 'A, B, C … as in the manual' }),
              part: z.enum(['header', 'data', 'trailer']).nullable(),
              expected: z.string().nullable(),
              sent: z.string().nullable(),
              ja: z.string(),
            })
            .nullable()
            .meta({ description: 'the first one; null when the files are the same' }),
        }),
        description: 'nothing is changed by it; the look is audited',
      },
    },
    summary: {
      ja: '送ったファイルを元のファイルと比べる',
      en: 'Compare a stored file that was sent with the file that was handed out',
    },
  }),
};
