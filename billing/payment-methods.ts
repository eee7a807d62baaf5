import { z } from 'zod';
import { type CardService, cardServices, type PaymentService } from './card-service.ts';
import { secretNamePattern } from './secret.ts';

/** 利用可否 (manual 001): nobody, the staff only, or the shop's customers too. */
export const paymentAvailabilities = ['staff-only', 'visible', 'unused'] as const;

/** An address of RFC 1918: the keypad stands in the shop's own network. */
const privateIp = z
  .ipv4()
  .refine((ip) => /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(ip), {
    error: 'プライベートIPを指定してください (10.x、172.16–31.x、192.168.x)',
  });

/** テンキーパッド入力: needs a contract of its own, with ルミーズ. */
const keypadSchema = z
  .strictObject({
    enabled: z.boolean().default(false),
    privateIp: privateIp.nullable().default(null),
    port: z.int().min(1).max(65_535).nullable().default(null),
  })
  .refine((keypad) => !keypad.enabled || keypad.privateIp !== null, {
    path: ['privateIp'],
    error:
      'テンキーパッド入力を利用するには、プライベートIPを指定してください (ルミーズとの契約が別途必要です)',
  })
  .refine((keypad) => !keypad.enabled || keypad.port !== null, {
    path: ['port'],
    error:
      'テンキーパッド入力を利用するには、ポート番号を指定してください (ルミーズとの契約が別途必要です)',
  })
  .prefault({});

const methodSchema = z
  .strictObject({
    /** 利用可否. `unused`: no selection, no import, no charge. */
    availability: z.enum(paymentAvailabilities).default('staff-only'),
    /** 加盟店コード. */
    merchantCode: z.string().trim().min(1).max(50).nullable().default(null),
    /** 審査完了前(仮の値): while it is set, nothing is sent or imported with these values. */
    provisional: z.boolean().default(false),
    /** The secret that holds the アクセスキー: encrypted, written and never shown. */
    accessKeySecret: z.string().regex(secretNamePattern).nullable().default(null),
    keypad: keypadSchema,
    /** 支払いの説明, for the shop's page. */
    explanation: z.string().max(4000).default(''),
    /** 通知メール文, for the mails of customers who pay this way. */
    mailText: z.string().max(4000).default(''),
  })
  .prefault({});

/** 支払い方法設定: which service keeps the merchant's cards, and what is agreed with each. */
export const paymentMethodsSchema = z
  .strictObject({
    /** 利用サービス: the PSP that card files must name; null until one is chosen. */
    cardService: z.enum(cardServices).nullable().default(null),
    services: z
      .strictObject({
        /** The card payments that months bill (billing/merchant-settings.ts, `paygent`). */
        PAYGENT: methodSchema,
        ZEUS: methodSchema,
        GMO: methodSchema,
        YAMATO: methodSchema,
      })
      .prefault({}),
  })
  .prefault({});

export type PaymentMethods = z.output<typeof paymentMethodsSchema>;

/** The service with which cards are imported, or what a person must set first. */
export function chooseCardService(
  methods: PaymentMethods,
):
  | { readonly kind: 'chosen'; readonly service: CardService }
  | { readonly kind: 'refused'; readonly ja: string } {
  const { cardService: service } = methods;
  if (service === null) return refuse('利用サービスが設定されていません。');
  const ja = explainUnusable(methods, service);
  return ja === null ? { kind: 'chosen', service } : { kind: 'refused', ja };
}

/**
 * Why nothing may be selected, imported, sent or charged with a service, in Japanese; null: it may.
 * What was authorized before is captured all the same: it would expire.
 */
export function explainUnusable(methods: PaymentMethods, service: PaymentService): string | null {
  const method = methods.services[service];
  if (method.availability === 'unused') {
    return explain(`${service} の利用可否が「利用しない」になっています。`);
  }
  return method.provisional
    ? explain(`${service} の設定が「審査完了前(仮の値)」になっています。`)
    : null;
}

function explain(ja: string): string {
  return `${ja}支払い方法設定を直してください。`;
}

function refuse(ja: string) {
  return { kind: 'refused', ja: explain(ja) } as const;
}

const mailToken = '@@message_each_payment_method@@';

/** A mail's text with the 通知メール文 of the customer's payment method; nothing where there is none. */
export function fillPaymentMethodText(text: string, mailText: string | null): string {
  return text.replaceAll(mailToken, () => mailText ?? '');
}
