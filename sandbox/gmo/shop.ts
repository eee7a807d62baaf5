import { z } from 'zod';

/** 洗替判定結果. */
export const VERDICTS = ['0', '1', '2', '3'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What comes with 有効性OK: nothing newer, the expiry of a renewed card, or another number too. */
export const RENEWALS = ['none', 'expiry', 'number'] as const;
export type Renewal = (typeof RENEWALS)[number];

/**
 * What stands in a column of the result. 会員ID first and the verdict seventh of thirteen [seen]; the
 * others are our assumption, and blank means that nobody knows what it holds.
 */
const COLUMNS = ['member', 'sequence', 'free', 'number', 'expiry', 'verdict', 'blank'] as const;

const share = z.number().min(0).max(1);

/** One shop (ショップID) and how its customers' issuers answer. */
export const gmoShopSchema = z.strictObject({
  shopId: z.string().regex(/^[A-Za-z0-9-]{1,32}$/),
  /** The same seed gives the same verdicts on every machine. */
  seed: z.string().default('gmo'),
  /** Of all cards; what is left is 有効性OK. */
  shares: z
    .strictObject({
      ng: share.default(0.05),
      mismatch: share.default(0.02),
      inputError: share.default(0.01),
    })
    .prefault({}),
  /** Of the cards that are OK: those for which the issuer has newer data, and of these a new number. */
  renewedShare: share.default(0.5),
  newNumberShare: share.default(0.2),
  /** The first that matches decides what it names; the rest is drawn. */
  rules: z
    .array(
      z.strictObject({
        /** A regular expression over 会員ID. */
        member: z.string().default(''),
        sequence: z.string().optional(),
        /** YYYY-MM of the result. */
        month: z
          .string()
          .regex(/^\d{4}-\d\d$/)
          .optional(),
        verdict: z.enum(VERDICTS).optional(),
        renewal: z.enum(RENEWALS).optional(),
        /** YYYY-MM; without it some years from now, drawn. */
        newExpiry: z
          .string()
          .regex(/^\d{4}-\d\d$/)
          .optional(),
      }),
    )
    .default([]),
  columns: z
    .array(z.enum(COLUMNS))
    .min(2)
    .default([
      ...(['member', 'sequence', 'free', 'blank', 'blank', 'blank'] as const),
      ...(['verdict', 'number', 'expiry', 'blank', 'blank', 'blank', 'blank'] as const),
    ]),
});

export type GmoShop = z.output<typeof gmoShopSchema>;
/** What is left out has its default. */
export type GmoShopInput = z.input<typeof gmoShopSchema>;
