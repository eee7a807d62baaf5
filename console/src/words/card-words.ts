import { defineWords } from '../language.ts';

/** The field's words for cards that move and cards that are refreshed, one for each code of the API. */
export const useMigrationStageWords = defineWords('migration-stages', {
  ja: {
    checking: '連携前の確認',
    handing_over: '連携ファイルの送付',
    awaiting_return: '返却ファイル待ち',
    importing: '返却ファイルの取り込み中',
    covering: '移行結果の確認',
    accepted: '完了',
    cancelled: '取り消し済み',
  },
  en: {
    checking: 'Checking',
    handing_over: 'Handing over the link file',
    awaiting_return: 'Awaiting the returned file',
    importing: 'Importing the returned file',
    covering: 'Looking at the coverage',
    accepted: 'Accepted',
    cancelled: 'Cancelled',
  },
});

export const useFindingWords = defineWords('migration-findings', {
  ja: {
    missing_number: '旧顧客番号なし',
    doubled_number: '旧顧客番号の重複',
    several_cards: '複数枚のカード',
  },
  en: {
    missing_number: 'No old number',
    doubled_number: 'Old number doubled',
    several_cards: 'Several cards',
  },
});

export const useRoundStateWords = defineWords('migration-rounds', {
  ja: {
    taken: '受け取り済み',
    read: '読み取り済み',
    done: '取り込み済み',
    refused: '取り込めません',
    cancelled: '取り消し済み',
  },
  en: {
    taken: 'Taken',
    read: 'Read',
    done: 'Imported',
    refused: 'Refused',
    cancelled: 'Cancelled',
  },
});

export const useRowResultWords = defineWords('migration-rows', {
  ja: { imported: '取り込み済み', failed: '失敗', quarantined: '対象外(隔離)', all: 'すべて' },
  en: { imported: 'Imported', failed: 'Failed', quarantined: 'Quarantined', all: 'All' },
});

export const useRefreshStageWords = defineWords('refresh-stages', {
  ja: {
    planned: '依頼前',
    built: '送信待ち',
    unknown: '送信不明',
    awaiting_result: '結果待ち',
    done: '完了',
    not_run: '実施なし',
  },
  en: {
    planned: 'Before the request',
    built: 'To be sent',
    unknown: 'Sending unclear',
    awaiting_result: 'Awaiting results',
    done: 'Done',
    not_run: 'Not run',
  },
});

export const useRefreshStatusWords = defineWords('refresh-statuses', {
  ja: {
    ok: '有効性OK',
    ng: '有効性NG',
    mismatch: '照合エラー',
    input_error: '入力データエラー',
    not_judged: '未判定',
  },
  en: {
    ok: 'Valid',
    ng: 'Invalid',
    mismatch: 'Mismatch',
    input_error: 'Input error',
    not_judged: 'Not judged yet',
  },
});

/** 洗替判定結果 (0 to 3) in the words of the statuses; null: none has come. */
export function useRefreshVerdictWords(): (verdict: number | null) => string {
  const names = useRefreshStatusWords();
  return (verdict) => names(statuses[verdict ?? -1] ?? 'not_judged');
}

const statuses = ['ok', 'ng', 'mismatch', 'input_error'] as const;
