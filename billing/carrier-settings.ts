import { z } from 'zod';
import { secretNamePattern } from './secret.ts';

/** What a carrier-payment result tells, by our names. */
export const CARRIER_FIELDS = [
  'ipCode',
  'orderNumber',
  'amount',
  'phone',
  'email',
  'sendId',
  'sendPoint',
  'result',
  'carrier',
] as const;
export type CarrierField = (typeof CARRIER_FIELDS)[number];

const parameterName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, {
  error: 'is 1 to 64 of A-Z, a-z, 0-9, _ . -',
});

const parameterNamesSchema = z
  .strictObject({
    ipCode: parameterName.default('clientip'),
    orderNumber: parameterName.default('ordd'),
    amount: parameterName.default('money'),
    phone: parameterName.default('telno'),
    email: parameterName.default('email'),
    sendId: parameterName.default('sendid'),
    sendPoint: parameterName.default('sendpoint'),
    result: parameterName.default('result'),
    carrier: parameterName.default('carrier'),
  })
  .refine((names) => new Set(Object.values(names)).size === CARRIER_FIELDS.length, {
    error: 'two fields are read from one parameter',
  })
  .prefault({});

/** Carrier-payment results of ZEUS (spec 5). */
export const carrierSettingsSchema = z
  .strictObject({
    /** Whether calls are taken at all. */
    enabled: z.boolean().default(false),
    /** IPコード of the contracts; with none named, a call may bear any. */
    ipCodes: z
      .array(z.string().regex(/^[0-9A-Za-z]{1,20}$/, { error: 'is 1 to 20 letters and digits' }))
      .max(50)
      .default([]),
    /** Under which names the parameters come [assumed: not public]. */
    parameterNames: parameterNamesSchema,
    /** Text encoding of the parameters; `auto` = UTF-8 where it is valid, else CP932. */
    encoding: z.enum(['auto', 'cp932', 'utf-8']).default('auto'),
    /** Addresses and networks (CIDR) that ZEUS calls from. With none named, the secret path must do. */
    allowedAddresses: z
      .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
      .max(100)
      .default([]),
    /** Name of the secret that must end the path of a call; null = no secret in the path. */
    pathSecretName: z.string().regex(secretNamePattern).nullable().default(null),
  })
  .refine(
    (carrier) =>
      !carrier.enabled || carrier.allowedAddresses.length > 0 || carrier.pathSecretName !== null,
    {
      error: 'nobody could call: name addresses, a secret for the path, or both',
      path: ['enabled'],
    },
  )
  .prefault({});

export type CarrierSettings = z.output<typeof carrierSettingsSchema>;
