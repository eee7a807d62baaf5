import { describe, expect, test } from 'vitest';
import { createFileGuard } from '../../activities/file-guard.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { cagolabProfile } from '../../billing/order-profile.ts';
import { cardLikeNumber } from '../db/card-like-number.ts';

const settings = merchantSettingsSchema.parse({});
const number = cardLikeNumber();

function look(kind: string, text: string, withSettings = settings) {
  const guard = createFileGuard(kind, withSettings);
  guard.write(Buffer.from(text));
  return guard.end();
}

describe('the guard of an order export', () => {
  test.each(['注文番号', '顧客番号', '直前回注文番号'])(
    'lets our own numbers in %s pass',
    (name) => {
      expect(look('order-export', `${name},備考\r\n${number},x\r\n`)).toBeNull();
    },
  );

  test.each(['備考', '電話番号', '購入金額'])('finds a card number in %s', (name) => {
    expect(look('order-export', `${name},x\r\n${number},x\r\n`)).toMatchObject({
      line: 2,
      column: name,
    });
  });

  test("knows the merchant's own names of its columns", () => {
    const columns = {
      ...cagolabProfile.columns,
      orderNumber: { ...cagolabProfile.columns.orderNumber, name: 'ID' },
    };
    const mapped = merchantSettingsSchema.parse({ orderProfile: { ...cagolabProfile, columns } });
    expect(look('order-export', `ID,備考\r\n${number},x\r\n`, mapped)).toBeNull();
    expect(look('order-export', `注文番号,備考\r\n${number},x\r\n`, mapped)).not.toBeNull();
  });
});

describe.each(['auth-result', 'capture-result'])('the guard of %s', (kind) => {
  const row = (at: number) => {
    const columns = Array.from({ length: 20 }, (_, i) => (i + 1 === at ? number : ''));
    return `1,020,M1\r\n${columns.join(',')}\r\n4,1\r\n`;
  };

  test.each([
    ['C', 3],
    ['L', 12],
    ['N', 14],
    ['決済ID', 17],
  ])('lets numbers in %s pass', (_name, at) => {
    expect(look(kind, row(at))).toBeNull();
  });

  test('finds a card number in every other column', () => {
    for (const at of [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 16, 18, 19, 20]) {
      expect(look(kind, row(at)), String(at)).toMatchObject({ line: 2, columnNumber: at });
    }
  });
});

test('an unknown kind exempts nothing', () => {
  expect(look('whatever', `注文番号\r\n${number}\r\n`)).not.toBeNull();
});

describe('the guard of a file of returned cards', () => {
  const withService = merchantSettingsSchema.parse({ paymentMethods: { cardService: 'YAMATO' } });
  const names = [
    '顧客ID',
    'カード番号下3桁',
    'カードブランド',
    '有効期限',
    'カード認証キー',
    '備考',
  ];

  test('looks into every column but our own number', () => {
    for (const [at, name] of names.entries()) {
      const row = names.map((_, index) => (index === at ? number : 'x'));
      const found = look('returned-cards', `${names}\r\n${row}\r\n`, withService);
      expect(found, name).toEqual(
        at === 0 ? null : expect.objectContaining({ line: 2, column: name }),
      );
    }
  });

  test('refuses what is no such file, before anything of it is kept', () => {
    expect(() => look('returned-cards', '顧客ID,x\r\n1,2\r\n', withService)).toThrow(
      expect.objectContaining({ code: 'wrong_columns' }),
    );
  });
});
