import type { MerchantSettings } from './merchant-settings.ts';

/** A machine of somebody else that a merchant's settings lead to, and what it takes to enter it. */
export interface OutsideConnection {
  /** Where it stands in the settings. */
  readonly setting: string;
  /** Null: what is named needs no connection of ours. */
  readonly host: string | null;
  /** Names of the secrets that must be there. */
  readonly secrets: readonly string[];
}

/** All connections that the settings will make; what is switched off needs nothing. */
export function listOutsideConnections(settings: MerchantSettings): OutsideConnection[] {
  return [
    ...ofOrderSource(settings.orderSource),
    ...ofPaygent(settings.paygent),
    ...ofCardRefresh(settings),
    ...ofCarrier(settings),
    ...(settings.mailbox === null
      ? []
      : [
          {
            ...{ setting: 'mailbox', host: settings.mailbox.host },
            secrets: [settings.mailbox.secretName],
          },
        ]),
  ];
}

function ofOrderSource(source: MerchantSettings['orderSource']): OutsideConnection[] {
  const setting = 'orderSource';
  if (source.kind === 'sftp') return [{ setting, host: source.host, secrets: [source.secretName] }];
  if (source.kind !== 'https') return [];
  const { url, auth } = source;
  return [{ setting, host: hostOf(url), secrets: auth.kind === 'none' ? [] : [auth.secretName] }];
}

function ofPaygent({
  transport,
  sftp,
  telegram,
}: MerchantSettings['paygent']): OutsideConnection[] {
  if (transport === 'sftp' && sftp !== null) {
    return [{ setting: 'paygent.sftp', host: sftp.host, secrets: [sftp.secretName] }];
  }
  if (transport !== 'telegram' || telegram === null) return [];
  const { url, passwordSecret, certificateSecret, passphraseSecret } = telegram;
  return [
    {
      ...{ setting: 'paygent.telegram', host: hostOf(url) },
      secrets: [passwordSecret, certificateSecret, ...given(passphraseSecret)],
    },
  ];
}

function ofCardRefresh({ cardRefresh, cardMigration }: MerchantSettings): OutsideConnection[] {
  const { enabled, sftp, shopPasswordSecret, sitePasswordSecret } = cardRefresh;
  const { delivery, sftp: link } = cardMigration.linkFile;
  return [
    ...(enabled && sftp !== null
      ? [
          {
            ...{ setting: 'cardRefresh.sftp', host: sftp.host },
            secrets: [sftp.secretName, ...given(shopPasswordSecret), ...given(sitePasswordSecret)],
          },
        ]
      : []),
    ...(delivery === 'sftp' && link !== null
      ? [{ setting: 'cardMigration.linkFile', host: link.host, secrets: [link.secretName] }]
      : []),
  ];
}

function ofCarrier({ carrier }: MerchantSettings): OutsideConnection[] {
  if (!carrier.enabled || carrier.pathSecretName === null) return [];
  return [{ setting: 'carrier', host: null, secrets: [carrier.pathSecretName] }];
}

const given = (name: string | null) => (name === null ? [] : [name]);

/** A placeholder of a month stands in the path alone. */
function hostOf(url: string): string {
  return new URL(url.replace(/\{[^}]*\}/g, '0')).hostname;
}
