import type { AwaitedApproval } from './approval.ts';
import type { DeadlinePlan } from './capture-deadlines.ts';
import type { CapturePolicy } from './capture-settings.ts';
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
  /**
   * Charges that wait for a file and must be shown (again) first; once files are on their way, only
   * those that came back and that somebody wants in another.
   */
  readonly uncleared: number;
  /** What an approver is asked about; null unless the month stands there. */
  readonly approval: AwaitedApproval | null;
  /** Declined charges that the NG desk works by its plan: no person needs to act on them. */
  readonly ngWorked: number;
  /** Selected orders without a charge. */
  readonly unbilled: number;
  /** Charges that a person keeps out of every file. */
  readonly held: number;
  /** Planned charges that a card which the refresh refused keeps out of every file. */
  readonly locked: number;
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
    /** Of the open ones, those that a machine cannot send by itself. */
    readonly stuck: number;
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
  /** Captures that an operator has to carry out on the portal and to confirm. */
  readonly portalCaptures: number;
  /** Authorized charges whose window closed at least a day ago. */
  readonly expirable: number;
  /** Results that contradict the record and that nobody has settled: possibly billed twice. */
  readonly contradictions: number;
  /** Of these, authorizations that we have as voided and that live at the PSP. */
  readonly undoneVoids: number;
  /** Rows of its results that answer no sent line and that nobody has looked at: billed by whom? */
  readonly strays: number;
  /** Of a closed month: what became known of it since and nobody has acknowledged. */
  readonly openCorrections: number;
  /** When the next authorized charge becomes expirable; null when none is authorized. */
  readonly nextExpiryAt: string | null;
  /** What people are to be told of windows that end soon, and what the last-day rule has to do. */
  readonly deadlines: DeadlinePlan;
  /** Expired and voided charges that a person wants authorized again and that no file has taken. */
  readonly again: number;
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
  const { charges, exchanges, openRuns, unbilled, unselected, again, strays } = facts;
  const left = exchanges.open + exchanges.unsettled + openRuns + unbilled + again + strays;
  return isFinished(charges) && left === 0 && !unselected;
}

/** Whether a person must act before the cycle can go on. */
export function needsAttention(facts: CycleFacts): boolean {
  if (facts.stage === 'closed') return facts.openCorrections > 0;
  if (facts.trouble !== null) return true;
  if (facts.stage === 'collecting') return !facts.collected;
  if (facts.stage === 'awaiting_approval') return true;
  if (facts.stage === 'previewing' && !isToPreview(facts)) return true;
  if (facts.scope === 'chosen' && facts.unbilled > 0 && facts.openRuns === 0) return true;
  return (
    facts.held > 0 ||
    manualCaptures(facts) > 0 ||
    facts.exchanges.toHandOver > 0 ||
    facts.exchanges.stuck > 0 ||
    facts.exchanges.unsettled > 0 ||
    facts.strays > 0 ||
    facts.captureRefused > 0 ||
    facts.portalCaptures > 0 ||
    isAsked(facts) ||
    ngForPeople(facts) > 0 ||
    ['unknown', 'quarantined', 'expired', 'planned', 'void_sent'].some(
      (state) => (facts.charges[state as ChargeState]?.rows ?? 0) > 0,
    )
  );
}

/** Declined charges of which a person must say what they are or what becomes of them. */
export function ngForPeople({ charges, ngWorked }: CycleFacts): number {
  return Math.max((charges.declined?.rows ?? 0) - ngWorked, 0);
}

/** Whether something is about to be billed that must be shown first. */
export function isToPreview({ openRuns, uncleared }: CycleFacts): boolean {
  return openRuns + uncleared > 0;
}

/** Authorized charges that only a person's tick lets go. */
function manualCaptures({ capture, charges }: CycleFacts): number {
  return capture.policy === 'manual' ? (charges.authorized?.rows ?? 0) - capture.ready : 0;
}

/** Whether a person must say what becomes of authorizations that end within days. */
export function isAsked({ deadlines: { lastDay } }: CycleFacts): boolean {
  return lastDay.rule === 'ask' && lastDay.rows > 0;
}
