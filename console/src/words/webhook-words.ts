import { defineWords } from '../language.ts';

/** What a shop's systems are told, and what became of a delivery. */
export const useWebhookEventWords = defineWords('webhook-events', {
  ja: {
    'cycle.stage': '請求サイクルの段階が変わった',
    'charges.captured': '売上が確定した(ファイルごとに1通)',
    'charge.captured': '売上が確定した(請求ごとに1通)',
    'ng.opened': 'NG案件ができた',
    'ng.closed': 'NG案件が終わった',
    'card.locked': 'カードが利用停止になった',
    'card.unlocked': 'カードの利用停止が解けた',
    'import.finished': '取り込みが終わった',
    ping: 'テスト',
  },
  en: {
    'cycle.stage': 'A cycle came to a stage',
    'charges.captured': 'Charges were captured (one call a file)',
    'charge.captured': 'A charge was captured (one call each)',
    'ng.opened': 'A decline became a case',
    'ng.closed': 'A case ended',
    'card.locked': 'A card was locked',
    'card.unlocked': 'A card was unlocked',
    'import.finished': 'An import is over',
    ping: 'Test',
  },
});

export const useDeliveryWords = defineWords('delivery-states', {
  ja: {
    due: '送信待ち',
    delivered: '届いた',
    failed: '送れなかった',
    settled: '送らずに終了',
    refused: '相手が断った',
    timed_out: '応答がない',
    not_connected: 'つながらない',
    cut_off: '途中で切れた',
    not_sent: '送れない',
  },
  en: {
    due: 'Waiting',
    delivered: 'Delivered',
    failed: 'Given up',
    settled: 'Ended unsent',
    refused: 'Refused',
    timed_out: 'No answer in time',
    not_connected: 'Not connected',
    cut_off: 'Cut off',
    not_sent: 'Could not be sent',
  },
});
