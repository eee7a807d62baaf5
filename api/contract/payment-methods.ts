import { z } from 'zod';
import { paymentServices } from '../../billing/card-service.ts';
import { paymentAvailabilities } from '../../billing/payment-methods.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute } from './route.ts';

const paymentMethodSchema = z
  .object({
    service: z.enum(paymentServices),
    inUse: z.boolean().meta({ description: '利用サービス: new cards go there' }),
    availability: z.enum(paymentAvailabilities).meta({ description: '利用可否' }),
    availabilityJa: z.string(),
    provisional: z
      .boolean()
      .meta({ description: '審査完了前(仮の値): nothing is sent or imported' }),
    merchantCode: z.string().nullable().meta({ description: '加盟店コード' }),
    accessKeySet: z.boolean().meta({ description: 'アクセスキー is kept; it is never shown' }),
    keypad: z
      .object({
        enabled: z.boolean(),
        privateIp: z.string().nullable(),
        port: z.int().nullable(),
      })
      .meta({ description: 'テンキーパッド入力; a contract of its own, with ルミーズ' }),
    explanation: z.string().meta({ description: '支払いの説明' }),
    mailText: z.string().meta({ description: '通知メール文' }),
  })
  .meta({ id: 'PaymentMethod' });

export const paymentMethodRoutes = {
  listPaymentMethods: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/payment-methods',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: {
      200: {
        kind: 'json',
        schema: z.object({ methods: z.array(paymentMethodSchema) }),
        description: 'changed with the settings (paymentMethods) and secrets',
      },
    },
    summary: { ja: '支払い方法設定を見る', en: 'Read the payment methods' },
    tag: 'settings',
  }),
};
