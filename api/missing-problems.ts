/** What is named and not there. A part of `problemTypes`: its slugs are never renamed either. */
export const missingProblems = {
  'route-not-found': {
    status: 404,
    title: 'No such route',
    detail:
      'このURLはありません。何も実行していません。/openapi.json で使えるURLを確かめてください。',
  },
  'merchant-not-found': {
    status: 404,
    title: 'No such merchant',
    detail:
      'この加盟店は見つかりません。何も実行していません。加盟店名とトークンの対象範囲を確かめてください。',
  },
  'user-not-found': {
    status: 404,
    title: 'No such user',
    detail: 'この利用者は見つかりません。何も変更していません。利用者の一覧を確かめてください。',
  },
  'migration-not-found': {
    status: 404,
    title: 'No such card migration',
    detail: 'この番号のカードの移行はありません。何も変更していません。一覧を確かめてください。',
  },
  'card-lock-not-found': {
    status: 404,
    title: 'No such lock of a card',
    detail: 'この番号のカード利用停止はありません。何も変更していません。一覧を確かめてください。',
  },
  'schedule-not-wanted': {
    status: 404,
    title: 'The settings want no such Schedule',
    detail:
      'この加盟店の設定では、この処理は自動で開始されません。何も変更していません。設定（開始日など）を確かめてください。',
  },
  'settings-not-found': {
    status: 404,
    title: 'No such version of the settings',
    detail: 'この版の設定はありません。version を付けずに最新の設定を取得してください。',
  },
  'file-not-found': {
    status: 404,
    title: 'No such file',
    detail: 'このファイルは預かっていません。sha256 を確かめてください。',
  },
  'file-blanked': {
    status: 404,
    title: 'The bytes of the file are kept no longer',
    detail:
      'このファイルの内容は保存期間が過ぎたため消去しました。件数とハッシュ値は残っています。必要な場合は元のファイルを使ってください。',
  },
  'cycle-not-found': {
    status: 404,
    title: 'No such billing cycle',
    detail:
      'この月の請求サイクルはありません。何も実行していません。月を確かめるか、請求サイクルを開始してください。',
  },
  'preview-not-found': {
    status: 404,
    title: 'No such preview',
    detail: 'この番号のプレビューはありません。プレビューの一覧を確かめてください。',
  },
  'exchange-not-found': {
    status: 404,
    title: 'No such file exchange',
    detail:
      'このファイル授受はありません。何も実行していません。月・種別・番号を確かめてください。',
  },
  'desk-item-not-found': {
    status: 404,
    title: 'No such item of the reconciliation desk',
    detail:
      'この要確認の項目はありません。何も変更していません。一覧を読み直して選び直してください。',
  },
  'send-error-not-found': {
    status: 404,
    title: 'No such send error',
    detail:
      'この送信エラーはありません。何も送信していません。一覧を読み直して選び直してください。',
  },
  'resend-task-not-found': {
    status: 404,
    title: 'No such task',
    detail: 'この作業はありません。何も変更していません。一覧を読み直して選び直してください。',
  },
  'confirmation-not-found': {
    status: 404,
    title: 'No such confirm page',
    detail:
      'この確認内容は保存されていません。何も送信していません。もう一度一覧から確認してください。',
  },
  'inquiry-not-found': {
    status: 404,
    title: 'No such payment list',
    detail: 'この照会データはありません。照会データCSVをアップロードして読み取ってください。',
  },
  'mail-not-found': {
    status: 404,
    title: 'No such mail',
    detail: '指定のメールは見つかりません。何も変更していません。一覧を読み込み直してください。',
  },
  'card-refresh-not-found': {
    status: 404,
    title: 'No card refresh of this month',
    detail:
      'この月のカード洗替はありません。何も実行していません。月を確かめるか、洗替を始めてください。',
  },
  'import-not-found': {
    status: 404,
    title: 'No such import',
    detail: 'この取り込みはありません。何も実行していません。履歴で番号を確かめてください。',
  },
  'customer-not-found': {
    status: 404,
    title: 'No such customer',
    detail: 'この顧客は登録されていません。何も変更していません。顧客IDを確かめてください。',
  },
  'ng-case-not-found': {
    status: 404,
    title: 'No such NG case',
    detail: 'この注文にNGの案件はありません。請求月と注文番号を確かめてください。',
  },
  'entry-not-found': {
    status: 404,
    title: 'No such entry',
    detail: 'この登録はありません。何も変更していません。一覧を読み直してください。',
  },
  'endpoint-not-found': {
    status: 404,
    title: 'No such delivery endpoint',
    detail:
      'この送信先は登録されていません。何も変更していません。送信先の一覧を確かめてください。',
  },
  'webhook-event-not-found': {
    status: 404,
    title: 'No such webhook event',
    detail: 'この通知はありません。送信記録を読み直してください。',
  },
  'carrier-result-not-found': {
    status: 404,
    title: 'No such carrier-payment result',
    detail: 'このキャリア決済結果はありません。一覧を読み直してください。',
  },
  'token-not-found': {
    status: 404,
    title: 'No such token',
    detail:
      'このトークンは見つかりません。何も変更していません。トークンの一覧でIDを確かめてください。',
  },
} as const;
