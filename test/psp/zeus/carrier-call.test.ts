import { describe, expect, test } from 'vitest';
import { hashParameters, orderingKeyOf } from '../../../billing/carrier-result.ts';
import { carrierSettingsSchema } from '../../../billing/carrier-settings.ts';
import { encodeForm } from '../../../billing/form-parameters.ts';
import { readCarrierCall } from '../../../psp/zeus/carrier-call.ts';

const settings = carrierSettingsSchema.parse({});
const given = {
  clientip: '12345',
  ordd: 'ord-1',
  money: '1980',
  telno: '090-0000-0000',
  email: 'buyer@example.jp',
  sendid: '会員①',
  sendpoint: 'x',
  result: 'OK',
  carrier: 'docomo',
};
const form = (parameters: Record<string, string>, encoding: 'cp932' | 'utf-8' = 'utf-8') =>
  encodeForm(Object.entries(parameters), encoding) ?? Buffer.alloc(0);
const none = Buffer.alloc(0);
const read = (changed: Partial<typeof given>, named = settings) =>
  readCarrierCall({ query: none, body: form({ ...given, ...changed }) }, named);

describe('a call', () => {
  test('is read into its fields', () => {
    expect(read({})).toEqual({
      kind: 'result',
      result: {
        ipCode: '12345',
        orderNumber: 'ord-1',
        result: 'OK',
        carrier: 'docomo',
        amountYen: 1980,
        phone: '09000000000',
        email: 'buyer@example.jp',
        sendId: '会員①',
        sendPoint: 'x',
        encoding: 'utf-8',
        parameters: Object.entries(given),
        parametersSha256: hashParameters(Object.entries(given)),
      },
    });
  });

  test('means the same in query or body, in any order and encoding', () => {
    const hashes = [
      { query: form(given, 'cp932'), body: none },
      { query: form({ result: 'OK' }), body: form(given) },
      { query: none, body: form(Object.fromEntries(Object.entries(given).reverse())) },
    ].map((call) => {
      const found = readCarrierCall(call, settings);
      return found.kind === 'result' ? found.result.parametersSha256 : found;
    });
    expect(new Set(hashes)).toEqual(new Set([hashParameters(Object.entries(given))]));
  });

  test('needs its codes and its result, and nothing else', () => {
    const { clientip, ordd, result } = given;
    const bare = readCarrierCall({ query: form({ clientip, ordd, result }), body: none }, settings);
    expect(bare).toMatchObject({ result: { amountYen: null, email: null, phone: null } });
    expect(read({ clientip: '', ordd: ' ', result: '' })).toMatchObject({
      kind: 'unusable',
      findings: [
        { field: 'ipCode', parameter: 'clientip', code: 'missing' },
        { field: 'orderNumber', parameter: 'ordd', code: 'missing' },
        { field: 'result', parameter: 'result', code: 'missing' },
      ],
    });
  });

  test.each([
    ['an amount that is no yen', { money: '1.5' }, 'not_yen'],
    ['an amount that is too large', { money: '1234567890' }, 'not_yen'],
    ['a value that is too long', { sendid: 'x'.repeat(501) }, 'too_long'],
    ['a value of few characters but many bytes', { ordd: '注'.repeat(167) }, 'too_long'],
  ])('with %s is unusable', (_what, changed, code) => {
    expect(read(changed)).toMatchObject({ kind: 'unusable', findings: [{ code }] });
  });

  test('that says two things at once is unusable', () => {
    const query = form({ result: 'NG' });
    expect(readCarrierCall({ query, body: form(given) }, settings)).toMatchObject({
      findings: [{ field: 'result', code: 'repeated' }],
    });
  });

  test('bears an IPコード of the merchant, where those are known', () => {
    const named = carrierSettingsSchema.parse({ ipCodes: ['12345'] });
    expect(read({}, named).kind).toBe('result');
    expect(read({ clientip: '99999' }, named)).toMatchObject({
      findings: [{ code: 'unknown_ip_code' }],
    });
  });

  test('has the names that the settings say', () => {
    const named = carrierSettingsSchema.parse({ parameterNames: { orderNumber: 'order_no' } });
    const { ordd, ...rest } = given;
    const body = form({ ...rest, order_no: ordd });
    expect(readCarrierCall({ query: none, body }, named)).toMatchObject({
      result: { orderNumber: 'ord-1' },
    });
    expect(read({}, named)).toMatchObject({ findings: [{ parameter: 'order_no' }] });
  });

  test('in another encoding than the settings say is no text', () => {
    const named = carrierSettingsSchema.parse({ encoding: 'utf-8' });
    const call = { query: none, body: form(given, 'cp932') };
    expect(readCarrierCall(call, named)).toMatchObject({ findings: [{ code: 'not_text' }] });
  });

  test('of one payment has one ordering key', () => {
    expect(orderingKeyOf({ ipCode: '1', orderNumber: '2' })).toBe('1:2');
  });
});
