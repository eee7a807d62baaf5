import { formatJstMinute } from './business-date.ts';
import type { CapturePolicy } from './capture-policy.ts';
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
  /** Whether the shop leaves its exports at a place that is looked at. */
  readonly watchesSource: boolean;
  /** Whether an order export has been collected. */
  readonly collected: boolean;
  /** Whether an export has come that no selection has looked at. */
  readonly unselected: boolean;
  /** A month of chosen orders bills nobody before a person opens a run. */
  readonly scope: 'all' | 'chosen';
  /** Runs whose orders have not become charges yet. */
  readonly openRuns: number;
  /** Selected orders without a charge. */
  readonly unbilled: number;
  /** Charges that a person keeps out of every file. */
  readonly held: number;
  /** Why the latest step was refused, in an operator's words; null when nothing stands in the way. */
  readonly trouble: string | null;
  /** ISO instant since which it waits for a person; null while it does not. */
  readonly waitsSince: string | null;
  readonly charges: ChargesByState;
  readonly exchanges: {
    /** Not yet handed over, or waiting for a first result. */
    readonly open: number;
    /** Of the open ones, those that an operator must still hand over. */
    readonly toHandOver: number;
    /** Answered, but with rows that a person must settle. */
    readonly unsettled: number;
  };
  readonly capture: {
    readonly policy: CapturePolicy;
    /** Authorized charges that may be captured and never were in a capture file. */
    readonly ready: number;
    /** When those leave; `now` or earlier when they are due, null when there is none. */
    readonly nextWaveAt: string | null;
    /** When the day of a shipment begins that was told ahead; null = none. */
    readonly nextShipmentAt: string | null;
    readonly due: boolean;
  };
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

/** Whether nothing is left to do in the month: no charge, file, run, export or order waits. */
export function isDone(facts: CycleFacts): boolean {
  const { charges, exchanges, openRuns, unbilled, unselected } = facts;
  const left = exchanges.open + exchanges.unsettled + openRuns + unbilled;
  return isFinished(charges) && left === 0 && !unselected;
}

/** Whether a person must act before the cycle can go on. */
export function needsAttention(facts: CycleFacts): boolean {
  if (facts.stage === 'closed') return false;
  if (facts.trouble !== null) return true;
  if (facts.stage === 'collecting') return !facts.collected;
  if (facts.scope === 'chosen' && facts.unbilled > 0 && facts.openRuns === 0) return true;
  return (
    facts.held > 0 ||
    manualCaptures(facts) > 0 ||
    facts.exchanges.toHandOver > 0 ||
    facts.exchanges.unsettled > 0 ||
    facts.captureRefused > 0 ||
    ['unknown', 'quarantined', 'declined', 'expired', 'planned'].some(
      (state) => (facts.charges[state as ChargeState]?.rows ?? 0) > 0,
    )
  );
}

/** Authorized charges that only a person's tick lets go. */
function manualCaptures({ capture, charges }: CycleFacts): number {
  return capture.policy === 'manual' ? (charges.authorized?.rows ?? 0) - capture.ready : 0;
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
        : facts.watchesSource
          ? '注文CSVを待っています。取り込み元を定期的に確認しています。アップロードもできます。'
          : '注文CSVのアップロードを待っています。';
    case 'previewing':
      return `請求する注文の指定を待っています(請求対象 ${facts.unbilled} 件)。`;
    case 'awaiting_approval':
      return '請求内容の承認を待っています。';
    case 'handing_over':
      return 'オーソリ用CSVを作成しています。';
    case 'awaiting_result':
    case 'reconciling':
      return `${describeHandOver(facts)}オーソリ結果を待っています(結果待ちファイル ${facts.exchanges.open} 件)。${describeReturned(facts)}`;
    case 'capturing':
      return `${describeHandOver(facts)}${describeCapture(facts)}(${listCounts(facts, IN_CAPTURE)})。${describeReturned(facts)}${describeUnbilled(facts)}`;
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

function describeCapture({ capture }: CycleFacts): string {
  if (capture.due) return '売上処理中です';
  if (capture.policy === 'manual') return '売上処理する請求の指定を待っています';
  return capture.nextWaveAt === null
    ? '商品の発送を待っています'
    : `売上ファイルを ${formatJstMinute(capture.nextWaveAt)} に作成します`;
}

/** Orders that came or were left over after the month's runs. */
function describeUnbilled({ unbilled }: CycleFacts): string {
  return unbilled > 0
    ? `まだ請求していない注文が ${unbilled} 件あります。追加で請求するか、保留にしてください。`
    : '';
}

/**
 * Charges that came back from a file that billed nobody. No machine takes them into another one: the
 * cause must be gone first.
 */
function describeReturned(facts: CycleFacts): string {
  const planned = waitingForFile(facts);
  const captures = facts.captureRefused;
  if (facts.openRuns > 0 || (planned <= 0 && captures === 0)) return '';
  const kinds = [...(planned > 0 ? ['オーソリ'] : []), ...(captures > 0 ? ['売上'] : [])].join(
    '・',
  );
  return `ファイルに入っていない${kinds}が ${Math.max(planned, 0) + captures} 件あります。原因を確かめ、ファイルを作り直してください。`;
}

function waitingForFile({ charges, held }: CycleFacts): number {
  return (charges.planned?.rows ?? 0) - held;
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
  ['売上未計上', (facts) => facts.captureRefused],
  ['保留', (facts) => facts.held],
  ['未送信', waitingForFile],
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
    ? `${describeHandOver(facts)}対応が必要です(${listCounts(facts, [...OPEN_CASES, ...IN_FILES])})。${describeReturned(facts)}${describeUnbilled(facts)}`
    : `結果を待っています(${listCounts(facts, IN_FILES)})。${describeUnbilled(facts)}`;
}

/** Whatever the stage: someone may have been charged twice. */
function describeContradictions({ contradictions }: CycleFacts): string {
  return contradictions > 0
    ? `記録と矛盾する結果が ${contradictions} 件あります。二重請求の可能性があるため、ペイジェントの画面で確認し、必要なら取り消してください。確認するまで請求も売上処理も行いません。`
    : '';
}
