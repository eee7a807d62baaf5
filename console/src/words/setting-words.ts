import { defineWords } from '../language.ts';
import type { Settings } from '../parts/settings-form.tsx';

type OfEveryBlock = Readonly<Record<keyof Settings, string>>;

/** What a block of settings is called. */
export const useSettingNames = defineWords('setting-names', {
  ja: {
    orderIdentity: '注文番号の数え方',
    orderSource: '注文データの取得元',
    orderProfile: '注文CSVの列と対応状況',
    paygent: 'ペイジェント',
    approval: '承認と異常の目安',
    capture: '売上処理と売上期限',
    operatorMail: '担当者へのメール',
    mailbox: '受信メールの確認',
    calendar: '休業日',
    schedule: '請求サイクルの自動開始',
    carrier: 'キャリア決済(ゼウス)',
    imports: '顧客・カードの取り込み',
    cardMigration: 'カード移行',
    retention: '個人情報の保存期間',
    paymentMethods: '支払い方法',
    cardLocks: 'カード利用停止の範囲',
    cardRefresh: '自動洗替(GMO)',
    declines: 'NGコードの分類',
    ng: 'NG 対応の計画と顧客メール',
  } satisfies OfEveryBlock,
  en: {
    orderIdentity: 'What an order number counts',
    orderSource: 'Order source',
    orderProfile: 'Columns and statuses of exports',
    paygent: 'Paygent',
    approval: 'Approval and anomalies',
    capture: 'Captures and deadlines',
    operatorMail: 'Mails to operators',
    mailbox: 'Mailbox',
    calendar: 'Closed days',
    schedule: 'Start of months',
    carrier: 'Carrier payments (ZEUS)',
    imports: 'Imports of customers and cards',
    cardMigration: 'Card migration',
    retention: 'How long personal data is kept',
    paymentMethods: 'Payment methods',
    cardLocks: 'What a locked card holds back',
    cardRefresh: 'Card refresh (GMO)',
    declines: 'Classes of decline codes',
    ng: 'Declines and customer mails',
  },
});

/** What a block decides, for who has not read the settings' source. */
export const useSettingHelp = defineWords('setting-help', {
  ja: {
    orderIdentity:
      'per-order: 注文番号は毎月変わります。per-month: 毎月同じ番号を使い、番号と請求月の組で一つの注文と数えます。',
    orderSource: 'upload(人が取り込む)、フォルダー、SFTP、HTTPS のどこから注文CSVを取得するか。',
    orderProfile:
      '列の見出し、請求する対応状況・請求しない対応状況、ペイジェントで支払う支払方法の名前。',
    paygent:
      'マーチャントID(merchantId が null の間は請求できません)、1ファイルの件数、ファイルの送り方(portal・sftp・telegram)と接続。',
    approval:
      '誰の承認で請求を進めるか(none・on-anomaly・always・four-eyes)と、異常とみなす変動率・上限額。',
    capture:
      '売上処理の時期(on-shipment・immediate・on-date・manual)、売上期限の短縮、最終日の扱い。',
    operatorMail: 'お知らせをメールで受け取る担当者の宛先と差出人。',
    mailbox: '処理完了メールなどを読み取るメールボックス(IMAP)。null の間は人が記録します。',
    calendar: '土日・祝日のほかに、毎年休む日(MM-DD)。再オーソリや売上の日をこの日に置きません。',
    schedule:
      '毎月、人の操作なしに請求サイクルを始める日と時刻。cycleDay が null の間は手で始めます。',
    carrier:
      'ゼウスの呼び出しを受け取るか、IPコード、パラメータ名と文字コード、呼び出し元のアドレス。',
    imports:
      '性別の値、顧客タグの区切り、カード番号に似た番号があってよい列、ファイルと削除した顧客の保存期間(月)。',
    cardMigration: '連携ファイルの形式と渡し方、返却ファイルの読み方、本番の前に試す件数の目安。',
    retention:
      '注文(締めてから)とキャリア決済の結果の個人情報を、何か月後に消去するか。null は消去しません。',
    paymentMethods: '「支払い方法設定」のページで直せます。',
    cardLocks: '洗替で停止したカードが、どの支払方法の注文を止めるか。',
    cardRefresh: '「洗替の設定」のページで直せます。',
    declines: 'NGコードの分類を変えるとき。例: {"G12":"held"}',
    ng: '再オーソリの回数と日、断念までの日数、給料日、翌月繰越、顧客へのメール。変えると、まだ何もしていない案件の計画を立て直します。',
  } satisfies OfEveryBlock,
  en: {
    orderIdentity:
      'per-order: numbers are new each month. per-month: they repeat, and number and month together are one order.',
    orderSource: 'Where order exports come from: upload, a folder, SFTP or HTTPS.',
    orderProfile:
      'Headings, statuses that are billed or not, and the payment methods paid by Paygent.',
    paygent:
      'The merchant ID (nothing is billed while it is null), records of a file, who carries files and how.',
    approval:
      'Who lets a billing go (none, on-anomaly, always, four-eyes), and what counts as unusual.',
    capture:
      'When captures are made (on-shipment, immediate, on-date, manual), and what the last day does.',
    operatorMail: 'Who is told by mail, and from whom.',
    mailbox: 'Where mails of the PSPs are read (IMAP); while it is null people record them.',
    calendar: 'Days (MM-DD) closed every year besides weekends and holidays.',
    schedule: 'When months start without anybody; while cycleDay is null, by hand.',
    carrier:
      'Whether calls of ZEUS are taken, IP codes, parameters and their encoding, addresses of callers.',
    imports:
      'Values of customer files, columns that look like card numbers, how long files are kept.',
    cardMigration:
      'Form and delivery of link files, how returned files are read, and what a canary may show.',
    retention:
      'After how many months personal data of orders and carrier results is erased; null: never.',
    paymentMethods: 'The page of payment methods edits it.',
    cardLocks: 'Orders of which payment methods a locked card holds back.',
    cardRefresh: 'The page of the refresh’s settings edits it.',
    declines: 'Another class for a code: {"G12":"held"}',
    ng: 'Retries, days until giving up, paydays, carrying over, mails to customers. A change plans anew the cases nothing was done for.',
  } satisfies OfEveryBlock,
});
