import { addDays, businessDateOf, startOfBusinessDate } from '../business-date.ts';
import { DECLINE_CLASSES, type DeclineClass } from '../decline.ts';

/**
 * Words of mails to customers: plain text with variables, one template a decline class, one for a
 * carry-over, and two about cards alone. A merchant may write its own versions.
 */

const cardKinds = ['card_refused', 'card_expiring'] as const;
export const CUSTOMER_MAIL_KINDS = [...DECLINE_CLASSES, 'carry_over', ...cardKinds] as const;
export type CustomerMailKind = (typeof CUSTOMER_MAIL_KINDS)[number];

/** The outbox's name for a mail to a customer: its words and its address are looked up on leaving. */
export const CUSTOMER_MAIL = 'ng_customer';

/**
 * What may stand between @@ and @@, and what it means. `drops`: a line that names it is left out when
 * there is no value; the others are replaced by nothing.
 */
export const CUSTOMER_MAIL_VARIABLES = {
  customer_name: { ja: '顧客名', drops: false },
  order_number: { ja: '注文番号', drops: false },
  amount: { ja: '金額', drops: false },
  billing_month: { ja: '請求月', drops: false },
  due_date: { ja: 'お手続きの期限', drops: false },
  retry_date: { ja: '次回の請求日。予定がなければ、その行を省きます', drops: true },
  card_update_url: { ja: 'カード更新リンク。設定がなければ、その行を省きます', drops: true },
  link_expires_on: { ja: 'カード更新リンクの期限。なければ、その行を省きます', drops: true },
  shop_name: { ja: '店舗名', drops: false },
  message_each_payment_method: { ja: '支払い方法の通知メール文。なければ空です', drops: false },
} as const;
export type CustomerMailVariable = keyof typeof CUSTOMER_MAIL_VARIABLES;

/** What a mail about a card alone has nothing to put in for. */
const ofCharges: readonly string[] = ['order_number', 'amount', 'billing_month', 'retry_date'];

/** Whether the words are about a card, not about a declined charge. */
export const isCardNotice = (kind: CustomerMailKind) =>
  kind === 'card_refused' || kind === 'card_expiring';

/** Whether a mail about a card alone has a value for it. */
export const isForCardNotices = (variable: string) => !ofCharges.includes(variable);

export type CustomerMailValues = Readonly<Record<CustomerMailVariable, string | null>>;

/** One version of the words. */
export interface CustomerMailTemplate {
  /** One line. */
  readonly subject: string;
  readonly body: string;
}

export const MAX_SUBJECT_CHARS = 120;
/** Some mail servers cut or refuse longer ones, and customers do not read them. */
export const MAX_BODY_CHARS = 8000;

const variablePattern = /@@([^@\r\n]*)@@/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a mail.
const unwritable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

export interface TemplateFault {
  readonly field: 'subject' | 'body';
  /** Japanese; names the variable. */
  readonly message: string;
}

/** What is wrong with words before they are kept; none = they can be filled for every customer. */
export function findTemplateFaults(
  template: CustomerMailTemplate,
  kind: CustomerMailKind,
): TemplateFault[] {
  const missing = isCardNotice(kind) ? ofCharges : [];
  return (['subject', 'body'] as const).flatMap((field) =>
    faultsOf(template[field], field, missing).map((message) => ({ field, message })),
  );
}

function faultsOf(text: string, field: 'subject' | 'body', missing: readonly string[]): string[] {
  const faults: string[] = [];
  const longest = field === 'subject' ? MAX_SUBJECT_CHARS : MAX_BODY_CHARS;
  if (text.trim() === '') faults.push('空です');
  if (text.length > longest) faults.push(`${longest} 文字までです`);
  if (field === 'subject' && /[\r\n]/.test(text)) faults.push('改行は使えません');
  if (unwritable.test(text.replaceAll('\r\n', '\n'))) faults.push('制御文字は使えません');
  for (const [whole, name = ''] of text.matchAll(variablePattern)) {
    if (missing.includes(name)) faults.push(`変数 ${whole} はカードの通知では使えません`);
    if (Object.hasOwn(CUSTOMER_MAIL_VARIABLES, name)) continue;
    faults.push(`変数 ${whole.slice(0, 60)} はありません`);
  }
  if (text.replace(variablePattern, '').includes('@@')) faults.push('閉じていない @@ があります');
  return faults;
}

