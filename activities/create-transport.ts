import type { ExchangeTransport } from '../billing/exchange-transport.ts';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { createSftpTransport } from './sftp-transport.ts';
import { createTelegramTransport } from './telegram-transport.ts';
import { type Transport, type TransportAccess, withRetries } from './transport.ts';

/**
 * The transport by which a file was made to travel; a setting that was changed since then moves no
 * file to another one.
 *
 * @throws OutsideError when the settings hold no connection for it (any more)
 */
export function createTransport(
  access: TransportAccess,
  merchant: Merchant,
  settings: MerchantSettings,
  by: Exclude<ExchangeTransport, 'portal'>,
): Transport {
  const { sftp, telegram, merchantId } = settings.paygent;
  if (by === 'sftp' && sftp !== null)
    return withRetries(createSftpTransport(access, merchant, sftp));
  if (by === 'telegram' && telegram !== null) {
    const of = { merchant, paygentId: merchantId, settings: telegram };
    return withRetries(createTelegramTransport(access, of));
  }
  throw new OutsideError('refused', `No connection is set for transport ${by}.`, {
    ja: `ペイジェントへの接続（${by}）が設定されていません。接続していません。設定を登録してください。`,
  });
}
