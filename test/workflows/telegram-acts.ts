import { inject } from 'vitest';
import type { PaygentTelegram } from '../../billing/paygent-telegram.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import type { TelegramAccess } from '../../sandbox/paygent/telegram-front.ts';
import { type Month, paygentId, sandboxNow } from './month.ts';

const accessOf = async (month: Month) => {
  const response = await fetch(`${month.portal.url}/merchants/${paygentId}/telegram`);
  return (await response.json()) as TelegramAccess;
};

/** Gives the merchant its certificate and password for telegrams. */
export async function writeTelegramSecrets(month: Month): Promise<void> {
  const { certificate, connectPassword } = await accessOf(month);
  const keys = parseEncryptionKeys(inject('fileKeys'));
  for (const [name, value] of [
    ['paygent-certificate', certificate],
    ['paygent-connect-password', connectPassword],
  ] as const) {
    const secret = { name, value, now: sandboxNow, actor: 'test' };
    await writeSecret(month.db, month.merchantId, secret, keys);
  }
}

/** From now on the merchant's files travel by telegram. */
export async function useTelegrams(
  month: Month,
  more: Partial<PaygentTelegram> = {},
): Promise<void> {
  const { url, connectId, certificateAuthority } = await accessOf(month);
  const before = await findSettings(month.db, month.merchantId);
  if (before === undefined) throw new Error('a merchant has settings');
  const { paygent } = before.settings;
  const telegram = { ...paygent.telegram, url, connectId, certificateAuthority, ...more };
  await saveSettings(month.db, month.merchantId, {
    seenVersion: before.version,
    settings: {
      ...before.settings,
      paygent: { ...paygent, transport: 'telegram', telegram },
    } as never,
    actor: 'test',
    reason: 'test',
    now: sandboxNow,
  });
}
