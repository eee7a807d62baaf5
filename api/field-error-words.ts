import type { z } from 'zod';

/**
 * What is wrong with a field, in an operator's words. The English of our own rules stands beside the
 * rule; its Japanese stands here, found by the English.
 */

const ownWords: Readonly<Record<string, string>> = {
  'is 1 to 64 of a-z, 0-9 and -': '英小文字・数字・ハイフンで1〜64文字にしてください',
  'is 3 to 64 of a-z, 0-9 and -': '英小文字・数字・ハイフンで3〜64文字にしてください',
  'is 3 to 32 of a-z, 0-9 and -': '英小文字・数字・ハイフンで3〜32文字にしてください',
  'is a host name or an address': 'ホスト名またはIPアドレスを指定してください',
  'is a host name or an address, without port':
    'ホスト名またはIPアドレスを、ポートなしで指定してください',
  'holds a control character': '制御文字は使えません',
  'holds control characters': '制御文字は使えません',
  'holds white space': '空白は使えません',
  'holds no digit': '数字を含めてください',
  'holds what looks like a card number':
    'カード番号と思われる数字があります。番号を取り除いてください',
  'looks like a card number': 'カード番号と思われる数字があります。番号を取り除いてください',
  'is SHA256:…': '指紋を SHA256:… の形で指定してください',
  'is not a time of day, HH:MM': '時刻を HH:MM の形で指定してください',
  'is not a time, HH:MM': '時刻を HH:MM の形で指定してください',
  'is 1 to 20 letters and digits': '英数字で1〜20文字にしてください',
  'is 1 to 50 letters and digits': '英数字で1〜50文字にしてください',
  'is 1 to 50 printable characters': '表示できる文字で1〜50文字にしてください',
  'is 1 to 64 letters, digits, spaces or . _ @ + -':
    '文字・数字・空白・. _ @ + - で1〜64文字にしてください',
  'is not YYYY-MM': '年月を YYYY-MM の形で指定してください',
  'is not a month, YYYY-MM': '年月を YYYY-MM の形で指定してください',
  'is not a date, YYYY-MM-DD': '日付を YYYY-MM-DD の形で指定してください',
  'is a date, YYYY-MM-DD': '日付を YYYY-MM-DD の形で指定してください',
  'is no date': '日付を確かめてください',
  'is not a day of a year, MM-DD': '月日を MM-DD の形で指定してください',
  'is an order number': '注文番号の形ではありません',
  'is not a code, G00 to G99': 'コードは G00〜G99 で指定してください',
  'is 64 hex digits, lower case': 'ファイルのハッシュ(sha256、小文字の16進64桁)を指定してください',
  'is not an https address': 'https:// で始まるURLを指定してください',
  'names {token} once, where the token goes': 'トークンの位置に {token} を1つだけ書いてください',
  'holds no password or user name': 'URLにユーザー名・パスワードは書けません',
  'is a file name that holds {name}': '{name} を含むファイル名を指定してください',
  'is one file name, without a folder': 'フォルダーを含まないファイル名を指定してください',
  'transport telegram needs its connection': '電文での送信には接続先(telegram)の設定が必要です',
  'transport sftp needs its connection': 'SFTPでの送信には接続先(sftp)の設定が必要です',
  'delivery sftp needs its connection': 'SFTPでの受け渡しには接続先の設定が必要です',
  'is needed by the policy on-date': '売上処理を日付で行う設定には、この項目が必要です',
  'ends before it begins': '終わりが始まりより前です',
  'names an order twice, or one that is not among orderNumbers':
    '同じ注文が2回あるか、指定した注文以外の番号があります',
  'names a task twice': '同じ項目が2回あります',
  'names a send error twice': '同じ送信エラーが2回あります',
  'names a customer twice': '同じ顧客が2回あります',
  'names a column twice': '同じ列が2回あります',
  'names no item of the desk': '要確認の項目の名前ではありません',
  'two columns have the same name': '同じ名前の列が2つあります',
  'two fields are read from one column': '1つの列から2つの項目を読む設定になっています',
  'a status is both billed and excluded': '同じ対応状況が、請求する・しないの両方にあります',
  'is not a nextAfter of this list': 'この一覧の続きを示す値ではありません',
  'is nextAfter of the page before': '前のページの nextAfter を指定してください',
  'is not valid JSON': '送信した内容がJSONとして読めません',
  'cannot write every character': '指定の文字コードで表せない文字があります',
  'must be true before anything is sent again':
    '再送信の前に、サービス提供・商品発送状況の確認が必要です',
  'holds a NUL character': '使えない文字(NUL)があります',
  'holds half of a character': '壊れた文字があります。入力し直してください',
  'is over 2147483647': '2147483647以下にしてください',
  'are 100 at most': '100件までです',
};

const types: Readonly<Record<string, string>> = {
  string: '文字列',
  number: '数値',
  int: '整数',
  boolean: 'true または false',
  array: '一覧(配列)',
  object: '項目の組(オブジェクト)',
};

const units: Readonly<Record<string, string>> = { string: '文字', array: '件', set: '件' };

/** Whatever else is wrong: the path says where. */
const WRONG_JA = '値が正しくありません';

/** An issue of our own schemas in Japanese. */
export function explainIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? '入力が必要です'
        : `${types[issue.expected] ?? '正しい種類の値'}を指定してください`;
    case 'too_small':
      return `${issue.minimum}${units[issue.origin] ?? ''}以上にしてください`;
    case 'too_big':
      return `${issue.maximum}${units[issue.origin] ?? ''}以下にしてください`;
    case 'invalid_value':
      return `次のいずれかを指定してください: ${issue.values.map(String).join('、')}`;
    case 'unrecognized_keys':
      return '使えない項目があります。項目名を確かめてください';
    default:
      return findWords(issue.message) ?? WRONG_JA;
  }
}

/** A message of our own in Japanese; undefined where there is none. */
export function findWords(message: string): string | undefined {
  return /[ぁ-んァ-ヶ一-龠]/.test(message) ? message : ownWords[message];
}
