import { nextBillingMonth } from './billing-month.ts';
import { businessDateOf } from './business-date.ts';
import type { CsvValue } from './csv-writer.ts';
import { formatCustomerId } from './customer-id.ts';
import type { RowsAndYen } from './cycle.ts';
import { formatYen } from './money.ts';

/**
 * How far a migration has brought the cards of its customers: `customers = covered + kept + uncovered`,
 * and `lines = imported + failed + quarantined` of the returned files that count.
 */
export interface MigrationCoverage {
  /** YYYY-MM: what is at risk is what that month is to bill. */
  readonly month: string;
  readonly customers: {
    /** In the link file. */
    readonly linked: number;
    /** Of these, for whom any row came back. */
    readonly returned: number;
    /** With a card that this migration brought. */
    readonly covered: number;
    /** Without one, but with a card of the target service from before. */
    readonly kept: number;
    /** Without any card of the target service. */
    readonly uncovered: number;
  };
  /** Rows of the returned files; a customer may have several. */
  readonly rows: {
    readonly returned: number;
    readonly imported: number;
    readonly failed: number;
    readonly quarantined: number;
  };
  /** Live subscriptions of the linked customers that the month is to bill; null: none is known at all. */
  readonly subscriptions: {
    readonly due: RowsAndYen;
    /** Those of uncovered customers. */
    readonly atRisk: RowsAndYen;
    /** Live ones of uncovered customers that are billed later, or of which nobody knows when. */
    readonly later: number;
  } | null;
}

/**
 * Why a customer has no card: nothing came back, no row of theirs was good, the card is gone again, or
 * the customer is.
 */
export const UNCOVERED_REASONS = ['missing', 'failed', 'removed', 'deleted'] as const;
export type UncoveredReason = (typeof UNCOVERED_REASONS)[number];

export const uncoveredReasonsJa: Readonly<Record<UncoveredReason, string>> = {
  missing: '返却ファイルにない',
  failed: '返却された行にエラーがある',
  removed: '取り込んだカードがその後なくなった',
  deleted: '顧客が削除された',
};

/** A customer whom the migration has left without a card. */
export interface UncoveredCustomer {
  /** The number in our customer ID. */
  readonly customerId: number;
  /** 旧カートの顧客番号 */
  readonly customerNumber: string;
  readonly reason: UncoveredReason;
  /** Live subscriptions that the month is to bill. */
  readonly due: RowsAndYen;
  /** Other live ones. */
  readonly later: number;
}

/** What a coverage says, for the person who accepts it. */
export function describeCoverage({ month, customers, rows, subscriptions }: MigrationCoverage) {
  const { linked, covered, kept, uncovered } = customers;
  const sentences = [
    `対象の顧客 ${count(linked)} 人のうち ${count(covered)} 人のカードを移行しました`,
    ...(kept > 0 ? [`移行前から移行先のカードがある顧客は ${count(kept)} 人です`] : []),
    ...(rows.failed > 0 ? [`取り込めなかった行が ${count(rows.failed)} 件あります`] : []),
    ...(rows.quarantined > 0
      ? [`対象外の顧客の行が ${count(rows.quarantined)} 件あり、取り込んでいません`]
      : []),
    uncovered === 0
      ? '移行先のカードがない顧客はいません'
      : `移行先のカードがない顧客が ${count(uncovered)} 人います`,
  ];
  if (uncovered > 0) sentences.push(describeRisk(month, subscriptions));
  return `${sentences.join('。')}。`;
}

function describeRisk(month: string, subscriptions: MigrationCoverage['subscriptions']): string {
  if (subscriptions === null) {
    return '定期受注が登録されていないため、請求への影響額は分かりません';
  }
  const { atRisk, later } = subscriptions;
  const due = `${month} の請求予定のうち ${count(atRisk.rows)} 件、${formatYen(atRisk.yen)}に影響します`;
  return later === 0 ? due : `${due}(ほかに請求月が後または未定の定期受注 ${count(later)} 件)`;
}

export const UNCOVERED_HEAD = [
  '顧客ID',
  '旧カートの顧客番号',
  '理由',
  '請求予定の定期受注',
  '請求予定の金額',
  'その他の定期受注',
] as const;

/** An uncovered customer as a row of a spreadsheet. */
export function uncoveredRow(customer: UncoveredCustomer): CsvValue[] {
  const { customerId, customerNumber, reason, due, later } = customer;
  return [
    formatCustomerId(customerId),
    customerNumber,
    uncoveredReasonsJa[reason],
    due.rows,
    due.yen,
    later,
  ];
}

function count(rows: number): string {
  return rows.toLocaleString('en-US');
}

/** The month that a coverage looks at: the next one, for which nothing is billed yet. */
export function coveredMonth(now: string): string {
  return nextBillingMonth(businessDateOf(now).slice(0, 7));
}
