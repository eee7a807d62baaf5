import { Button, NumberInput, SimpleGrid, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { defineWords } from '../language.ts';
import { ConnectionTest } from '../parts/connection-test.tsx';
import { EposBanner } from '../parts/epos-banner.tsx';
import { Page } from '../parts/page.tsx';
import { SecretField } from '../parts/secret-field.tsx';
import { Section } from '../parts/section.tsx';
import { type Settings, SettingsForm } from '../parts/settings-form.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('card-refresh-settings', {
  ja: {
    refreshes: '洗替',
    title: '洗替の設定',
    section: 'GMO ペイメントゲートウェイ',
    enabled: '毎月自動で洗替を行う',
    shopId: 'ショップID',
    siteId: 'サイトID',
    requestDay: '依頼日(毎月)',
    at: '依頼時刻 (HH:MM)',
    host: 'SFTP 接続先 IP アドレス',
    port: 'ポート',
    user: 'SFTP ログインID',
    hostKeys: 'ホスト鍵のフィンガープリント(SHA256:…、1行に1つ)',
    requestFolder: '依頼フォルダー',
    resultFolder: '結果フォルダー',
    addSftp: 'SFTPの接続先を登録する',
    securityCode: 'セキュリティコードの入力を使う',
    epos: 'エポス連携を使う',
    storeCode: 'エポス提携店コード',
    shopPassword: 'ショップパスワード',
    sitePassword: 'サイトパスワード',
    sftpPassword: 'SFTP パスワード(または秘密鍵)',
  },
  en: {
    refreshes: 'Card refresh',
    title: 'Settings of the card refresh',
    section: 'GMO Payment Gateway',
    enabled: 'Refresh cards every month',
    shopId: 'Shop ID',
    siteId: 'Site ID',
    requestDay: 'Day of the request',
    at: 'Time of the request (HH:MM)',
    host: 'SFTP address',
    port: 'Port',
    user: 'SFTP login',
    hostKeys: 'Host key fingerprints (SHA256:…, one a line)',
    requestFolder: 'Request folder',
    resultFolder: 'Result folder',
    addSftp: 'Add the SFTP connection',
    securityCode: 'Ask for the security code',
    epos: 'Use the Epos scheme',
    storeCode: 'Epos store code',
    shopPassword: 'Shop password',
    sitePassword: 'Site password',
    sftpPassword: 'SFTP password (or private key)',
  },
});

/** Names under which this page keeps passwords, where the settings name none yet. */
const SECRET_NAMES = {
  shopPasswordSecret: 'gmo-shop-password',
  sitePasswordSecret: 'gmo-site-password',
  sftp: 'gmo-sftp',
} as const;

type Refresh = Settings['cardRefresh'];
type Sftp = NonNullable<Refresh['sftp']>;

const newSftp: Sftp = {
  host: '',
  port: 22,
  user: '',
  secretName: SECRET_NAMES.sftp,
  hostKeys: [],
  requestFolder: '/request',
  resultFolder: '/result',
  requestName: 'tsukigime-refresh-{month}.csv',
  resultName: '{name}-result.csv',
  filesStay: false,
};

const filled = (text: string) => (text.trim() === '' ? null : text.trim());

function CardRefreshSettingsPage() {
  const words = useWords();
  const { place } = useMerchant();
  const mayTest = useMay('operator');
  return (
    <Page
      title={words('title')}
      above={[{ to: place('card-refreshes'), title: words('refreshes') }]}
    >
      {mayTest && <ConnectionTest />}
      <Section title={words('section')}>
        <SettingsForm block="cardRefresh">
          {({ value, set, readOnly }) => (
            <Stack>
              <Basics value={value} set={set} readOnly={readOnly} />
              <Connection value={value} set={set} readOnly={readOnly} />
              {!readOnly && <Passwords value={value} set={set} />}
            </Stack>
          )}
        </SettingsForm>
      </Section>
      <EposBanner />
    </Page>
  );
}

interface Fields {
  readonly value: Refresh;
  readonly set: (value: Refresh | ((now: Refresh) => Refresh)) => void;
  readonly readOnly: boolean;
}

