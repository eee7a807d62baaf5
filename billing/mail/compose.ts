import type { MailText } from './templates.ts';

/** The body of a mail to operators: the words, where to act, and who sends it. */
export function composeMailBody(
  words: MailText,
  from: {
    readonly merchantName: string;
    readonly merchantSlug: string;
    /** Address of the console, without a slash at its end; null = mails carry no links. */
    readonly consoleUrl: string | null;
  },
): string {
  const link =
    words.link === null || from.consoleUrl === null
      ? []
      : ['', `画面: ${from.consoleUrl}/merchants/${from.merchantSlug}/${words.link}`];
  return [
    words.text,
    ...link,
    '',
    '-- ',
    `加盟店: ${from.merchantName}`,
    'このメールは Tsukigime が自動で送信しています。',
    '',
  ].join('\n');
}
