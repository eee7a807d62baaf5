/** What the upload form offers: the portal's 決済種別 with their 取引種別 (manual 002, 3-1). */
export const uploadKinds = [
  {
    paymentKind: 'クレジットカード決済',
    transactionKinds: [
      'オーソリ',
      '売上',
      '取消',
      '従価課金売上',
      'カード有効性チェック要求',
      '顧客カード情報登録',
      '顧客カード情報削除',
    ],
  },
  { paymentKind: 'キャリア決済', transactionKinds: ['キャリア決済売上'] },
] as const;

/** 決済種別 that the sandbox's merchants have no contract for. */
export const uncontractedPaymentKind = 'キャリア決済';