/** Both passwords are named as soon as one is kept: without the other the settings lack it anyway. */
const named = (value: Refresh): Refresh => ({
  ...value,
  shopPasswordSecret: value.shopPasswordSecret ?? SECRET_NAMES.shopPasswordSecret,
  sitePasswordSecret: value.sitePasswordSecret ?? SECRET_NAMES.sitePasswordSecret,
});

function Basics({ value, set, readOnly }: Fields) {
  const words = useWords();
  const { epos } = value;
  return (
    <>
      <Switch
        label={words('enabled')}
        disabled={readOnly}
        checked={value.enabled}
        onChange={(event) => set({ ...value, enabled: event.currentTarget.checked })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {(['shopId', 'siteId'] as const).map((name) => (
          <TextInput
            key={name}
            label={words(name)}
            readOnly={readOnly}
            value={value[name] ?? ''}
            onChange={(event) => set({ ...value, [name]: filled(event.currentTarget.value) })}
          />
        ))}
        <NumberInput
          label={words('requestDay')}
          readOnly={readOnly}
          min={1}
          max={24}
          value={value.requestDay}
          onChange={(day) => set({ ...value, requestDay: Number(day) })}
        />
        <TextInput
          label={words('at')}
          readOnly={readOnly}
          value={value.at}
          onChange={(event) => set({ ...value, at: event.currentTarget.value })}
        />
      </SimpleGrid>
      <Switch
        label={words('securityCode')}
        disabled={readOnly}
        checked={value.securityCodeInput}
        onChange={(event) => set({ ...value, securityCodeInput: event.currentTarget.checked })}
      />
      <Switch
        label={words('epos')}
        disabled={readOnly}
        checked={epos.enabled}
        onChange={(event) =>
          set({ ...value, epos: { ...epos, enabled: event.currentTarget.checked } })
        }
      />
      {epos.enabled && (
        <TextInput
          label={words('storeCode')}
          required
          readOnly={readOnly}
          value={epos.storeCode ?? ''}
          onChange={(event) =>
            set({ ...value, epos: { ...epos, storeCode: filled(event.currentTarget.value) } })
          }
        />
      )}
    </>
  );
}

function Connection({ value, set, readOnly }: Fields) {
  const words = useWords();
  const { sftp } = value;
  if (sftp === null) {
    return readOnly ? null : (
      <div>
        <Button variant="default" onClick={() => set({ ...value, sftp: newSftp })}>
          {words('addSftp')}
        </Button>
      </div>
    );
  }
  const change = (changed: Partial<Sftp>) => set({ ...value, sftp: { ...sftp, ...changed } });
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {(['host', 'user', 'requestFolder', 'resultFolder'] as const).map((name) => (
          <TextInput
            key={name}
            label={words(name)}
            readOnly={readOnly}
            value={sftp[name]}
            onChange={(event) => change({ [name]: event.currentTarget.value })}
          />
        ))}
        <NumberInput
          label={words('port')}
          readOnly={readOnly}
          min={1}
          max={65535}
          value={sftp.port}
          onChange={(port) => change({ port: Number(port) })}
        />
      </SimpleGrid>
      <Textarea
        label={words('hostKeys')}
        readOnly={readOnly}
        autosize
        minRows={2}
        value={sftp.hostKeys.join('\n')}
        onChange={(event) => {
          const text = event.currentTarget.value;
          change({ hostKeys: text === '' ? [] : text.split('\n') });
        }}
      />
    </>
  );
}

function Passwords({ value, set }: Omit<Fields, 'readOnly'>) {
  const words = useWords();
  const { shopPasswordSecret, sitePasswordSecret, sftp } = value;
  const name = () => {
    // What was typed elsewhere while the password was on its way stays.
    if (shopPasswordSecret === null || sitePasswordSecret === null) set(named);
  };
  return (
    <>
      <SecretField
        label={words('shopPassword')}
        name={shopPasswordSecret ?? SECRET_NAMES.shopPasswordSecret}
        onSaved={name}
      />
      <SecretField
        label={words('sitePassword')}
        name={sitePasswordSecret ?? SECRET_NAMES.sitePasswordSecret}
        onSaved={name}
      />
      <SecretField label={words('sftpPassword')} name={sftp?.secretName ?? SECRET_NAMES.sftp} />
    </>
  );
}

export const route = { Component: CardRefreshSettingsPage };
