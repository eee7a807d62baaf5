import type { FieldReason, LineVerdict } from '../../billing/result-merge.ts';
import { resultCodes } from './layouts.ts';
import type { PaygentOutcome, ResultFieldFinding, ResultRow } from './result-file.ts';
import type { TransactionRecord } from './transaction-file.ts';

export interface Judgement {
  readonly verdict: LineVerdict;
  /** Not empty exactly when quarantined. */
  readonly reasons: readonly FieldReason[];
}

/**
 * Decides what one result row says about the record that was sent: quarantined when anything that
 * was sent comes back different or unreadable, whatever the result; unknown when the result is blank.
 */
export function judgeResult(
  request: TransactionRecord,
  result: Pick<ResultRow, 'amountText' | 'customerNumber' | 'previousOrderNumber' | 'findings'> & {
    readonly outcome: Pick<PaygentOutcome, 'resultCode'>;
  },
): Judgement {
  const reasons: FieldReason[] = [
    ...differing('amountYen', '請求金額', 'amount', String(request.amountYen), result.amountText),
    ...differing(
      'customerNumber',
      '顧客番号',
      'customer',
      request.customerNumber,
      result.customerNumber,
    ),
    ...differing(
      'previousOrderNumber',
      '直前回の注文番号',
      'previous order',
      request.previousOrderNumber ?? '',
      result.previousOrderNumber,
    ),
  ];
  for (const finding of result.findings) {
    if (!reasons.some((known) => known.field === finding.field)) {
      reasons.push(fileReasons.unreadable(finding));
    }
  }
  const code = result.outcome.resultCode;
  if (code !== '' && code !== resultCodes.ok && code !== resultCodes.ng) {
    reasons.push(unknownCode(code));
  }
  if (reasons.length > 0) return { verdict: 'quarantined', reasons };
  if (code === '') return { verdict: 'unknown', reasons };
  return { verdict: code === resultCodes.ok ? 'ok' : 'ng', reasons };
}

/** Reasons that no comparison of two rows shows. */
export const fileReasons = {
  blank: {
    code: 'result_blank',
    field: 'resultCode',
    nameJa: '処理結果',
    sent: null,
    returned: '',
    ja: '処理結果が空です。結果はまだわかりません',
    en: 'the result is blank: what became of it is not known yet',
  } satisfies FieldReason,
  missing: (orderNumber: string): FieldReason => ({
    code: 'missing_from_result',
    field: 'orderNumber',
    nameJa: '注文番号',
    sent: orderNumber,
    returned: null,
    ja: '結果ファイルにこの注文番号の行がありません',
    en: 'the result has no row for this order',
  }),
  duplicate: (orderNumber: string, lines: readonly number[]): FieldReason => ({
    code: 'duplicate_row',
    field: 'orderNumber',
    nameJa: '注文番号',
    sent: orderNumber,
    returned: orderNumber,
    ja: `結果ファイルに同じ注文番号の行が複数あります (${lines.join('、')} 行目)`,
    en: `the result has several rows for this order (lines ${lines.join(', ')})`,
  }),
  unreadable: (finding: ResultFieldFinding): FieldReason => ({
    code: finding.reason.code,
    field: finding.field,
    nameJa: finding.nameJa,
    sent: null,
    returned: finding.value,
    ja: finding.reason.ja,
    en: finding.reason.en,
  }),
  cut: (orderNumber: string): FieldReason => ({
    code: 'cut_off',
    field: 'orderNumber',
    nameJa: '注文番号',
    sent: orderNumber,
    returned: orderNumber,
    ja: '結果ファイルがこの行で途切れています',
    en: 'the result breaks off in this row',
  }),
  unmatched: (orderNumber: string): FieldReason => ({
    code: 'unmatched_order',
    field: 'orderNumber',
    nameJa: '注文番号',
    sent: null,
    returned: orderNumber,
    ja: 'この注文番号は取引ファイルにありません',
    en: 'this order was not in the request',
  }),
};

function differing(
  field: string,
  nameJa: string,
  nameEn: string,
  sent: string,
  returned: string,
): FieldReason[] {
  if (sent === returned) return [];
  return [
    {
      code: `${field}_differs`,
      field,
      nameJa,
      sent,
      returned,
      ja: `${nameJa}: 送信 ${sent || '(空)'}、返却 ${returned || '(空)'}`,
      en: `${nameEn} ${sent || '(blank)'} sent, ${returned || '(blank)'} returned`,
    },
  ];
}

function unknownCode(code: string): FieldReason {
  return {
    code: 'unknown_result_code',
    field: 'resultCode',
    nameJa: '処理結果',
    sent: null,
    returned: code,
    ja: `処理結果 ${code} は未知のコードです`,
    en: `result code ${code} is unknown`,
  };
}
