import type { DeclineClass } from '../../../billing/decline.ts';
import type { CustomerMailKind } from '../../../billing/mail/customer-templates.ts';
import { defineWords, useLanguage } from '../language.ts';
import { useDeclineWords } from './ng-words.ts';

/** What became of a mail of the mailbox, and what a person has to do about it. */
export const useMailboxStateWords = defineWords('mailbox-states', {
  ja: {
    matched: 'ファイルの処理完了を記録',
    waiting: '受付番号の記録待ち',
    handled: '処理済み',
    not_understood: '判別できないメール',
    duplicate: '重複',
    refused: '保存せず',
    matched_then: '',
    waiting_then:
      'この受付番号を記録したファイルがありません。ファイル授受の画面で受付番号を確かめてください。',
    handled_then: '',
    not_understood_then:
      '種類が分からないため、何も記録していません。必要なことが書かれていれば、手動で記録してください。',
    duplicate_then: '同じメールをすでに取り込んでいます。',
    refused_then: '内容は保存していません。メールソフトで確かめてください。',
  },
  en: {
    matched: 'Completed a file',
    waiting: 'Awaits its number',
    handled: 'Handled',
    not_understood: 'Not recognised',
    duplicate: 'Duplicate',
    refused: 'Not kept',
    matched_then: '',
    waiting_then:
      'No file has this acceptance number: see the files and record it where it is missing.',
    handled_then: '',
    not_understood_then: 'Of no known kind: nothing was recorded. Record by hand what it says.',
    duplicate_then: 'The same mail was taken before.',
    refused_then: 'Nothing of it is kept: look at it in your mail program.',
  },
});

/** What a mail of the mailbox was recognised as. */
export const useMailHandlerWords = defineWords('mail-handlers', {
  ja: {
    'paygent-completion': 'ペイジェントの処理完了メール',
    'zeus-send-error': 'ゼウスの送信エラーメール',
    'delivery-report': '届かなかったメールの通知',
  },
  en: {
    'paygent-completion': 'Completion mail of Paygent',
    'zeus-send-error': 'Send-error mail of ZEUS',
    'delivery-report': 'Report of a mail that was not delivered',
  },
});

/** What became of one try to send a mail. */
export const useMailTryWords = defineWords('mail-tries', {
  ja: {
    sent: 'メールサーバーが受け取った',
    refused: '拒否された',
    not_sent: '送れなかった',
    withdrawn: '送らずに終了',
    none: '応答がない(届いた可能性があります)',
  },
  en: {
    sent: 'Taken by the mail server',
    refused: 'Refused',
    not_sent: 'Not sent',
    withdrawn: 'Ended unsent',
    none: 'No answer: it may have left',
  },
});

/** Beside the classes of declines. */
const otherKinds: Readonly<Record<string, string>> = {
  carry_over: 'Carried over to the next month',
  card_refused: 'Card notice: refused by the refresh',
  card_expiring: 'Card notice: expiry',
} satisfies Record<Exclude<CustomerMailKind, DeclineClass>, string>;

/** What a mail to a customer is about: in Japanese as the API names it. */
export function useCustomerMailKindLabels(): (kind: CustomerMailKind, ja: string) => string {
  const { language } = useLanguage();
  const declines = useDeclineWords();
  return (kind, ja) =>
    language === 'ja' ? ja : (otherKinds[kind] ?? declines(kind as DeclineClass));
}
