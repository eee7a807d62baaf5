import { z } from 'zod';
import { billingMonthPattern } from '../billing-month.ts';
import { LAST_DAY_RULES, type LastDayRule } from '../capture-settings.ts';
import { formatYen } from '../money.ts';
import { importTemplates } from './import-templates.ts';
import { migrationTemplates } from './migration-templates.ts';
import { refreshTemplates } from './refresh-templates.ts';
import { type MailText, type Template, template } from './template.ts';

export type { MailText } from './template.ts';

/**
 * What Tsukigime tells operators, by mail and by notice: what happened, what was kept, what to do
 * next. A template's parameters are written into the outbox and may be read by whoever looks at it:
 * numbers, months and our own sentences, never a customer's name or address.
 */

const month = z.string().regex(billingMonthPattern);
const count = z.int().min(0);
const date = z.iso.date();
/** A sentence that our own code wrote for operators. */
const sentence = z.string().min(1).max(2000);

/** The file exchange that a mail is about. */
const exchange = z.strictObject({
  month,
  kind: z.enum(['auth', 'capture', 'retry', 'link', 'refresh']),
  number: z.int().min(1),
  fileName: z.string().max(200),
  records: count,
  amountYen: count,
});
type ExchangeParameters = z.output<typeof exchange>;

const exchangeLink = (of: ExchangeParameters) => `exchanges/${of.month}/${of.kind}/${of.number}`;
const describeFile = (of: ExchangeParameters) =>
  `${of.fileName}(${of.records} 件、${formatYen(of.amountYen)})`;
const lines = (...all: readonly string[]) => all.join('\n');

