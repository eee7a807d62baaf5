import { randomUUID } from 'node:crypto';

/** What a mail server writes back when nobody has that address (RFC 3464). */
export function writeBounceReport(recipient: string, messageId: string): string[] {
  return [
    `Message-ID: <${randomUUID()}@mx.example.jp>`,
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="B"',
    ...['', '--B', 'Content-Type: text/plain', '', 'Not delivered.'],
    ...['--B', 'Content-Type: message/delivery-status', ''],
    ...['Reporting-MTA: dns; mx.example.jp', ''],
    ...[`Final-Recipient: rfc822; ${recipient}`, 'Action: failed', 'Status: 5.1.1', ''],
    ...['--B', 'Content-Type: text/rfc822-headers', ''],
    ...[`Message-ID: ${messageId}`, '', '--B--', ''],
  ];
}
