import {
  type RefreshOutcome,
  type RefreshVerdict,
  type RefreshWhy,
  refreshVerdictsJa,
} from './card-refresh.ts';
import { explainRefresh } from './card-refresh-selection.ts';
import type { CsvValue } from './csv-writer.ts';
import { formatCustomerId } from './customer-id.ts';

/** The CSV of job 「GMO 洗替結果取得」: every card that was asked about (manual 004). */
export const REFRESH_RESULTS_HEAD = [
  '顧客番号',
  '顧客ID',
  '会員ID',
  'カード登録連番',
  'カード番号下桁',
  '有効期限',
  '洗替判定結果',
  '判定',
  '処理',
  '洗替後のカード番号下桁',
  '洗替後の有効期限',
  '対象とした理由',
] as const;

export const refreshOutcomeLabels: Readonly<Record<RefreshOutcome, string>> = {
  renewed: 'カード情報を更新',
  valid: '更新なし',
  no_newer_data: '新しい情報なし(カードの変更を依頼)',
  refused: '請求対象から除外(カード利用停止)',
  card_changed: '依頼後にカードが変更されたため反映しない',
  card_gone: '依頼後にカードが削除されたため反映しない',
};

export function refreshResultRow(of: {
  readonly customerNumber: string;
  readonly customerId: number;
  readonly memberId: string;
  readonly sequence: string;
  readonly lastDigits: string;
  readonly expiry: string;
  readonly why: RefreshWhy;
  readonly verdict: RefreshVerdict | null;
  readonly outcome: RefreshOutcome | null;
  readonly lastDigitsAfter: string | null;
  readonly expiryAfter: string | null;
}): CsvValue[] {
  return [
    of.customerNumber,
    formatCustomerId(of.customerId),
    of.memberId,
    of.sequence,
    of.lastDigits,
    of.expiry,
    of.verdict,
    of.verdict === null ? '結果なし' : refreshVerdictsJa[of.verdict],
    of.outcome === null ? null : refreshOutcomeLabels[of.outcome],
    of.lastDigitsAfter,
    of.expiryAfter,
    explainRefresh(of.why),
  ];
}