/** The words of one mail. A value is put in as it is: what looks like a variable in it stays text. */
export function fillTemplate(
  template: CustomerMailTemplate,
  values: CustomerMailValues,
): { readonly subject: string; readonly text: string } {
  const body = template.body.replaceAll('\r\n', '\n').split('\n');
  const text = body.filter((line) => !isDropped(line, values)).map((line) => fill(line, values));
  return {
    subject: oneLine(fill(template.subject, values)),
    text: `${text.join('\n').trimEnd()}\n`,
  };
}

function isDropped(line: string, values: CustomerMailValues): boolean {
  return [...line.matchAll(variablePattern)].some(
    ([, name]) => isVariable(name) && CUSTOMER_MAIL_VARIABLES[name].drops && values[name] === null,
  );
}

function fill(text: string, values: CustomerMailValues): string {
  return text.replace(variablePattern, (_, name: string) =>
    isVariable(name) ? clean(values[name] ?? '') : '',
  );
}

function isVariable(name: string | undefined): name is CustomerMailVariable {
  return name !== undefined && Object.hasOwn(CUSTOMER_MAIL_VARIABLES, name);
}

const clean = (value: string) =>
  value.replaceAll('\r\n', '\n').replace(new RegExp(unwritable, 'g'), ' ');

/** A header is one line, whatever a customer is called. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();

const closing = [
  '',
  '@@message_each_payment_method@@',
  'ご不明な点は、このメールにご返信ください。',
  '本メールは、ご注文の契約に関する大切なお知らせとしてお送りしています。',
  '',
  '-- ',
  '@@shop_name@@',
];
const opening = [
  '@@customer_name@@ 様',
  '',
  'いつもご利用いただきありがとうございます。@@shop_name@@ です。',
];
const order = ['', 'ご注文番号: @@order_number@@', 'ご請求額: @@amount@@', ''];
const cardPage =
  'カードの変更はこちらのページからお手続きください(@@link_expires_on@@ まで有効): @@card_update_url@@';

/** What a class of customers is told: what happened, and what they may do. */
const words: Readonly<Record<CustomerMailKind, { subject: string; lines: readonly string[] }>> = {
  card_expired: {
    subject: 'カードの有効期限をご確認ください',
    lines: [
      'ご登録のクレジットカードの有効期限が切れているため、ご請求の手続きができませんでした。',
      ...order,
      'お手数ですが、@@due_date@@ までに新しいカードをご登録ください。',
      cardPage,
    ],
  },
  card_cancelled: {
    subject: 'ご登録のカードをご利用いただけませんでした',
    lines: [
      'ご登録のクレジットカードは現在ご利用いただけないため、ご請求の手続きができませんでした。',
      ...order,
      'お手数ですが、@@due_date@@ までに別のカードをご登録ください。',
      cardPage,
    ],
  },
  limit_exceeded: {
    subject: 'カードのご利用限度額をご確認ください',
    lines: [
      'カード会社から、ご利用限度額を超えているとの回答があり、ご請求の手続きができませんでした。',
      ...order,
      '@@retry_date@@ にもう一度ご請求の手続きをいたします。',
      '限度額を引き上げられた場合や、別のカードをご希望の場合は、@@due_date@@ までにお知らせください。',
      cardPage,
    ],
  },
  insufficient_funds: {
    subject: 'お支払いの手続きができませんでした',
    lines: [
      'カード会社から、ご利用可能額が不足しているとの回答があり、ご請求の手続きができませんでした。',
      ...order,
      '@@retry_date@@ にもう一度ご請求の手続きをいたします。',
      '別のカードをご希望の場合は、@@due_date@@ までにお手続きください。',
      cardPage,
    ],
  },
  held: {
    subject: 'お支払いの手続きを確認中です',
    lines: [
      'カード会社で確認が必要となり、ご請求の手続きが完了していません。',
      ...order,
      '@@retry_date@@ にもう一度ご請求の手続きをいたします。',
      'お急ぎの場合は、カード会社にお問い合わせください。',
    ],
  },
  system: {
    subject: 'お支払いの手続きが完了していません',
    lines: [
      '通信などの事情により、ご請求の手続きが完了していません。',
      ...order,
      '@@retry_date@@ にもう一度ご請求の手続きをいたします。お客様のお手続きは不要です。',
    ],
  },
  bad_request: {
    subject: 'お支払いの手続きについて',
    lines: [
      'ご登録の内容に確認が必要なため、ご請求の手続きが完了していません。',
      ...order,
      'お手数ですが、@@due_date@@ までにご連絡ください。',
    ],
  },
  authentication: {
    subject: 'カードのご本人確認ができませんでした',
    lines: [
      'ご登録のクレジットカードの本人確認ができず、ご請求の手続きができませんでした。',
      ...order,
      'お手数ですが、@@due_date@@ までにカードの内容をご確認のうえ、もう一度ご登録ください。',
      cardPage,
    ],
  },
  unknown: {
    subject: 'お支払いの手続きができませんでした',
    lines: [
      'ご登録のクレジットカードでのご請求の手続きができませんでした。',
      ...order,
      'お手数ですが、@@due_date@@ までにご連絡ください。',
      cardPage,
    ],
  },
  carry_over: {
    subject: '次回のご請求とあわせてお支払いいただきます',
    lines: [
      'カード会社から、今月のご利用限度額を超えているとの回答があり、ご請求の手続きができませんでした。',
      ...order,
      '今回分は、次回のご請求とあわせて 1 回でご請求いたします。',
      '別のお支払いをご希望の場合は、@@due_date@@ までにご連絡ください。',
      cardPage,
    ],
  },
  card_refused: {
    subject: 'ご登録のカードをご利用いただけません',
    lines: [
      'カード会社に確認したところ、ご登録のクレジットカードは現在ご利用いただけないとの回答がありました。',
      'このままでは、次回のご請求の手続きができません。',
      '',
      'お手数ですが、@@due_date@@ までに別のカードをご登録ください。',
      cardPage,
    ],
  },
  card_expiring: {
    subject: 'カードの有効期限をご確認ください',
    lines: [
      'ご登録のクレジットカードの有効期限が切れているか、まもなく切れます。',
      '',
      'お手数ですが、@@due_date@@ までに新しいカードをご登録ください。',
      cardPage,
    ],
  },
};

