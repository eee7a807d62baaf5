import { inject } from 'vitest';
import type { MerchantSettingsInput } from '../../billing/merchant-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { writeSecret } from '../../db/queries/secrets.ts';
import { findSettings, saveSettings } from '../../db/queries/settings.ts';
import { type Month, paygentId, sandboxNow } from './month.ts';

type Sftp = NonNullable<NonNullable<MerchantSettingsInput['paygent']>['sftp']>;

/** From now on the merchant's files travel over the simulated Paygent's SFTP server. */
export async function useSftp(month: Month, more: Partial<Sftp> = {}): Promise<void> {
  const { password, ...login } = month.sftp.loginOf(paygentId);
  const { hostKey, ...place } = login;
  const keys = parseEncryptionKeys(inject('fileKeys'));
  const secret = { name: 'paygent-sftp', value: password, now: sandboxNow, actor: 'test' };
  await writeSecret(month.db, month.merchantId, secret, keys);
  const before = await findSettings(month.db, month.merchantId);
  if (before === undefined) throw new Error('a merchant has settings');
  const sftp: Sftp = {
    ...place,
    hostKeys: [hostKey],
    secretName: 'paygent-sftp',
    filesStay: true,
    ...more,
  };
  await saveSettings(month.db, month.merchantId, {
    seenVersion: before.version,
    settings: {
      ...before.settings,
      paygent: { ...before.settings.paygent, transport: 'sftp', sftp },
    } as never,
    actor: 'test',
    reason: 'test',
    now: sandboxNow,
  });
}

export const minutesLater = (minutes: number) =>
  new Date(Date.parse(sandboxNow) + minutes * 60_000).toISOString();
