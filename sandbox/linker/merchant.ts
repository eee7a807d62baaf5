import { z } from 'zod';

/** PSPs that the linker can play; each has columns of its own. */
export const LINKER_SERVICES = ['YAMATO', 'GMO', 'ZEUS'] as const;
export type LinkerService = (typeof LINKER_SERVICES)[number];

/** How files of either side are written. */
export const FILE_ENCODINGS = ['cp932', 'utf-8'] as const;
export type FileEncoding = (typeof FILE_ENCODINGS)[number];

/** What the simulated PSP has agreed with one merchant whose cards it links. */
export const linkerMerchantSchema = z.strictObject({
  merchantId: z.string().regex(/^[a-z0-9-]{3,32}$/),
  service: z.enum(LINKER_SERVICES).default('YAMATO'),
  /** From taking a link file to its answer, in the caller's time: people do this work. */
  delayMs: z
    .int()
    .min(0)
    .max(366 * 86_400_000)
    .default(3 * 86_400_000),
  /** Of the link files it reads and of the files it returns. */
  encoding: z.enum(FILE_ENCODINGS).default('cp932'),
  /** Whether a returned file names its columns. */
  header: z.boolean().default(true),
  /** From which the cards are drawn. */
  seed: z.string().default('tsukigime'),
});

export type LinkerMerchant = z.output<typeof linkerMerchantSchema>;
