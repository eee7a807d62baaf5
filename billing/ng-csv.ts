import { type CsvValue, csvInstant } from './csv-writer.ts';
import type { RowsAndYen } from './cycle.ts';
import { type DeclineClass, declineLabels } from './decline.ts';
import {
  type NgNextStep,
  type NgOutcome,
  type NgRecovery,
  ngNextStepLabels,
  ngOutcomeLabels,
} from './ng-case.ts';

/** NG対応 as people read it in a spreadsheet. */

export const NG_CASE_HEAD = [
  '請求月',
  '注文番号',
  '顧客番号',
  '金額',
  'NGの分類',
  'コード',
  '次の対応',
  '対応日時',
  '理由',
  '再オーソリ回数',
  '発生日時',
  '結果',
  '完了日時',
] as const;

interface NgCaseLine {
  readonly month: string;
  readonly orderNumber: string;
  readonly customerNumber: string;
  readonly amountYen: number;
  readonly class: DeclineClass;
  readonly code: string | null;
  readonly nextStep: NgNextStep;
  readonly dueAt: string | null;
  readonly why: string;
  readonly retries: number;
  readonly openedAt: string;
  readonly outcome: NgOutcome | null;
  readonly closedAt: string | null;
}

export const ngCaseLine = (of: NgCaseLine): CsvValue[] => [
  of.month,
  of.orderNumber,
  of.customerNumber,
  of.amountYen,
  declineLabels[of.class],
  of.code,
  ngNextStepLabels[of.nextStep],
  csvInstant(of.dueAt),
  of.why,
  of.retries,
  csvInstant(of.openedAt),
  of.outcome === null ? null : ngOutcomeLabels[of.outcome],
  csvInstant(of.closedAt),
];

const recoveryLabels: Readonly<Record<NgRecovery, string>> = {
  retry: '計画による再オーソリ',
  retry_now: '指示による再オーソリ',
  new_card: '新しいカード',
  limit_raised: '限度額の引き上げ',
  replaced: '別の注文',
  other: 'その他',
};

interface NgNumbers {
  readonly byClass: readonly (RowsAndYen & { class: DeclineClass; outcome: NgOutcome | null })[];
  readonly recovered: readonly (RowsAndYen & { on: string; by: NgRecovery })[];
  readonly openBySteps: readonly (RowsAndYen & { nextStep: NgNextStep })[];
  readonly ageing: readonly (RowsAndYen & { fromDays: number; toDays: number | null })[];
}

/** One line a number: what it counts, of what, of which day or state, rows, yen. */
export function ngReportLines(report: NgNumbers): CsvValue[][] {
  return [
    ['集計', '区分', '内訳', '件数', '金額'],
    ...report.byClass.map((of) => [
      '発生',
      declineLabels[of.class],
      of.outcome === null ? '対応中' : ngOutcomeLabels[of.outcome],
      of.rows,
      of.yen,
    ]),
    ...report.recovered.map((of) => ['回収', recoveryLabels[of.by], of.on, of.rows, of.yen]),
    ...report.openBySteps.map((of) => [
      '対応中',
      ngNextStepLabels[of.nextStep],
      null,
      of.rows,
      of.yen,
    ]),
    ...report.ageing.map((of) => [
      '経過日数',
      of.toDays === null ? `${of.fromDays} 日以上` : `${of.fromDays}〜${of.toDays} 日`,
      null,
      of.rows,
      of.yen,
    ]),
  ];
}
