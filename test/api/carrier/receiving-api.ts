import iconv from 'iconv-lite';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../../billing/merchant-settings.ts';
import { saveSettings } from '../../../db/queries/settings.ts';
import { type RunningApi, startOfTime } from '../running-api.ts';

/** A merchant whose carrier calls are taken, by default from this machine. */
export async function addCarrierMerchant(
  api: RunningApi,
  slug: string,
  carrier: MerchantSettingsInput['carrier'] = {},
): Promise<number> {
  const id = await api.addMerchant(slug);
  await saveSettings(api.db, id, {
    seenVersion: 1,
    settings: merchantSettingsSchema.parse({
      carrier: { enabled: true, allowedAddresses: ['127.0.0.0/8'], ...carrier },
    }),
    actor: 'test',
    reason: 'test',
    now: startOfTime,
  });
  return id;
}

/** Parameters of a call as ZEUS is assumed to name them. */
export function callParameters(changed: Record<string, string> = {}): Record<string, string> {
  return {
    clientip: '12345',
    ordd: 'ord-1',
    money: '1980',
    telno: '09000000000',
    email: 'buyer@example.jp',
    sendid: 'user-1',
    sendpoint: '能表 構',
    result: 'OK',
    carrier: 'docomo',
    ...changed,
  };
}

export function writeForm(
  parameters: Record<string, string>,
  encoding: 'cp932' | 'utf-8' = 'utf-8',
): string {
  const escapeText = (text: string) =>
    [...iconv.encode(text, encoding)]
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
      .join('');
  return Object.entries(parameters)
    .map(([name, value]) => `${escapeText(name)}=${escapeText(value)}`)
    .join('&');
}

/** A call in a form body. */
export function postCall(
  api: Pick<RunningApi, 'call'>,
  path: string,
  form: string,
): Promise<Response> {
  return api.call(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form,
  });
}