export const mailTemplates = {
  ...refreshTemplates,
  ...migrationTemplates,
  ...importTemplates,
  /** A file waits for the operator who carries it to the portal. */
  hand_over_waiting: template(exchange.extend({ waitingDays: count }), (of) => ({
    subject: `${of.month} のファイルのアップロードをお願いします`,
    text: lines(
      `${describeFile(of)}のアップロードを待っています(${describeWait(of.waitingDays)})。`,
      'ペイジェントオンラインにアップロードし、表示された受付番号または書式エラーを記録してください。',
      'アップロードを済ませたかどうか分からない場合は、もう一度アップロードせず、先にペイジェントの一覧で確かめてください。',
    ),
    link: exchangeLink(of),
  })),
  /** The PSP has the file; its result was not brought back yet. */
  result_waiting: template(
    exchange.extend({ acceptanceNumber: z.string().max(32), waitingDays: count }),
    (of) => ({
      subject: `${of.month} の結果ファイルの取り込みをお願いします`,
      text: lines(
        `${describeFile(of)}の結果を待っています(${describeWait(of.waitingDays)})。`,
        `ペイジェントオンラインで受付番号 ${of.acceptanceNumber} の結果ファイルを取り出し、取り込んでください。`,
        '取り出せるのは直近10件までです。',
      ),
      link: exchangeLink(of),
    }),
  ),
  orders_waiting: template(z.strictObject({ month, waitingDays: count }), (of) => ({
    subject: `${of.month} の注文CSVの取り込みをお願いします`,
    text: lines(
      `${of.month} の請求は注文CSVを待っています(${describeWait(of.waitingDays)})。`,
      'カートから注文CSVを出力し、取り込んでください。まだ何も請求していません。',
    ),
    link: `cycles/${of.month}`,
  })),
  /** Somebody must let a month's billing go; nothing has left. */
  approval_waiting: template(
    z.strictObject({
      month,
      preview: z.int().min(1),
      charges: count,
      amountYen: count,
      why: sentence,
      /** What was shown before is not what would be billed now. */
      again: z.boolean(),
      waitingDays: count,
    }),
    (of) => ({
      subject: `${of.month} の請求の承認をお願いします(${of.charges} 件)`,
      text: lines(
        `${of.month} の請求 ${of.charges} 件、${formatYen(of.amountYen)}が承認を待っています(${describeWait(of.waitingDays)})。`,
        ...(of.again ? ['内容が変わったため、以前のプレビューと承認は無効になりました。'] : []),
        of.why,
        `プレビュー ${of.preview} で前月との差分を確かめ、承認するか差し戻してください。承認するまで、ファイルは作成しません。`,
      ),
      link: `cycles/${of.month}`,
    }),
  ),
  /** Whatever else a month waits for a person with. */
  attention: template(z.strictObject({ month, sentence }), (of) => ({
    subject: `${of.month} の請求に確認が必要です`,
    text: of.sentence,
    link: `cycles/${of.month}`,
  })),
  /** A step of a month was refused; the month stands still and tries again. */
  refused_step: template(z.strictObject({ month, sentence }), (of) => ({
    subject: `${of.month} の請求が止まっています`,
    text: lines(
      of.sentence,
      '原因を取り除いたら「再開」を実行してください。1時間ごとに自動でも再試行します。',
    ),
    link: `cycles/${of.month}`,
  })),
  /** Authorizations that the PSP will void unless they are captured. */
  deadline_near: template(
    z.strictObject({
      month,
      expiresOn: date,
      days: count,
      charges: count,
      amountYen: count,
      /** Of them, on hold. */
      held: count.default(0),
      /** Of them, in capture files that nobody has handed over. */
      inFiles: count.default(0),
    }),
    (of) => ({
      subject: `オーソリの期限まであと ${of.days} 日です(${of.month}、${of.charges} 件)`,
      text: lines(
        `${of.month} のオーソリ ${of.charges} 件、${formatYen(of.amountYen)}が ${of.expiresOn} の午前0時に期限切れになります。`,
        ...describeHeld(of.held),
        ...(of.inFiles > 0
          ? [
              `うち ${of.inFiles} 件は売上ファイルまたは売上リストに入っていますが、ペイジェントでの処理が記録されていません。期限までに処理し、記録してください。`,
            ]
          : []),
        '売上処理をしない場合、ペイジェントが自動で取り消し、請求できなくなります。出荷状況を確かめ、売上処理を行ってください。',
      ),
      link: `cycles/${of.month}`,
    }),
  ),
  /** What the last-day rule does, or asks. */
  last_day: template(
    z.strictObject({
      month,
      expiresOn: date,
      rule: z.enum(LAST_DAY_RULES),
      charges: count,
      amountYen: count,
      held: count,
      /** What the rule may take. */
      free: count,
      freeYen: count,
    }),
    (of) => ({
      subject: `オーソリの期限が近づいています(${of.month}、${of.charges} 件)`,
      text: lines(
        `${of.month} のオーソリ ${of.charges} 件、${formatYen(of.amountYen)}が ${of.expiresOn} の午前0時に期限切れになります。`,
        ...(of.free > 0 ? [describeRule(of.rule, of.free, of.freeYen)] : []),
        ...describeHeld(of.held),
        '期限切れになると請求できなくなり、請求するにはもう一度オーソリが必要です。',
      ),
      link: `cycles/${of.month}`,
    }),
  ),
  /** Declined charges that nobody paid by the set day: the shop stops what it still sends. */
  ng_given_up: template(z.strictObject({ month, charges: count, amountYen: count }), (of) => ({
    subject: `${of.month} のNG ${of.charges} 件の請求を断念しました`,
    text: lines(
      `${of.month} のオーソリNGのうち ${of.charges} 件、${formatYen(of.amountYen)}の請求を断念しました。`,
      '注文と経緯は残っています。NG対応の一覧(完了・請求断念)で注文を確かめ、定期購入の停止など、ショップ側の手続きを行ってください。',
      '請求し直す場合は「断念・キャンセルした請求を戻す」を実行してください(締め済みの月を除きます)。',
    ),
    link: `ng-cases?month=${of.month}`,
  })),
  send_errors_digest: template(z.strictObject({ count, oldestOn: date }), (of) => ({
    subject: `キャリア決済の結果通知に送信エラーが ${of.count} 件あります`,
    text: lines(
      `未処理の送信エラーが ${of.count} 件あります(最も古いものは ${of.oldestOn})。`,
      '通知の内容は保存済みです。送信先を確かめ、再送するか、処理済みにしてください。',
    ),
    link: 'send-errors',
  })),
  webhook_errors_digest: template(
    z.strictObject({ endpoint: z.string().max(64), count, oldestOn: date }),
    (of) => ({
      subject: `Webhook ${of.endpoint} に届かなかった通知が ${of.count} 件あります`,
      text: lines(
        `再試行しても届かなかった通知が ${of.count} 件あります(最も古いものは ${of.oldestOn})。`,
        '通知の内容は保存済みです。受信側を確かめてから、送信記録の画面で再送してください(tsukigime webhooks log / resend でもできます)。',
      ),
      link: `webhooks/${of.endpoint}`,
    }),
  ),
  /** Nothing leaves for an endpoint that fails again and again, but a try after each pause. */
  endpoint_down: template(
    z.strictObject({
      endpoint: z.string().max(64),
      kind: z.enum(['carrier', 'webhook']),
      failures: count,
      pauseSeconds: count,
    }),
    (of) => ({
      subject: `送信先 ${of.endpoint} が応答していません`,
      text: lines(
        `${of.failures} 回続けて失敗したため、送信先 ${of.endpoint} への送信を一時停止しました。${of.pauseSeconds} 秒ごとに1件だけ送信し、復旧を確かめています。`,
        '未送信の通知はすべて保存済みで、復旧すると自動で順に送信します。受信側のシステム(URL、証明書、ファイアウォール)を確かめてください。復旧を確かめたら「送信を再開する」ですぐに送信できます。',
      ),
      link: of.kind === 'carrier' ? 'delivery-endpoints?show=carrier' : `webhooks/${of.endpoint}`,
    }),
  ),
  /** 処理完了メール counts other records than our file has. */
  completion_count_differs: template(
    exchange.extend({ acceptanceNumber: z.string().max(32), mailRecords: count }),
    (of) => ({
      subject: `処理完了メールの件数がファイルと一致しません(受付番号 ${of.acceptanceNumber})`,
      text: lines(
        `受付番号 ${of.acceptanceNumber} の処理完了メールの件数は ${of.mailRecords} 件ですが、${describeFile(of)}を送りました。`,
        '処理完了は記録しました。受付番号が正しいファイルに記録されているか、ペイジェントの一覧で確かめてください。',
      ),
      link: exchangeLink(of),
    }),
  ),
  /** 処理完了メール of a 受付番号 that nobody has recorded: a file was billed of which we do not know. */
  completion_unmatched: template(
    z.strictObject({ acceptanceNumber: z.string().max(32) }),
    (of) => ({
      subject: `記録のない受付番号の処理完了メールが届いています(受付番号 ${of.acceptanceNumber})`,
      text: lines(
        `受付番号 ${of.acceptanceNumber} の処理完了メールが届きましたが、この受付番号を記録したファイルがありません。`,
        'ペイジェントの一覧で、受付番号の記録漏れや誤記がないか、同じファイルを二度アップロードしていないかを確かめてください。二度アップロードした場合は二重にオーソリされているため、余分な分をペイジェントの画面で取り消してください。',
      ),
      link: 'mailbox?state=waiting',
    }),
  ),
} as const;

