import { z } from 'zod';

/** Results of carriers can be sent again for 8 months: they are kept longer than that. */
export const SHORTEST_CARRIER_MONTHS = 9;

/**
 * How long personal data is kept, besides `imports.retentionMonths`. Numbers, hashes, yen and dates
 * stay for ever. Null = everything is kept.
 */
export const retentionSchema = z
  .strictObject({
    /**
     * Months after a billing month was closed: names, mails and phones of its orders, its exports, the
     * mails that came while it was open; and after an answer to a webhook: its start.
     */
    orderMonths: z.int().min(1).max(1200).nullable().default(null),
    /**
     * Months after a carrier's result came: phone, mail, parameters (corrected ones as well), the call as
     * it came, ZEUS's mails of it; the confirm pages of its re-sends, the starts of the shop's answers.
     */
    carrierMonths: z.int().min(SHORTEST_CARRIER_MONTHS).max(1200).nullable().default(null),
  })
  .prefault({});

/** What is kept how long, of all kinds; null = for ever. */
export interface RetentionMonths {
  readonly importMonths: number | null;
  readonly orderMonths: number | null;
  readonly carrierMonths: number | null;
}

export function retentionOf(settings: {
  readonly imports: { readonly retentionMonths: number | null };
  readonly retention: z.output<typeof retentionSchema>;
}): RetentionMonths {
  return { importMonths: settings.imports.retentionMonths, ...settings.retention };
}

/** Whether anything is ever blanked. */
export function isBlanking(kept: RetentionMonths): boolean {
  return Object.values(kept).some((months) => months !== null);
}

/** How much one round blanked. */
export interface Blanked {
  readonly customers: number;
  readonly cards: number;
  readonly importFiles: number;
  readonly orders: number;
  readonly orderFiles: number;
  readonly mailFiles: number;
  readonly carrierResults: number;
  readonly confirmationFiles: number;
}

/** For the Temporal UI and the command line. */
export function describeBlanked(of: Blanked): string {
  const files = of.importFiles + of.orderFiles + of.mailFiles + of.confirmationFiles;
  return `顧客 ${of.customers} 件、カード ${of.cards} 件、注文 ${of.orders} 件、キャリア決済結果 ${of.carrierResults} 件の個人情報と、ファイル ${files} 件を消去しました。`;
}
