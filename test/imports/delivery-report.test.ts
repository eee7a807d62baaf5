import { expect, test } from 'vitest';
import { isFaultOfAddress, readDeliveryReport } from '../../imports/delivery-report.ts';

const part = (contentType: string, ...lines: readonly string[]) => ({
  contentType,
  content: Buffer.from(lines.join('\r\n')),
});
const returned = part('text/rfc822-headers', 'Message-ID:', ' <a@mail.tsukigime>', 'To: x', '');
const status = (...lines: readonly string[]) =>
  part('message/delivery-status', 'Reporting-MTA: dns; mx', '', ...lines, '');

test('a report names the mail and whom it did not reach', () => {
  const failed = [
    'Final-Recipient: RFC822;',
    ' one@example.jp',
    'Action: Failed',
    'Status: 5.1.1 (x)',
  ];
  const delayed = [
    '',
    'Final-Recipient: rfc822; two@example.jp',
    'Action: delayed',
    'Status: 4.4.1',
  ];
  expect(readDeliveryReport([status(...failed, ...delayed), returned])).toEqual({
    messageId: '<a@mail.tsukigime>',
    failed: [{ address: 'one@example.jp', status: '5.1.1' }],
  });
});

test('what is no report, or names no mail, is none', () => {
  expect(readDeliveryReport([returned])).toBeNull();
  expect(readDeliveryReport([status('Action: failed')])).toBeNull();
  const nameless = part('message/rfc822', 'Subject: x', '', 'Message-ID: <a@b>');
  expect(readDeliveryReport([status('Action: failed'), nameless])).toBeNull();
});

test('only a fault of the address bars the address', () => {
  const bars = ['5.1.1', '5.1.10', '5.2.1', '5.0.0'];
  const spares = ['5.7.1', '5.2.2', '4.2.1', '5.1.7', '5.1.8', '5.5.0'];
  expect([bars, spares].map((codes) => codes.map(isFaultOfAddress))).toEqual([
    bars.map(() => true),
    spares.map(() => false),
  ]);
});
