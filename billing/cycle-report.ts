import { CHARGE_STATE_LABELS_JA, type ChargeState } from './charge.ts';
import { type CorrectionKind, correctionLabels } from './correction.ts';
import { type CsvValue, csvInstant } from './csv-writer.ts';
import type { CycleStage, RowsAndYen } from './cycle.ts';
import { type DeclineClass, declineLabels } from './decline.ts';
import type { ExchangeKind, ExchangeStage } from './exchange.ts';
import { labelOfReason } from './order-reasons.ts';
import { type OrderVerdict, verdictLabels } from './order-search.ts';

/** Where the lines of a file stand: what is on record, else what the latest result said. */
export const LINE_STANDINGS = ['ok', 'ng', 'notSent', 'unknown', 'quarantined', 'open'] as const;
/**
 * - `ok`: authorized, captured or voided; `ng`: declined or refused.
 * - `notSent`: the file was rejected or never reached the PSP.
 * - `unknown`, `quarantined`: the result came and a person must settle them.
 * - `open`: no result yet.
 */
export type LineStanding = (typeof LINE_STANDINGS)[number];

export interface ReportedExchange {
  readonly kind: ExchangeKind;
  readonly number: number;
  readonly fileName: string;
  readonly stage: ExchangeStage;
  readonly acceptanceNumber: string | null;
  /** When it was given out for upload the last time; then 受付番号, 完了, and all lines settled. */
  readonly handedOverAt: string | null;
  readonly acceptedAt: string | null;
  readonly completedAt: string | null;
  readonly reconciledAt: string | null;
  /** Always the sum of `lines`. */
  readonly sent: RowsAndYen;
  readonly lines: Readonly<Record<LineStanding, RowsAndYen>>;
}

export interface ReportedDecline extends RowsAndYen {
  readonly code: string | null;
  readonly class: DeclineClass;
  /** What has become of the charge by now. */
  readonly state: ChargeState;
}

/** Captures against the end of their window (spec 1.7). */
export const DEADLINE_OUTCOMES = ['inTime', 'late', 'waiting', 'expired', 'voided'] as const;
export type DeadlineOutcome = (typeof DEADLINE_OUTCOMES)[number];

/** Captures of the whole authorization, of a part of it, and what those parts left unbilled. */
export const CAPTURE_EXTENTS = ['whole', 'partial', 'unbilledRest'] as const;
export type CaptureExtent = (typeof CAPTURE_EXTENTS)[number];

export const AUTHORIZATION_OUTCOMES = ['ok', 'declined', 'rejected', 'not_sent', 'open'] as const;
/** Attempts by outcome; `open`: no definite answer. Their sum is what was claimed. */
export interface ReportedAuthorizations extends RowsAndYen {
  readonly outcome: (typeof AUTHORIZATION_OUTCOMES)[number];
}

export const ENDING_KINDS = ['capture', 'void', 'expired'] as const;
export const ENDING_OUTCOMES = [
  'captured',
  'voided',
  'expired',
  'refused',
  'not_sent',
  'open',
] as const;
/** Claims on authorizations by result; a part that is captured counts with its own yen. */
export interface ReportedEndings extends RowsAndYen {
  readonly kind: (typeof ENDING_KINDS)[number];
  readonly result: (typeof ENDING_OUTCOMES)[number];
}

/** What became known of the month after it was closed. */
export interface ReportedCorrections extends RowsAndYen {
  readonly kind: CorrectionKind;
  /** Of these, those that nobody has acknowledged. */
  readonly open: number;
}

/** What became of a month, in rows and yen; as it stands, or final once the month is closed. */
export interface CycleReport {
  readonly month: string;
  readonly stage: CycleStage;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly closedAt: string | null;
  readonly orders: readonly (RowsAndYen & {
    readonly verdict: OrderVerdict;
    readonly reason: string | null;
  })[];
  readonly charges: readonly (RowsAndYen & { readonly state: ChargeState })[];
  readonly authorizations: readonly ReportedAuthorizations[];
  readonly endings: readonly ReportedEndings[];
  readonly exchanges: readonly ReportedExchange[];
  /** Every declined attempt, also of charges that were paid later. */
  readonly declines: readonly ReportedDecline[];
  readonly deadlines: Readonly<Record<DeadlineOutcome, RowsAndYen>>;
  readonly captures: Readonly<Record<CaptureExtent, RowsAndYen>>;
  /** Charges that later months bill, and those of earlier months that this one bills. */
  readonly carriedOver: Readonly<Record<'to' | 'from', RowsAndYen>>;
  readonly corrections: readonly ReportedCorrections[];
  readonly conservation: {
    readonly rows: boolean;
    readonly yen: boolean;
    readonly broken: readonly string[];
  };
}

const standingLabels: Readonly<Record<LineStanding, string>> = {
  ok: 'OK',
  ng: 'NG',
  notSent: '未送信・書式エラー',
  unknown: '結果不明',
  quarantined: '要確認',
  open: '結果待ち',
};

