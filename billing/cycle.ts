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
  /** Why the latest step was refused, in an operator's words; null when nothing stands in the way. */
  readonly trouble: string | null;
  readonly charges: ChargesByState;
  readonly exchanges: {
    /** Not yet handed over, or waiting for a first result. */
    readonly open: number;
    /** Of the open ones, those that an operator must still hand over. */
    readonly toHandOver: number;
    /** Answered, but with rows that a person must settle. */
    readonly unsettled: number;
  };
  /** Authorized charges that can be captured now and never were in a capture file. */
  readonly capturable: number;
  /** Authorized charges whose capture came back refused or never left: a person decides. */
  readonly captureRefused: number;
  /** Authorized charges whose window closed at least a day ago. */
  readonly expirable: number;
  /** Results that contradict the record and that nobody has settled: possibly billed twice. */
  readonly contradictions: number;
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
  if (facts.trouble !== null) return true;
  if (facts.stage === 'collecting') return !facts.collected;
  return (
    facts.exchanges.toHandOver > 0 ||
    facts.exchanges.unsettled > 0 ||
    facts.captureRefused > 0 ||
    ['unknown', 'quarantined', 'declined', 'expired', 'planned'].some(
      (state) => (facts.charges[state as ChargeState]?.rows ?? 0) > 0,
    )
  );
}

/** What the cycle is waiting for or doing, as an operator reads it. */
export function describeCycle(facts: CycleFacts): string {
  if (facts.trouble !== null) {
    return `処理が止まっています: ${facts.trouble}原因を取り除き、「再開」を実行してください。`;
  }
  return `${describeStage(facts)}${describeContradictions(facts)}`;
}

function describeStage(facts: CycleFacts): string {
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
      return `${describeHandOver(facts)}オーソリ結果を待っています(結果待ちファイル ${facts.exchanges.open} 件)。`;
    case 'capturing':
      return `${describeHandOver(facts)}売上処理中です(${listCounts(facts, IN_CAPTURE)})。`;
    case 'working_ng':
      return describeOpenCases(facts);
    case 'closing':
      return '締め処理中です。';
    case 'closed':
      return isEmpty(facts.charges)
        ? '請求対象の注文は0件でした。ファイルは作成していません。この月の請求は締め済みです。'
        : 'この月の請求は締め済みです。';
    case 'stopped':
      return '停止中です。';
  }
}

/** Whose turn it is: nothing happens at the PSP before the operator's upload. */
function describeHandOver({ exchanges }: CycleFacts): string {
  return exchanges.toHandOver > 0
    ? `ファイル ${exchanges.toHandOver} 件のアップロードと受付番号の記録が必要です。`
    : '';
}

function isEmpty(charges: ChargesByState): boolean {
  return Object.values(charges).every((count) => count.rows === 0);
}

type Counted = readonly [label: string, count: (facts: CycleFacts) => number];

const inState = (label: string, state: ChargeState): Counted => [
  label,
  (facts) => facts.charges[state]?.rows ?? 0,
];

const IN_CAPTURE: readonly Counted[] = [
  inState('オーソリ結果待ち', 'sent'),
  inState('売上処理待ち', 'authorized'),
  inState('売上結果待ち', 'capture_sent'),
];

const OPEN_CASES: readonly Counted[] = [
  inState('NG', 'declined'),
  inState('結果不明', 'unknown'),
  inState('要確認', 'quarantined'),
  inState('期限切れ', 'expired'),
  ['売上NG', (facts) => facts.captureRefused],
  inState('未送信', 'planned'),
];

const IN_FILES: readonly Counted[] = [
  inState('オーソリ結果待ち', 'sent'),
  inState('売上結果待ち', 'capture_sent'),
];

/** Only what there is, so that nobody looks for zero cases. */
function listCounts(facts: CycleFacts, counted: readonly Counted[]): string {
  const found = counted.filter(([, count]) => count(facts) > 0);
  const listed = found.map(([label, count]) => `${label} ${count(facts)} 件`);
  return listed.length > 0 ? listed.join('、') : '残り 0 件';
}

function describeOpenCases(facts: CycleFacts): string {
  return needsAttention(facts)
    ? `${describeHandOver(facts)}対応が必要です(${listCounts(facts, [...OPEN_CASES, ...IN_FILES])})。`
    : `結果を待っています(${listCounts(facts, IN_FILES)})。`;
}

/** Whatever the stage: someone may have been charged twice. */
function describeContradictions({ contradictions }: CycleFacts): string {
  return contradictions > 0
    ? `記録と矛盾する結果が ${contradictions} 件あります。二重請求の可能性があるため、ペイジェントの画面で確認し、必要なら取り消してください。確認するまで請求も売上処理も行いません。`
    : '';
}
