import { paymentServices } from '../../billing/card-service.ts';
import { listSecrets } from '../../db/queries/secrets.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { paymentMethodRoutes } from '../contract/payment-methods.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

const availabilitiesJa = {
  'staff-only': '消費者に非表示',
  visible: '消費者に表示',
  unused: '利用しない',
} as const;

export const paymentMethodHandlers: Handlers<typeof paymentMethodRoutes> = {
  async listPaymentMethods({ deps, merchant }) {
    const current = await findSettings(deps.db, merchant.id);
    if (current === undefined) throw new Problem('settings-not-found');
    const secrets = await listSecrets(deps.db, merchant.id);
    const { cardService, services } = current.settings.paymentMethods;
    const methods = paymentServices.map((service) => {
      const { accessKeySecret, ...method } = services[service];
      return {
        service,
        inUse: service === cardService,
        ...method,
        availabilityJa: availabilitiesJa[method.availability],
        accessKeySet: secrets.some(({ name }) => name === accessKeySecret),
      };
    });
    return { status: 200, body: { methods } };
  },
};
