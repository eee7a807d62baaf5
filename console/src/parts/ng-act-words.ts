import { defineWords } from '../language.ts';

/** Each act of the NG desk, and what happens when it is confirmed. */
export const useNgActWords = defineWords('ng-act-kinds', {
  ja: {
    retry: '再オーソリ',
    retry_then:
      '指定した日(空なら次のファイル)に、同じカードでもう一度オーソリします。再オーソリのファイルに入り、アップロードまで請求は行われません。',
    limit_raised: '限度額が引き上げられた',
    limit_raised_then:
      'どの限度額かを記録し、指定した日(空なら次のファイル)に再オーソリします。1日の限度額なら当日中に再オーソリするのが確実です。',
    limit_known: '限度額の種類を記録',
    limit_known_then:
      'どの限度額かを記録し、計画を立て直します。月の限度額なら翌月の請求へ繰り越します。',
    ask_customer: '顧客へ連絡',
    ask_customer_then:
      '設定の時間帯に、顧客へメールを送ります。文面は案件の「メールを確認」で先に見られます。',
    skip_contact: '連絡せずに進める',
    skip_contact_then: '顧客へのメールを送らずに、計画の次の対応へ進みます。',
    new_card: '新しいカードを記録',
    new_card_then:
      '顧客の新しいカードの登録を記録し、それで再オーソリします。カード番号は入力しないでください。',
    replaced: '別の注文で支払済み',
    replaced_then:
      '別の注文で支払われたことを記録し、案件を完了します。この請求は以後オーソリしません。',
    carry_over: '翌月へ繰越',
    carry_over_then: 'この請求を終え、金額を次の注文に合算して1回で請求します。',
    classify: '分類を決める',
    classify_then: 'NGの理由を分類し、その分類の計画を立てます。',
    cancel: 'キャンセル',
    cancel_then: 'この請求をキャンセルし、案件を完了します。以後オーソリしません。',
    give_up: '請求断念',
    give_up_then:
      '回収をあきらめ、案件を完了します。あとから「受注」の画面で請求を戻すことはできます。',
  },
  en: {
    retry: 'Authorize again',
    retry_then:
      'On that day (empty: in the next file) the same card is authorized again, in a retry file that somebody uploads.',
    limit_raised: 'The limit was raised',
    limit_raised_then: 'It is recorded which limit it was, and the charge is authorized again.',
    limit_known: 'Record which limit',
    limit_known_then: 'It is recorded and planned anew; a monthly limit is carried over.',
    ask_customer: 'Tell the customer',
    ask_customer_then: 'A mail goes to the customer within the hours of the settings.',
    skip_contact: 'Go on without telling',
    skip_contact_then: 'No mail is sent; the next step of the plan follows.',
    new_card: 'Record a new card',
    new_card_then: 'The new registration is recorded and authorized. Never enter a card number.',
    replaced: 'Paid by another order',
    replaced_then: 'The case is closed as paid by another order; this charge ends.',
    carry_over: 'Carry over',
    carry_over_then: 'This charge ends; the next order bills both in one sum.',
    classify: 'Classify',
    classify_then: 'The reason of the decline is named, and the plan of its class is made.',
    cancel: 'Cancel',
    cancel_then: 'The charge is cancelled and the case closed.',
    give_up: 'Give up',
    give_up_then: 'The case is closed unpaid. The charge can be opened again later.',
  },
});
