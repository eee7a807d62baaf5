import type { CardMigrationSettings } from './card-migration-settings.ts';

/** How some charges of a month ended; `billed = authorized + declined + open`. */
export interface BillingOutcome {
  readonly billed: number;
  readonly authorized: number;
  readonly declined: number;
  /** Without an answer so far, or to be asked again. */
  readonly open: number;
}

/** The first billing of the customers whose cards a migration moved. */
export interface CanaryBilling {
  /** YYYY-MM of the first month that billed them after the import; null: none has. */
  readonly month: string | null;
  readonly migrated: BillingOutcome;
  /** The same month's charges of everybody else, to compare with. */
  readonly others: BillingOutcome;
}

export interface CanaryVerdict {
  /** `waiting`: nobody can tell yet. */
  readonly kind: 'good' | 'bad' | 'waiting';
  /** What an operator reads. */
  readonly ja: string;
}

/**
 * Whether the first billing of a canary went well: all of it is answered, and no more was declined than
 * the settings allow. What is still open is never taken for good.
 */
export function judgeCanary(
  { month, migrated, others }: CanaryBilling,
  { maxDeclinedPercent, minAnswered }: CardMigrationSettings['canary'],
): CanaryVerdict {
  const { billed, declined, open } = migrated;
  const answered = billed - open;
  if (month === null || billed === 0) {
    return { kind: 'waiting', ja: '移行した顧客の初回請求はまだ行われていません。' };
  }
  const told = `移行した顧客の初回請求(${month})は ${billed} 件中、オーソリOK ${migrated.authorized} 件、NG ${declined} 件${describeOthers(others)}`;
  // In whole numbers: no rounding decides whether a person is asked.
  const tooMany = declined * 100 > billed * maxDeclinedPercent;
  if (tooMany) {
    return {
      kind: 'bad',
      ja: `${told}。NGが ${maxDeclinedPercent}% を超えています。原因を確認してください。`,
    };
  }
  if (open > 0) return { kind: 'waiting', ja: `${told}、結果待ち ${open} 件です。` };
  if (answered < minAnswered) {
    return { kind: 'waiting', ja: `${told}です。判断には ${minAnswered} 件以上の結果が必要です。` };
  }
  return { kind: 'good', ja: `${told}です。` };
}

function describeOthers({ billed, declined }: BillingOutcome): string {
  return billed === 0 ? '' : `(ほかの顧客は ${billed} 件中、NG ${declined} 件)`;
}