const deadlineLabels: Readonly<Record<DeadlineOutcome, string>> = {
  inTime: '期限内に売上',
  late: '期限後に売上',
  waiting: '売上待ち',
  expired: '期限切れ',
  voided: '取消済',
};

const authorizationLabels: Readonly<Record<ReportedAuthorizations['outcome'], string>> = {
  ok: 'OK',
  declined: 'NG',
  rejected: '書式エラー',
  not_sent: '未送信',
  open: '結果待ち',
};

const endingKindLabels = { capture: '売上', void: '取消', expired: 'オーソリ期限切れ' } as const;

const endingLabels: Readonly<Record<ReportedEndings['result'], string>> = {
  captured: '消込済',
  voided: '取消済',
  expired: '期限切れ',
  refused: 'NG',
  not_sent: '未送信',
  open: '結果待ち',
};

const extentLabels: Readonly<Record<CaptureExtent, string>> = {
  whole: '全額',
  partial: '一部売上',
  unbilledRest: '一部売上の残り(請求しない)',
};

const reportCsvHeader = ['区分', '項目', '内訳', '件数', '金額', '備考'] as const;

/** The report as CSV records: one line a count, so that a spreadsheet can filter and add them. */
export function reportToCsv(report: CycleReport): CsvValue[][] {
  const { month, corrections, conservation } = report;
  return [
    [...reportCsvHeader],
    ['請求サイクル', month, '開始', null, null, csvInstant(report.startedAt)],
    ['請求サイクル', month, '開始者', null, null, report.startedBy],
    ['請求サイクル', month, '締め', null, null, csvInstant(report.closedAt) ?? '未締め'],
    ...chargesToCsv(report),
    ...report.exchanges.flatMap(exchangeToCsv),
    ...outcomesToCsv(report),
    ...corrections.map(({ kind, rows, yen, open }) => [
      '締め後の訂正',
      correctionLabels[kind],
      open > 0 ? `未確認 ${open} 件` : '確認済み',
      rows,
      yen,
      null,
    ]),
    ['検算', '件数', conservation.rows ? '一致' : '不一致', null, null, null],
    ['検算', '金額', conservation.yen ? '一致' : '不一致', null, null, null],
    ...conservation.broken.map((what) => ['検算', '不一致の内容', null, null, null, what]),
  ];
}

/** What the month collected, billed and asked for. */
function chargesToCsv(report: CycleReport): CsvValue[][] {
  const counted = (
    part: string,
    item: string,
    { rows, yen }: RowsAndYen,
    detail?: string | null,
  ) => [part, item, detail ?? null, rows, yen, null];
  return [
    ...report.orders.map((count) =>
      counted('注文', verdictLabels[count.verdict], count, labelOfReason(count.reason)),
    ),
    ...report.charges.map((count) => counted('請求', CHARGE_STATE_LABELS_JA[count.state], count)),
    ...report.authorizations.map((count) =>
      counted('オーソリ', authorizationLabels[count.outcome], count),
    ),
    ...report.endings.map((count) =>
      counted(endingKindLabels[count.kind], endingLabels[count.result], count),
    ),
  ];
}

/** What became of it: declines, deadlines, captures and what other months bill. */
function outcomesToCsv({ declines, deadlines, captures, carriedOver }: CycleReport): CsvValue[][] {
  return [
    ...declines.map(({ code, class: name, state, rows, yen }) => [
      'オーソリNG',
      code ?? 'コードなし',
      CHARGE_STATE_LABELS_JA[state],
      rows,
      yen,
      declineLabels[name],
    ]),
    ...DEADLINE_OUTCOMES.map((outcome) => {
      const { rows, yen } = deadlines[outcome];
      return ['売上期限', deadlineLabels[outcome], null, rows, yen, null];
    }),
    ...CAPTURE_EXTENTS.map((extent) => {
      const { rows, yen } = captures[extent];
      return ['売上', extentLabels[extent], null, rows, yen, null];
    }),
    ['翌月繰越', '翌月以降に請求', null, carriedOver.to.rows, carriedOver.to.yen, null],
    ['翌月繰越', '前月以前の分を請求', null, carriedOver.from.rows, carriedOver.from.yen, null],
  ];
}

function exchangeToCsv(exchange: ReportedExchange): CsvValue[][] {
  const { fileName, sent, lines } = exchange;
  const line = (what: string, count: RowsAndYen | null, note: string | null): CsvValue[] => [
    'ファイル',
    fileName,
    what,
    count?.rows ?? null,
    count?.yen ?? null,
    note,
  ];
  return [
    line('送信', sent, null),
    ...LINE_STANDINGS.map((standing) => line(standingLabels[standing], lines[standing], null)),
    line('受付番号', null, exchange.acceptanceNumber),
    line('アップロード準備', null, csvInstant(exchange.handedOverAt)),
    line('受付', null, csvInstant(exchange.acceptedAt)),
    line('処理完了', null, csvInstant(exchange.completedAt)),
    line('照合完了', null, csvInstant(exchange.reconciledAt)),
  ];
}
