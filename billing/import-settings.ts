import { z } from 'zod';

/** How a merchant's customer files are written, and how long what was imported is kept. */
export const importSettingsSchema = z
  .strictObject({
    /** Values of 性別 that exist; the manual names none [assumed]. */
    genders: z
      .array(z.string().trim().min(1).max(20))
      .max(20)
      .default(['男性', '女性', '男', '女', 'その他', '不明', '回答しない']),
    /** Between several 顧客タグ in one cell [assumed]. */
    tagSeparator: z.string().min(1).max(3).default('|'),
    /** Postal codes of seven digits that exist though the data has no place for them: large offices. */
    extraPostalCodes: z
      .array(z.string().regex(/^\d{7}$/, { error: 'is 7 digits' }))
      .max(10_000)
      .default([]),
    /** Columns whose numbers may look like card numbers and are none; the guard leaves them out. */
    exemptColumns: z.array(z.string().trim().min(1).max(100)).max(20).default([]),
    /**
     * Months after which the retention job blanks personal data of deleted customers and the bytes of
     * import files; null = kept for ever.
     */
    retentionMonths: z.int().min(1).max(1200).nullable().default(null),
  })
  .prefault({});

export type ImportSettings = z.output<typeof importSettingsSchema>;