/** The words that come with Tsukigime: version 0 of every kind. */
export function defaultTemplate(kind: CustomerMailKind): CustomerMailTemplate {
  const { subject, lines } = words[kind];
  return {
    subject: `【@@shop_name@@】${subject}${isCardNotice(kind) ? '' : '(ご注文番号 @@order_number@@)'}`,
    body: [...opening, ...lines, ...closing].join('\n'),
  };
}

/** Which words a case calls for: what happens next decides before the class does. */
export function customerMailKind(of: {
  readonly class: DeclineClass;
  readonly carriesOver: boolean;
}): CustomerMailKind {
  return of.carriesOver ? 'carry_over' : of.class;
}

/** A case that nobody has, for a look at the words. */
export const sampleValues: CustomerMailValues = {
  customer_name: '見本 花子',
  order_number: 'SAMPLE-1',
  amount: '3,980円',
  billing_month: '2026年11月',
  due_date: '2026年12月1日',
  retry_date: '2026年11月26日',
  card_update_url: 'https://shop.example.jp/card?t=SAMPLE',
  link_expires_on: '2026年12月8日',
  shop_name: '見本ショップ',
  message_each_payment_method: '',
};

/** The link of a look at a mail: it opens nothing. */
export function sampleLink(
  contact: { readonly cardPageUrl: string | null; readonly linkDays: number },
  now: string,
): { readonly url: string; readonly expiresAt: string } {
  const expiresAt = startOfBusinessDate(addDays(businessDateOf(now), contact.linkDays + 1));
  return { url: (contact.cardPageUrl ?? '').replace('{token}', 'SAMPLE'), expiresAt };
}
