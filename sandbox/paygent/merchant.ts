import { z } from 'zod';

/** What the simulated Paygent knows of one merchant, and how it will treat it. */
export const merchantSchema = z.strictObject({
  /** マーチャントID, as it stands in the file header. */
  merchantId: z.string().regex(/^[0-9A-Za-z_-]{1,20}$/),
  /** 加盟店に許可されている最大件数: more data records in a file are a format error. */
  maxRecordsPerFile: z.int().positive().default(10_000),
  /** Columns of a data record, by contract. */
  width: z.int().min(14).max(26).default(15),
  /** From 受付 to 完了処理済 on the sandbox's clock; 0 processes at once. */
  processingDelayMs: z.int().nonnegative().default(60_000),
  captureWindowDays: z.int().min(1).max(60).default(60),
  /** 担当者1 to 3: the first stands in TO, the others in CC of the completion mail. */
  contacts: z.array(z.email()).max(3).default([]),
  /** CSVダウンロード権限: without it 情報照会 shows no CSV button and gives no CSV. */
  csvDownload: z.boolean().default(true),
  outcomes: z
    .strictObject({
      seed: z.string().default('tsukigime'),
      declineShare: z.number().min(0).max(1).default(0.05),
      rules: z
        .array(
          z.strictObject({
            match: z.strictObject({
              orderNumber: z.string().refine(isPattern, 'not a regular expression').optional(),
              customerNumber: z.string().optional(),
              amountYen: z.int().optional(),
              amountPattern: z.string().refine(isPattern, 'not a regular expression').optional(),
              attempt: z.int().positive().optional(),
            }),
            outcome: z.union([
              z.enum(['ok', 'unknown']),
              z.templateLiteral(['G', z.string().regex(/^\d{2}$/)]),
            ]),
          }),
        )
        .default([]),
      /** Whether order numbers such as `338-G83` ask for their outcome (outcome-patterns.ts). */
      testPatterns: z.boolean().default(true),
    })
    .prefault({}),
});

export type SandboxMerchant = z.output<typeof merchantSchema>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) !== null;
  } catch {
    return false;
  }
}
