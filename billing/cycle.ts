import type { ChargeState } from './charge.ts';

/** The stages of a billing cycle, in the order a month runs through them. */
export const CYCLE_STAGES = [
  'collecting',
  'previewing',
  'awaiting_approval',
  'handing_over',
  'awaiting_result',
  'reconciling',
  'capturing',
  'working_ng',
  'closing',
  'closed',
  'stopped',
] as const;
export type CycleStage = (typeof CYCLE_STAGES)[number];

export interface RowsAndYen {
  readonly rows: number;
  readonly yen: number;
}

/** Charges of a cycle by state; a state without charges is absent. */
export type ChargesByState = Readonly<Partial<Record<ChargeState, RowsAndYen>>>;

/** All that a cycle's workflow needs to know to choose its next step; counts only, never rows. */
export interface CycleFacts {
  readonly stage: CycleStage;
  /** Whether an order export has been collected. */
  readonly collected: boolean;
  /** Orders selected in the latest selection that no charge bills yet. */
  readonly unbilled: number;
  readonly charges: ChargesByState;
  readonly exchanges: {
    /** Not yet handed over, or waiting for a first result. */
    readonly open: number;
    /** Answered, but with rows that a person must settle. */
    readonly unsettled: number;
  };
  /** Authorized charges that can be captured now and never were in a capture file. */
  readonly capturable: number;
  /** Authorized charges whose capture came back refused or never left: a person decides. */
  readonly captureRefused: number;
  /** Authorized charges whose window closed at least a day ago. */
  readonly expirable: number;
  /** When the next authorized charge becomes expirable; null when none is authorized. */
  readonly nextExpiryAt: string | null;
}

/** States in which a charge needs nobody any more. */
const FINISHED: readonly ChargeState[] = [
  'captured',
  'voided',
  'carried_over',
  'cancelled',
  'given_up',
];

/** Whether every charge of the cycle has come to an end. */
export function isFinished(charges: ChargesByState): boolean {
  return Object.entries(charges).every(
    ([state, count]) => count.rows === 0 || FINISHED.includes(state as ChargeState),
  );
}

/** Whether a person must act before the cycle can go on. */
export function needsAttention(facts: CycleFacts): boolean {
  if (facts.stage === 'closed') return false;
  if (facts.stage === 'collecting') return !facts.collected;
  return (
    facts.exchanges.unsettled > 0 ||
    facts.captureRefused > 0 ||
    ['unknown', 'quarantined', 'declined', 'expired', 'planned'].some(
      (state) => (facts.charges[state as ChargeState]?.rows ?? 0) > 0,
    )
  );
}

/** What the cycle is waiting for or doing, as an operator reads it in the Temporal UI. */
export function describeCycle(facts: CycleFacts): string {
  const count = (state: ChargeState) => facts.charges[state]?.rows ?? 0;
  switch (facts.stage) {
    case 'collecting':
      return facts.collected
        ? '注文を取り込みました。請求対象を選定しています。'
        : '注文CSVのアップロードを待っています。';
    case 'previewing':
    case 'awaiting_approval':
      return '請求内容の承認を待っています。';
    case 'handing_over':
      return 'オーソリ用CSVを作成しています。';
    case 'awaiting_result':
    case 'reconciling':
      return `オーソリ結果を待っています(結果待ちファイル ${facts.exchanges.open} 件)。`;
    case 'capturing':
      return `売上処理中です(売上処理待ち ${count('authorized')} 件、結果待ち ${count('capture_sent')} 件)。`;
    case 'working_ng':
      return `対応が必要です(NG ${count('declined')} 件、結果不明 ${count('unknown')} 件、要確認 ${count('quarantined')} 件、期限切れ ${count('expired')} 件、売上NG ${facts.captureRefused} 件、未送信 ${count('planned')} 件)。`;
    case 'closing':
      return '締め処理中です。';
    case 'closed':
      return 'この月の請求は締め済みです。';
    case 'stopped':
      return '停止中です。';
  }
}
