import { createHash } from 'node:crypto';
import { simpleParser } from 'mailparser';
import type { CardNumberFinding, FileGuard } from '../db/queries/files.ts';
import { createCardNumberGuard } from '../imports/card-number-guard.ts';
import { type DeliveryReport, readDeliveryReport } from '../imports/delivery-report.ts';

/** A mail as decoded: what handlers look at. */
export interface InboundMail {
  readonly messageId: string | null;
  readonly subject: string;
  readonly text: string;
  /**
   * Of Message-ID, date, subject and text: the same for a mail that comes twice (in copy, or under a
   * new UIDVALIDITY), another for two mails to which a careless system gave one Message-ID.
   */
  readonly sha256: string;
  /** The first card number in any part of it; null = none. */
  readonly finding: CardNumberFinding | null;
  /** What a mail server reports of a mail that came back; null = it is no such report. */
  readonly report: DeliveryReport | null;
}

/** Decodes a mail; one that cannot be decoded is a mail without words, known by its bytes. */
export async function readInboundMail(bytes: Buffer): Promise<InboundMail> {
  try {
    const mail = await simpleParser(bytes, {
      skipTextToHtml: true,
      skipImageLinks: true,
      keepDeliveryStatus: true,
    });
    const subject = oneLine(mail.subject ?? '');
    const text = mail.text ?? '';
    const messageId = mail.messageId === undefined ? null : oneLine(mail.messageId);
    const date = mail.date?.toISOString() ?? '';
    return {
      messageId,
      subject,
      text,
      sha256: hash(JSON.stringify([messageId, date, subject, text])),
      report: readDeliveryReport(mail.attachments),
      finding: lookAtAll([
        bodyOf(bytes),
        Buffer.from(`${subject}\n${text}`),
        ...(typeof mail.html === 'string' ? [Buffer.from(mail.html)] : []),
        ...mail.attachments.flatMap(({ filename, content }) => [
          Buffer.from(filename ?? ''),
          content,
        ]),
      ]),
    };
  } catch {
    const finding = lookAtAll([bodyOf(bytes)]);
    return { messageId: null, subject: '', text: '', sha256: hash(bytes), finding, report: null };
  }
}

/** The guard of a mail's bytes, whose verdict was reached over its decoded parts. */
export function guardOf(mail: Pick<InboundMail, 'finding'>): FileGuard {
  return { write: () => {}, end: () => mail.finding, finding: mail.finding };
}

const hash = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** Headers of the way hold long numbers of machines (IDs, signatures); the words are looked at decoded. */
function bodyOf(bytes: Buffer): Buffer {
  const ends = [bytes.indexOf('\r\n\r\n'), bytes.indexOf('\n\n')].filter((at) => at >= 0);
  return ends.length === 0 ? bytes : bytes.subarray(Math.min(...ends));
}

function lookAtAll(parts: readonly Uint8Array[]): CardNumberFinding | null {
  for (const part of parts) {
    const guard = createCardNumberGuard({ header: false });
    guard.write(part);
    const finding = guard.end();
    if (finding !== null) return finding;
  }
  return null;
}

/** Fit for a list and for Postgres, which holds no NUL. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 500);
}
