import { Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { draftOf, type EndpointDraft, EndpointFields, settingsOf } from './endpoint-fields.tsx';
import { EndpointSection, HoldEndpoint, holdsOf } from './endpoint-section.tsx';
import { Empty, Loaded } from './loaded.tsx';

const useWords = defineWords('carrier-endpoints', {
  ja: {
    text: 'キャリア決済の結果を、受け取ったまま送る先です。送れなかったものは「送信エラー」に載ります。',
    none: '送信先はまだありません。管理者が登録すると、それから届いた結果を送ります。',
    create: '送信先を登録する',
    createText: '登録した後に届いた結果から送り始めます。',
    name: '名前',
    nameHint: '3〜64文字。a-z、0-9、-。あとから変えられません。',
    encoding: '文字コード',
    as_received: '受け取ったまま',
    change: '変更する',
    changeTitle: '送信先 {{name}} を変更する',
    changeText: '次の送信から、この内容で送ります。',
  },
  en: {
    text: 'Where carrier-payment results go, as they came. What could not be sent stands at “Send errors”.',
    none: 'No endpoint yet: once an admin creates one, results that come from then on are sent.',
    create: 'Create an endpoint',
    createText: 'It gets the results that come from now on.',
    name: 'Name',
    nameHint: '3 to 64 of a-z, 0-9 and -; it cannot be changed later.',
    encoding: 'Encoding',
    as_received: 'As received',
    change: 'Change',
    changeTitle: 'Change {{name}}',
    changeText: 'The next delivery goes by it.',
  },
});

type Endpoint = NonNullable<Read<'listDeliveryEndpoints'>['data']>['endpoints'][number];
const encodings = ['as_received', 'cp932', 'utf-8'] as const;
type Encoding = (typeof encodings)[number];

const fresh: EndpointDraft = {
  url: '',
  secretName: 'carrier-signature',
  backOff: '10, 60, 300, 1800',
  timeoutMs: 10_000,
  concurrency: 8,
  circuitFailures: 10,
  circuitPauseSeconds: 60,
};

/** Where the results of carrier payments are sent on to. */
export function CarrierEndpoints() {
  const words = useWords();
  const { merchant } = useMerchant();
  const params = { merchant };
  const read = useRead('listDeliveryEndpoints', { params }, { everyMs: 15_000 });
  return (
    <Stack>
      <Text size="sm">{words('text')}</Text>
      <CreateEndpoint />
      <Loaded read={read}>
        {({ endpoints }) =>
          endpoints.length === 0 ? (
            <Empty>{words('none')}</Empty>
          ) : (
            endpoints.map((one) => <CarrierEndpoint key={one.endpoint} one={one} />)
          )
        }
      </Loaded>
    </Stack>
  );
}

function CarrierEndpoint({ one }: { readonly one: Endpoint }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const params = { merchant, endpoint: one.endpoint };
  const pause = useAct('pauseDeliveryEndpoint');
  const resume = useAct('resumeDeliveryEndpoint');
  const retire = useAct('retireDeliveryEndpoint');
  const holds = { pause, resume, retire };
  const encoding = one.encoding === 'as_received' ? words('as_received') : one.encoding;
  return (
    <EndpointSection
      name={one.endpoint}
      of={one}
      waiting={one}
      facts={[[words('encoding'), encoding]]}
      actions={
        <>
          {one.state !== 'retired' && <ChangeEndpoint key={one.version} one={one} />}
          {holdsOf(one).map((hold) => (
            <HoldEndpoint
              key={hold}
              hold={hold}
              act={holds[hold]}
              onConfirm={(reason) => holds[hold].act({ params, body: { reason } })}
            />
          ))}
        </>
      }
    />
  );
}

function ChangeEndpoint({ one }: { readonly one: Endpoint }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('admin');
  const change = useAct('changeDeliveryEndpoint');
  const [draft, setDraft] = useState(() => draftOf(one));
  const [encoding, setEncoding] = useState<Encoding>(one.encoding);
  const settings = settingsOf(draft);
  const { endpoint, version } = one;
  return (
    <ActButton
      label={words('change')}
      title={words('changeTitle', { name: endpoint })}
      text={words('changeText')}
      reason="required"
      disabled={!may}
      incomplete={settings === null}
      act={change}
      onConfirm={async (reason) => {
        if (settings === null) return null;
        const body = { ...settings, encoding, version, reason };
        return await change.act({ params: { merchant, endpoint }, body });
      }}
    >
      <EndpointFields draft={draft} onChange={setDraft} />
      <EncodingField value={encoding} onChange={setEncoding} />
    </ActButton>
  );
}

function CreateEndpoint() {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('admin');
  const create = useAct('createDeliveryEndpoint');
  const [endpoint, setEndpoint] = useState('');
  const [draft, setDraft] = useState(fresh);
  const [encoding, setEncoding] = useState<Encoding>('as_received');
  const settings = settingsOf(draft);
  if (!may) return null;
  return (
    <div>
      <ActButton
        label={words('create')}
        text={words('createText')}
        variant="filled"
        reason="required"
        incomplete={settings === null || endpoint === ''}
        act={create}
        onConfirm={async (reason) => {
          if (settings === null) return null;
          const body = { ...settings, endpoint, encoding, reason };
          const done = await create.act({ params: { merchant }, body });
          if (done !== null) {
            setEndpoint('');
            setDraft(fresh);
          }
          return done;
        }}
      >
        <TextInput
          label={words('name')}
          description={words('nameHint')}
          required
          maxLength={64}
          value={endpoint}
          onChange={(event) => setEndpoint(event.currentTarget.value.toLowerCase())}
        />
        <EndpointFields draft={draft} onChange={setDraft} />
        <EncodingField value={encoding} onChange={setEncoding} />
      </ActButton>
    </div>
  );
}

function EncodingField({
  value,
  onChange,
}: {
  readonly value: Encoding;
  readonly onChange: (value: Encoding) => void;
}) {
  const words = useWords();
  return (
    <Select
      label={words('encoding')}
      allowDeselect={false}
      value={value}
      data={encodings.map((one) => ({
        value: one,
        label: one === 'as_received' ? words('as_received') : one,
      }))}
      onChange={(chosen) => onChange(encodings.find((one) => one === chosen) ?? 'as_received')}
    />
  );
}