export type MailTemplate = keyof typeof mailTemplates;
export type MailParameters<Name extends MailTemplate> = z.input<
  (typeof mailTemplates)[Name]['parameters']
>;

/** A template of this version that the outbox names; rows may be older or newer than the code. */
export function isMailTemplate(name: string): name is MailTemplate {
  return Object.hasOwn(mailTemplates, name);
}

/**
 * The words of a mail.
 * @throws ZodError when the parameters are not the template's: a mistake in our code.
 */
export function writeMail<Name extends MailTemplate>(name: Name, parameters: unknown): MailText {
  const { parameters: schema, write } = mailTemplates[name] as unknown as Template<z.ZodType>;
  return write(schema.parse(parameters));
}

function describeWait(days: number): string {
  return days === 0 ? '本日から' : `${days} 日経過`;
}

function describeHeld(held: number): string[] {
  return held > 0
    ? [
        `うち ${held} 件は保留中です。保留中の注文は自動では処理しません。保留を解除するか、取り消してください。`,
      ]
    : [];
}

function describeRule(rule: LastDayRule, free: number, freeYen: number): string {
  const orders = `${free} 件(${formatYen(freeYen)})`;
  switch (rule) {
    case 'ask':
      return `${orders}を売上処理するか、取り消すかを決めてください。自動では処理しません。`;
    case 'capture':
      return `設定により、${orders}を売上処理に回します。作成される売上ファイル(または売上リスト)を、期限までにペイジェントで処理してください。`;
    case 'void':
      return `設定により、${orders}を取消リストに載せます。ペイジェントの画面で取り消し、結果を記録してください。`;
  }
}
