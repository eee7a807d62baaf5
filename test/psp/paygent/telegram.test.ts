import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { paygentTelegramSchema } from '../../../billing/paygent-telegram.ts';
import {
  decodeTelegram,
  encodeFileRequest,
  encodeResultInquiry,
  maxTelegramBytes,
  sendingReference,
  TelegramError,
  type TelegramSender,
  telegramParameters,
} from '../../../psp/paygent/telegram.ts';
import { golden } from './golden.ts';

const settings = paygentTelegramSchema.parse({
  url: 'https://online.example/n/o/requestdata',
  connectId: 'connect-1',
});
const sender: TelegramSender = { merchantId: 'shop01', connectPassword: 'pass word&1', settings };
const reference = '2611a001-1-0123456789';

describe('telegram 200', () => {
  test('carries the parameters in their order and the bytes of the file', () => {
    const body = encodeFileRequest(sender, { reference, file: Buffer.from('1,020,shop01\r\n') });
    expect(body.toString()).toBe(
      'merchant_id=shop01&connect_id=connect-1&connect_password=pass+word%261&telegram_kind=200' +
        '&telegram_version=1.0&trading_id=2611a001-1-0123456789&data=1%2C020%2Cshop01%0D%0A',
    );
    const names = body
      .toString()
      .split('&')
      .map((pair) => pair.split('=')[0]);
    const known = telegramParameters.map(({ name }) => name);
    expect(names.filter((name) => name !== 'trading_id')).toEqual(known);
  });

  test('brings a transaction file over unchanged', () => {
    const file = golden('authorization.csv');
    const read = decodeTelegram(encodeFileRequest(sender, { reference, file }));
    expect(Buffer.from(read.file ?? [])).toEqual(file);
    expect(read.values.get('connect_password')).toBe('pass word&1');
  });

  test('brings any values and any bytes over unchanged', () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        ascii,
        ascii,
        ascii,
        fc.uint8Array({ maxLength: 300 }),
        (connectId, connectPassword, number, file) => {
          const from = { ...sender, connectPassword, settings: { ...settings, connectId } };
          const read = decodeTelegram(encodeFileRequest(from, { reference: number, file }));
          expect(read.kind).toBe('200');
          expect([...(read.file ?? [])]).toEqual([...file]);
          expect(Object.fromEntries(read.values)).toEqual({
            merchant_id: 'shop01',
            connect_id: connectId,
            connect_password: connectPassword,
            telegram_kind: '200',
            telegram_version: '1.0',
            trading_id: number,
          });
        },
      ),
    );
  });

  test('names no number of ours where Paygent keeps none', () => {
    const plain = { ...sender, settings: { ...settings, referenceName: null } };
    const body = encodeFileRequest(plain, { reference, file: Buffer.from('x') });
    expect(body.toString()).not.toContain(reference);
  });

  test('that is too long or not ASCII is not written, and no sentence says a secret', () => {
    const file = Buffer.alloc(maxTelegramBytes);
    expect(() => encodeFileRequest(sender, { reference, file })).toThrow(TelegramError);
    const wide = { ...sender, connectPassword: 'ひみつ' };
    const write = () => encodeFileRequest(wide, { reference, file: Buffer.from('x') });
    expect(write).toThrow('connect_password');
    expect(write).not.toThrow('ひみつ');
  });
});

test('a sending has a number of its own, and keeps it', () => {
  const name = { billingMonth: '2026-11', kind: 'auth', number: 1 } as const;
  const sending = { name, sendNumber: 1, sha256: '0123456789abcdef' };
  expect(sendingReference(sending)).toBe(reference);
  const others = [
    { ...sending, sendNumber: 2 },
    { ...sending, sha256: `f${sending.sha256}` },
    { ...sending, name: { ...name, kind: 'retry' } },
    { ...sending, name: { ...name, number: 11 } },
    { ...sending, name: { ...name, billingMonth: '2026-12' } },
  ] as const;
  expect(new Set([sending, ...others].map(sendingReference)).size).toBe(6);
  const long = sendingReference({ ...sending, name: { ...name, number: 9999 }, sendNumber: 99 });
  expect(long.length).toBeLessThanOrEqual(25);
});

describe('telegram 201', () => {
  const inquire = (more: Partial<TelegramSender['settings']>, acceptanceNumber: string | null) =>
    encodeResultInquiry(
      { ...sender, settings: { ...settings, ...more } },
      { reference, acceptanceNumber },
    )?.toString();

  test('asks by our own number, and by 受付番号 once it is known', () => {
    expect(inquire({}, null)).toMatch(/telegram_kind=201&.*&trading_id=2611a001-1-0123456789$/);
    expect(inquire({}, '2881')).toMatch(/&trading_id=2611a001-1-0123456789&acceptance_no=2881$/);
    expect(inquire({ referenceName: null, acceptanceName: 'no' }, '2881')).toMatch(/1\.0&no=2881$/);
  });

  test('is not asked where nothing would say which file is meant', () => {
    expect(inquire({ referenceName: null }, null)).toBeUndefined();
    expect(inquire({ referenceName: null, acceptanceName: null }, '2881')).toBeUndefined();
  });
});

describe('what is no telegram', () => {
  const cases: [string, Buffer, string][] = [
    ['no kind', Buffer.from('merchant_id=1&data=x'), 'telegram_kind'],
    ['a value twice', Buffer.from('telegram_kind=200&telegram_kind=201'), 'Parameter 2'],
    ['two files', Buffer.from('telegram_kind=200&data=a&data=b'), 'Parameter 3'],
    ['an odd name', Buffer.from('telegram_kind=200&%82=1'), 'Parameter 2'],
    ['no text', Buffer.from('telegram_kind=200&connect_id=%82'), 'Parameter 2'],
  ];
  test.each(cases)('%s is refused by its place', (_what, body, said) => {
    expect(() => decodeTelegram(body)).toThrow(TelegramError);
    expect(() => decodeTelegram(body)).toThrow(said);
  });

  test('values in Windows-31J are read', () => {
    const value = [...iconv.encode('能﨑①', 'cp932')].map((byte) => `%${byte.toString(16)}`);
    const body = Buffer.from(`telegram_kind=200&connect_id=${value.join('')}`);
    expect(decodeTelegram(body).values.get('connect_id')).toBe('能﨑①');
  });
});
