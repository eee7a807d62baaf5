import type { MigrationStage } from '../../billing/card-migration.ts';
import type { RefreshStage } from '../../billing/card-refresh.ts';
import type { OpenReason as OpenReasonCode } from '../../billing/open-rows.ts';
import type { CycleDetail, DeadlineDay, Exchange, OpenReason } from './month-progress.ts';

/** What needs a person, over all open months and beside them; pure, from what the API says. */
export interface Task {
  readonly key: string;
  readonly kind:
    | 'trouble'
    | 'approval'
    | 'hand_over'
    | 'clarify'
    | 'result'
    | 'deadline'
    | 'open'
    | 'refresh'
    | 'override'
    | 'override_asked'
    | 'migration'
    | 'migration_late'
    | 'import_refused'
    | 'import_held'
    | 'send_errors'
    | 'mails';
  /** Empty: it belongs to none. */
  readonly month: string;
  /** Of what is open: why. */
  readonly reason: OpenReasonCode | null;
  /** What it is, where the API has the words: a file's name, a reason's label. */
  readonly name: string;
  /** Japanese: what moves it on; null where the kind says it. */
  readonly advice: string | null;
  /** Where a migration or a card refresh stands. */
  readonly stage: MigrationStage | RefreshStage | null;
  readonly rows: number;
  readonly yen: number;
  /** There are more than `rows`. */
  readonly more: boolean;
  /** Date in Japan after which it is too late; null: none. */
  readonly dueOn: string | null;
  /** Below the merchant's page. */
  readonly steps: readonly (string | number)[];
}

export interface OpenMonth {
  readonly cycle: CycleDetail;
  readonly exchanges: readonly Exchange[];
  readonly reasons: readonly OpenReason[];
}

/** Reasons that stand elsewhere in the list, or that wait for a day and not for a person. */
const toldElsewhere: readonly OpenReasonCode[] = ['authorized', 'sent', 'capture_sent'];
const awaitsApproval: readonly OpenReasonCode[] = ['planned', 'selected_without_charge'];
const onTheDesk: readonly OpenReasonCode[] = ['contradiction', 'stray', 'quarantined', 'unknown'];

const plain = { reason: null, stage: null, more: false, dueOn: null };

export function listTasks(
  months: readonly OpenMonth[],
  deadlines: readonly DeadlineDay[],
  beside: readonly Task[] = [],
): readonly Task[] {
  const tasks = [...months.flatMap(tasksOfMonth), ...deadlines.map(deadlineTask), ...beside];
  return tasks.sort(byUrgency);
}

/** The nearest end first, then what has none; among equals the most yen. */
function byUrgency(a: Task, b: Task): number {
  const [first, second] = [a.dueOn ?? '9999', b.dueOn ?? '9999'];
  if (first !== second) return first < second ? -1 : 1;
  const [stuckA, stuckB] = [a.kind === 'trouble', b.kind === 'trouble'];
  if (stuckA !== stuckB) return stuckA ? -1 : 1;
  return b.yen - a.yen;
}

function tasksOfMonth({ cycle, exchanges, reasons }: OpenMonth): Task[] {
  const { month, approval, trouble } = cycle;
  const page = ['cycles', month] as const;
  const base = { ...plain, month, rows: 0, yen: 0, advice: null, steps: page };
  return [
    ...(trouble === null
      ? []
      : [
          { ...base, key: `trouble ${month}`, kind: 'trouble' as const, name: '', advice: trouble },
        ]),
    ...(approval === null
      ? []
      : [
          {
            ...base,
            key: `approval ${month}`,
            kind: 'approval' as const,
            name: '',
            advice: approval.why,
            rows: approval.rows,
            yen: approval.yen,
            steps: [...page, 'previews', approval.preview],
          },
        ]),
    ...exchanges.flatMap(fileTask),
    ...reasons.flatMap((reason) => reasonTask(cycle, reason)),
  ];
}

function fileTask(file: Exchange): Task[] {
  const kinds = {
    handing_over: 'hand_over',
    unknown: 'clarify',
    awaiting_result: 'result',
  } as const;
  const kind = kinds[file.stage as keyof typeof kinds];
  if (kind === undefined || (file.transport !== 'portal' && kind !== 'clarify')) return [];
  return [
    {
      ...plain,
      key: `file ${file.month} ${file.kind} ${file.number}`,
      kind,
      month: file.month,
      name: file.fileName,
      advice: file.note,
      rows: file.records,
      yen: file.amountYen,
      steps: ['exchanges', file.month, file.kind, file.number],
    },
  ];
}

function reasonTask({ month, approval }: CycleDetail, reason: OpenReason): Task[] {
  if (reason.mover === 'psp' || toldElsewhere.includes(reason.reason)) return [];
  // The approval itself is the task.
  if (approval !== null && awaitsApproval.includes(reason.reason)) return [];
  return [
    {
      ...plain,
      key: `open ${month} ${reason.reason}`,
      kind: 'open',
      month,
      reason: reason.reason,
      name: reason.label,
      advice: reason.act,
      rows: reason.rows,
      yen: reason.yen,
      steps: [placeOf(month, reason.reason)],
    },
  ];
}

/** Where somebody moves the rows of a reason on, below the merchant's page. */
function placeOf(month: string, reason: OpenReasonCode): string {
  if (onTheDesk.includes(reason)) return `reconciliation-desk?month=${month}`;
  const places: Partial<Readonly<Record<OpenReasonCode, string>>> = {
    declined: `ng-cases?month=${month}`,
    expired: `cycles/${month}/charges?state=expired`,
    void_sent: `cycles/${month}/voids`,
    held: `orders?month=${month}&show=holds`,
  };
  return places[reason] ?? `cycles/${month}?reason=${reason}`;
}

function deadlineTask(day: DeadlineDay): Task {
  return {
    ...plain,
    key: `deadline ${day.month} ${day.expiresOn}`,
    kind: 'deadline',
    month: day.month,
    name: '',
    advice: null,
    rows: day.rows,
    yen: day.yen,
    dueOn: day.expiresOn,
    steps: ['deadlines'],
  };
}
