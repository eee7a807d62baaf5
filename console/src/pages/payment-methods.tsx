import {
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import {
  cardServices,
  type PaymentService,
  paymentServices,
} from '../../../billing/card-service.ts';
import { defineWords } from '../language.ts';
import { Page } from '../parts/page.tsx';
import { SecretField } from '../parts/secret-field.tsx';
import { Section } from '../parts/section.tsx';
import { type Settings, SettingsForm } from '../parts/settings-form.tsx';

const useWords = defineWords('payment-methods', {
  ja: {
    title: '支払い方法設定',
    section: 'カード決済',
    service: '利用サービス',
    serviceNone: '(選択していません)',
    availability: '利用可否',
    'staff-only': '消費者に非表示(スタッフのみ)',
    visible: '消費者に表示',
    unused: '利用しない',
    merchantCode: '加盟店コード',
    provisional: '審査完了前(仮の値)',
    provisionalHint: 'オンの間は、この値では何も送信・取り込みしません。',
    keypad: 'テンキーパッド入力を使う',
    keypadHint: 'ルミーズとの別の契約が必要です。',
    privateIp: 'プライベートIP',
    port: 'ポート番号',
    explanation: '支払いの説明(お店のページに表示)',
    mailText: '通知メール文(@@message_each_payment_method@@ に入ります)',
    accessKey: '{{service}} アクセスキー',
    months:
      '月次の請求に使います。「利用しない」の間は、注文の選定もオーソリもしません(オーソリ済みの売上処理は続けます)。接続は「設定」にあります。',
  },
  en: {
    title: 'Payment methods',
    section: 'Card payments',
    service: 'Service in use',
    serviceNone: '(none chosen)',
    availability: 'Availability',
    'staff-only': 'Hidden from customers (staff only)',
    visible: 'Shown to customers',
    unused: 'Not used',
    merchantCode: 'Merchant code',
    provisional: 'Placeholder values (contract not through)',
    provisionalHint: 'While it is on, nothing is sent or imported with them.',
    keypad: 'Keypad input',
    keypadHint: 'It takes a contract of its own, with Remise.',
    privateIp: 'Private IP',
    port: 'Port',
    explanation: 'Explanation (on the shop’s page)',
    mailText: 'Text in mails (in place of @@message_each_payment_method@@)',
    accessKey: 'Access key of {{service}}',
    months:
      'Bills the months. While it is not used, no order is selected and nothing is authorized (what was authorized before is captured). Its connection is in the settings.',
  },
});

type Methods = Settings['paymentMethods'];
type Method = Methods['services'][PaymentService];
type Keypad = Method['keypad'];
const availabilities = ['staff-only', 'visible', 'unused'] as const;
const filled = (text: string) => (text.trim() === '' ? null : text.trim());
/** The name under which this page keeps an access key, where the settings name none yet. */
const keyName = (service: PaymentService) => `${service.toLowerCase()}-access-key`;

function PaymentMethodsPage() {
  const words = useWords();
  return (
    <Page title={words('title')}>
      <Section title={words('section')}>
        <SettingsForm block="paymentMethods">
          {({ value, set, readOnly }) => (
            <Stack>
              <Select
                label={words('service')}
                w={260}
                disabled={readOnly}
                value={value.cardService ?? ''}
                data={[
                  { value: '', label: words('serviceNone') },
                  ...cardServices.map((one) => ({ value: one as string, label: one as string })),
                ]}
                onChange={(text) =>
                  set({
                    ...value,
                    cardService: cardServices.find((one) => one === text) ?? null,
                  })
                }
              />
              {paymentServices.map((service) => (
                <OneMethod
                  key={service}
                  service={service}
                  method={value.services[service]}
                  readOnly={readOnly}
                  set={(method) =>
                    set({ ...value, services: { ...value.services, [service]: method } })
                  }
                />
              ))}
            </Stack>
          )}
        </SettingsForm>
      </Section>
    </Page>
  );
}

function OneMethod({
  service,
  method,
  readOnly,
  set,
}: {
  readonly service: PaymentService;
  readonly method: Method;
  readonly readOnly: boolean;
  readonly set: (method: Method) => void;
}) {
  const words = useWords();
  const keepsCards = service !== 'PAYGENT';
  return (
    <Stack component="fieldset" gap="sm" p="md">
      <Text component="legend" fw={600} px="xs">
        {service}
      </Text>
      {!keepsCards && <Text size="sm">{words('months')}</Text>}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label={words('availability')}
          disabled={readOnly}
          allowDeselect={false}
          value={method.availability}
          data={availabilities.map((value) => ({ value, label: words(value) }))}
          onChange={(text) =>
            set({
              ...method,
              availability: availabilities.find((one) => one === text) ?? method.availability,
            })
          }
        />
        {keepsCards && (
          <TextInput
            label={words('merchantCode')}
            readOnly={readOnly}
            value={method.merchantCode ?? ''}
            onChange={(event) =>
              set({
                ...method,
                merchantCode: filled(event.currentTarget.value),
              })
            }
          />
        )}
      </SimpleGrid>
      <Switch
        label={words('provisional')}
        description={words('provisionalHint')}
        disabled={readOnly}
        checked={method.provisional}
        onChange={(event) => set({ ...method, provisional: event.currentTarget.checked })}
      />
      {keepsCards && !readOnly && (
        <SecretField
          label={words('accessKey', { service })}
          name={method.accessKeySecret ?? keyName(service)}
          onSaved={() => {
            if (method.accessKeySecret === null) {
              set({ ...method, accessKeySecret: keyName(service) });
            }
          }}
        />
      )}
      {keepsCards && (
        <KeypadFields
          keypad={method.keypad}
          readOnly={readOnly}
          set={(keypad) => set({ ...method, keypad })}
        />
      )}
      {(['explanation', 'mailText'] as const).map((name) => (
        <Textarea
          key={name}
          label={words(name)}
          autosize
          minRows={2}
          maxLength={4000}
          readOnly={readOnly}
          value={method[name]}
          onChange={(event) => set({ ...method, [name]: event.currentTarget.value })}
        />
      ))}
    </Stack>
  );
}

function KeypadFields({
  keypad,
  readOnly,
  set,
}: {
  readonly keypad: Keypad;
  readonly readOnly: boolean;
  readonly set: (keypad: Keypad) => void;
}) {
  const words = useWords();
  return (
    <>
      <Switch
        label={words('keypad')}
        description={words('keypadHint')}
        disabled={readOnly}
        checked={keypad.enabled}
        onChange={(event) => set({ ...keypad, enabled: event.currentTarget.checked })}
      />
      {keypad.enabled && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label={words('privateIp')}
            required
            readOnly={readOnly}
            value={keypad.privateIp ?? ''}
            onChange={(event) => set({ ...keypad, privateIp: filled(event.currentTarget.value) })}
          />
          <NumberInput
            label={words('port')}
            required
            readOnly={readOnly}
            min={1}
            max={65535}
            value={keypad.port ?? ''}
            onChange={(port) => set({ ...keypad, port: port === '' ? null : Number(port) })}
          />
        </SimpleGrid>
      )}
    </>
  );
}

export const route = { Component: PaymentMethodsPage };
