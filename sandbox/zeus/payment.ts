import { createRandom, hashWords } from '../shop/random.ts';
import type { FormParameters } from './form.ts';
import { CARRIERS, type CarrierVerdict, type ZeusMerchant } from './merchant.ts';

/** One result of a carrier payment, as ZEUS knows it. */
export interface ZeusPayment {
  readonly ipCode: string;
  /** オーダーNo. */
  readonly orderNumber: string;
  readonly amountYen: number;
  readonly result: CarrierVerdict;
  readonly carrier: string;
  /** The customer's, free of anything that could belong to a person. */
  readonly telephone: string;
  readonly email: string;
  readonly sendId: string;
  readonly sendPoint: string;
}

const sendPoints = ['会員登録', 'ポイント①', '能登の表構'];

/** The `n`-th payment of a merchant, drawn from its seed. */
export function drawPayment(merchant: ZeusMerchant, n: number): ZeusPayment {
  const random = createRandom(hashWords(merchant.seed, merchant.merchantId, n));
  const customer = random.int(1_000_000);
  const digits = (value: number, length: number) => String(value).padStart(length, '0');
  return {
    ipCode: random.pick(merchant.ipCodes),
    orderNumber: `Z${digits(n, 8)}`,
    amountYen: 100 * (1 + random.int(99)),
    result: 'OK',
    carrier: random.pick(CARRIERS),
    // 000 is no area: nobody has this number.
    telephone: `000${digits(customer, 8)}`,
    email: `customer-${customer}@example.jp`,
    sendId: `user-${customer}`,
    sendPoint: random.pick(sendPoints),
  };
}

/** The parameters of a call, in the names that the receiver expects [assumed, a setting there]. */
export function parametersOf(payment: ZeusPayment): FormParameters {
  return [
    ['clientip', payment.ipCode],
    ['ordd', payment.orderNumber],
    ['money', String(payment.amountYen)],
    ['telno', payment.telephone],
    ['email', payment.email],
    ['sendid', payment.sendId],
    ['sendpoint', payment.sendPoint],
    ['result', payment.result],
    ['carrier', payment.carrier],
  ];
}
