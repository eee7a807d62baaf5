import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCardPageLink, signCardPageLink } from '../../../billing/card-page-link.ts';
import { nextContactAt, nextContactDay } from '../../../billing/contact-hours.ts';
import { writeCustomerMail } from '../../../billing/mail/customer-mail.ts';
import {
  CUSTOMER_MAIL_KINDS,
  defaultTemplate,
  fillTemplate,
  findTemplateFaults,
  isCardNotice,
  sampleValues,
} from '../../../billing/mail/customer-templates.ts';
import { merchantSettingsSchema } from '../../../billing/merchant-settings.ts';

const now = '2026-11-24T01:00:00.000Z';
const occasion = {
  merchant: { name: 'テスト商店' },
  month: '2026-11',
  orderNumber: 'A-1',
  customerName: '顧客 一号',
  amountYen: 3980,
  retryAt: null,
  cardService: null,
  link: null,
  now,
};

describe('the words', () => {
  test('that come with Tsukigime are whole for every kind, with and without a link', () => {
    const settings = merchantSettingsSchema.parse({});
    const link = { url: 'https://shop.example.jp/card?t=1', expiresAt: '2026-12-08T15:00:00.000Z' };
    for (const kind of CUSTOMER_MAIL_KINDS) {
      const template = defaultTemplate(kind);
      expect(findTemplateFaults(template, kind)).toEqual([]);
      const without = writeCustomerMail(template, { ...occasion, settings });
      expect(`${without.subject}${without.text}`).not.toMatch(/@@|undefined|null/);
      expect(without.text.includes('3,980')).toBe(!isCardNotice(kind));
      expect(without.text).not.toContain('こちらのページ');
      const filled = fillTemplate(template, sampleValues);
      expect(`${filled.subject}${filled.text}`).not.toContain('@@');
    }
    const { text } = writeCustomerMail(defaultTemplate('card_expired'), {
      ...{ ...occasion, settings },
      link,
    });
    expect(text).toContain('2026年12月8日 まで有効): https://shop.example.jp/card?t=1');
  });

  test('name what is wrong with them', () => {
    const faults = findTemplateFaults(
      {
        subject: 'a\nb',
        body: '@@customer_nmae@@ @@order_number',
      },
      'held',
    );
    expect(faults).toEqual([
      { field: 'subject', message: '改行は使えません' },
      { field: 'body', message: '変数 @@customer_nmae@@ はありません' },
      { field: 'body', message: '閉じていない @@ があります' },
    ]);
    expect(findTemplateFaults({ subject: '', body: 'x'.repeat(8001) }, 'held')).toHaveLength(2);
    const ofCharge = { subject: '@@amount@@', body: '@@card_update_url@@' };
    expect(findTemplateFaults(ofCharge, 'held')).toEqual([]);
    expect(findTemplateFaults(ofCharge, 'card_refused')).toMatchObject([{ field: 'subject' }]);
  });

  test('take 通知メール文 of the card’s own service', () => {
    const settings = merchantSettingsSchema.parse({
      paymentMethods: { cardService: 'ZEUS', services: { GMO: { mailText: 'GMO の案内' } } },
    });
    const template = { subject: 's', body: '<@@message_each_payment_method@@>' };
    const text = (cardService: string | null) =>
      writeCustomerMail(template, { ...occasion, settings, cardService }).text;
    expect([text('GMO'), text(null)]).toEqual(['<GMO の案内>\n', '<>\n']);
  });

  test('no value adds a header line or a variable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const values = { ...sampleValues, customer_name: `${name}\r\nBcc: x@example.jp` };
        const { subject } = fillTemplate({ subject: '@@customer_name@@', body: 'b' }, values);
        expect(subject).not.toMatch(/[\r\n\u2028\u2029]/);
      }),
    );
    const values = { ...sampleValues, customer_name: '@@amount@@' };
    expect(fillTemplate({ subject: 's', body: '@@customer_name@@' }, values).text).toBe(
      '@@amount@@\n',
    );
  });
});

describe('the link', () => {
  const secret = 'secret of the test';
  const link = {
    id: '0b6f5c0e-7a53-4c0e-9d5e-6f0a4d1f9f11',
    expiresAt: '2026-12-08T15:00:00.000Z',
  };
  const token = signCardPageLink('m-one', link, secret);
  const of = { merchant: 'm-one', secret, now };

  test('is good until its instant, for its merchant and its secret alone', () => {
    expect(readCardPageLink(token, of)).toEqual({ kind: 'good', link });
    expect(readCardPageLink(token, { ...of, now: link.expiresAt }).kind).toBe('expired');
    expect(readCardPageLink(token, { ...of, merchant: 'm-two' })).toEqual({ kind: 'forged' });
    expect(readCardPageLink(token, { ...of, secret: 'another' })).toEqual({ kind: 'forged' });
  });

  test('with any character changed, added or taken away is forged', () => {
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='];
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom(...alphabet),
        fc.constantFrom('replace', 'insert', 'cut'),
        (at, char, how) => {
          const rest = token.slice(how === 'insert' ? at : at + 1);
          const changed = `${token.slice(0, at)}${how === 'cut' ? '' : char}${rest}`;
          fc.pre(changed !== token);
          expect(readCardPageLink(changed, of)).toEqual({ kind: 'forged' });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test('mails leave in the hours of the merchant', () => {
  const hours = { from: '09:00', to: '20:00' };
  const at = (time: string) => nextContactAt(`2026-11-24T${time}:00.000Z`, hours);
  expect(at('01:00')).toBe('2026-11-24T01:00:00.000Z');
  expect(at('11:00')).toBe('2026-11-25T00:00:00.000Z');
  expect(at('16:00')).toBe('2026-11-25T00:00:00.000Z');
  expect(nextContactDay(now, hours)).toBe('2026-11-25T00:00:00.000Z');
});
