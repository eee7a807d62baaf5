/**
 * Reports of mail servers on mails that came back: multipart/report with message/delivery-status
 * (RFC 3464). Answers without one, in words alone, are not understood: a person reads them.
 */

/** A part of a mail that is no text of its own, decoded. */
export interface MailPart {
  readonly contentType: string;
  readonly content: Buffer;
}

/** What came back. */
export interface DeliveryReport {
  /** `<id@domain>` of the mail, as its returned headers say. */
  readonly messageId: string;
  /** Recipients it will not reach (Action: failed); none while the server still tries. */
  readonly failed: readonly {
    readonly address: string;
    /** Enhanced status code: 5.1.1. */
    readonly status: string;
  }[];
}

/** A report is some kilobytes; what is longer is no report's part. */
const MOST_BYTES = 256 * 1024;

/** Null when the parts are no report, or name no mail. */
export function readDeliveryReport(parts: readonly MailPart[]): DeliveryReport | null {
  const status = parts.find(({ contentType }) => contentType === 'message/delivery-status');
  const returned = parts.find(({ contentType }) =>
    ['message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers'].includes(
      contentType,
    ),
  );
  if (status === undefined || returned === undefined) return null;
  const [headers] = readBlocks(returned.content);
  const messageId = headers?.get('message-id');
  if (messageId === undefined || !/^<[^<>\s]{1,250}>$/.test(messageId)) return null;
  const failed = readBlocks(status.content).flatMap((fields) => {
    const address = addressOf(fields.get('original-recipient') ?? fields.get('final-recipient'));
    const code = /^[45]\.\d{1,3}\.\d{1,3}/.exec(fields.get('status') ?? '')?.[0];
    return fields.get('action')?.toLowerCase() === 'failed' && address !== null
      ? [{ address, status: code ?? '5.0.0' }]
      : [];
  });
  return { messageId, failed };
}

/** Whether a status speaks of the address (5.1.x, 5.2.x), not of us or of the moment. */
export function isFaultOfAddress(status: string): boolean {
  return /^5\.(?:0\.0|1\.(?!7$|8$)\d+|2\.1)$/.test(status);
}

/** Blocks of header fields, with lines that go on joined; the first of a name counts. */
function readBlocks(content: Buffer): Map<string, string>[] {
  const text = content.subarray(0, MOST_BYTES).toString('utf8').replaceAll('\r\n', '\n');
  return text
    .split(/\n[ \t]*\n/)
    .map((block) => {
      const fields = new Map<string, string>();
      for (const line of block.replace(/\n[ \t]+/g, ' ').split('\n')) {
        const colon = line.indexOf(':');
        const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
        if (name !== '' && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
      }
      return fields;
    })
    .filter((fields) => fields.size > 0);
}

/** `rfc822; user@example.jp`, with or without the type. */
function addressOf(field: string | undefined): string | null {
  const address = field?.replace(/^[A-Za-z0-9-]+\s*;\s*/, '').replace(/^<(.*)>$/, '$1') ?? '';
  return /^[^\s@]+@[^\s@]+$/.test(address) ? address : null;
}
