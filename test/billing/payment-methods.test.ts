import { describe, expect, test } from 'vitest';
import {
  chooseCardService,
  explainUnusable,
  fillPaymentMethodText,
  paymentMethodsSchema,
} from '../../billing/payment-methods.ts';

const methods = (yamato: object) =>
  paymentMethodsSchema.parse({ cardService: 'YAMATO', services: { YAMATO: yamato } });

describe('the service that keeps the cards', () => {
  test('is the one in use', () => {
    expect(chooseCardService(methods({}))).toEqual({ kind: 'chosen', service: 'YAMATO' });
  });

  test.each([
    ['none is chosen', paymentMethodsSchema.parse({}), '利用サービスが設定されていません'],
    ['it is not used', methods({ availability: 'unused' }), '利用しない'],
    ['its values are placeholders', methods({ provisional: true }), '審査完了前'],
  ])('is refused when %s, with what to do', (_, given, said) => {
    const chosen = chooseCardService(given);
    expect(chosen).toMatchObject({ kind: 'refused', ja: expect.stringContaining(said) });
    expect(chosen).toMatchObject({ ja: expect.stringContaining('支払い方法設定を直してください') });
  });
});

test('利用しない and 審査完了前 of one PSP say nothing of another', () => {
  const given = paymentMethodsSchema.parse({
    services: { PAYGENT: { availability: 'unused' }, ZEUS: { provisional: true } },
  });
  expect(explainUnusable(given, 'PAYGENT')).toContain('PAYGENT の利用可否が「利用しない」');
  expect(explainUnusable(given, 'ZEUS')).toContain('ZEUS の設定が「審査完了前(仮の値)」');
  expect(explainUnusable(given, 'GMO')).toBeNull();
});

describe('テンキーパッド入力', () => {
  const keypad = (privateIp: string | null, port: number | null) =>
    paymentMethodsSchema.safeParse({
      services: { YAMATO: { keypad: { enabled: true, privateIp, port } } },
    });

  test.each(['10.0.0.1', '172.16.0.1', '172.31.255.1', '192.168.1.9'])('takes %s', (ip) => {
    expect(keypad(ip, 8000).success).toBe(true);
  });

  test.each([
    [null, 8000, ['プライベートIP', 'ルミーズ']],
    ['10.0.0.1', null, ['ポート番号', 'ルミーズ']],
    ['8.8.8.8', 8000, ['プライベートIP']],
    ['172.32.0.1', 8000, ['プライベートIP']],
    ['10.0.0', 8000, ['IP']],
  ])('refuses IP %s and port %s with its message', (ip, port, said) => {
    const message = keypad(ip, port)
      .error?.issues.map((issue) => issue.message)
      .join();
    for (const word of said) expect(message).toContain(word);
  });
});

test('通知メール文 takes the place of its token, and nothing does where there is none', () => {
  const text = 'ご注文\n@@message_each_payment_method@@\n敬具 @@message_each_payment_method@@';
  expect(fillPaymentMethodText(text, 'カード $& で')).toBe(
    'ご注文\nカード $& で\n敬具 カード $& で',
  );
  expect(fillPaymentMethodText(text, null)).not.toContain('@@');
});
