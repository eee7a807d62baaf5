import { formatYen } from './money.ts';

/** What can become known of a month after it was closed. */
export const CORRECTION_KINDS = [
  'late_result',
  'refund',
  'chargeback',
  'void_after_close',
  'other',
] as const;
/**
 * - `late_result`: a result that came after the close and contradicts the record.
 * - `refund`: money given back to the customer; `chargeback`: taken back by the issuer.
 * - `void_after_close`: a capture that was cancelled at the PSP.
 * - `other`: whatever else a reader of the closed month must know.
 */
export type CorrectionKind = (typeof CORRECTION_KINDS)[number];

/** What a person records; a late result is recorded by the file that brings it. */
export const RECORDED_BY_PEOPLE = ['refund', 'chargeback', 'void_after_close', 'other'] as const;

export const correctionLabels: Readonly<Record<CorrectionKind, string>> = {
  late_result: '締め後に届いた結果',
  refund: '返金',
  chargeback: 'チャージバック',
  void_after_close: '締め後の取消',
  other: 'その他',
};

/** Whether the amount is taken off what the month captured. */
export function takesMoneyBack(kind: CorrectionKind): boolean {
  return kind === 'refund' || kind === 'chargeback' || kind === 'void_after_close';
}

const answerLabels: Readonly<Record<string, string>> = {
  ok: 'オーソリOK',
  declined: 'オーソリNG',
  rejected: '書式エラー',
  not_sent: '未送信',
  captured: '消込済',
  refused: '売上NG',
  voided: '取消済',
};

const labelOf = (answer: string) => answerLabels[answer] ?? answer;

/** Why a row of a late result is a correction, as an operator reads it. */
export function describeLateResult(of: {
  readonly fileName: string;
  /** Null: the file sent no such order. */
  readonly recorded: string | null;
  readonly received: string;
}): string {
  const other = of.recorded === of.received ? '(別の決済ID)' : '';
  return of.recorded === null
    ? `締め後に届いた ${of.fileName} の結果に、送っていない注文の行があります。`
    : `締め後に届いた ${of.fileName} の結果が記録と違います(記録: ${labelOf(of.recorded)}、結果: ${labelOf(of.received)}${other})。`;
}

/** What operators are told of new corrections of a closed month: the record itself stays. */
export function alarmOfCorrections(of: {
  readonly kind: CorrectionKind;
  readonly rows: number;
  readonly yen: number;
}): string {
  const what = `締め済みの月に訂正を ${of.rows} 件記録しました(${correctionLabels[of.kind]}、${formatYen(of.yen)})。`;
  return of.kind === 'late_result'
    ? `${what}締めた月の記録は変更していません。二重請求の可能性があるため、ペイジェントの画面で確認し、必要なら取り消すか返金してください。対応したら訂正を確認済みにしてください。`
    : `${what}締めた月の記録は変更していません。内容を確かめ、訂正を確認済みにしてください。`;
}
