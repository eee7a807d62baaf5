import { Checkbox, NumberInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../../../billing/webhook-event.ts';
import { type Read, useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useWebhookEventWords } from '../words/webhook-words.ts';
import { ActButton } from './act-button.tsx';
import { draftOf, type EndpointDraft, EndpointFields, settingsOf } from './endpoint-fields.tsx';

const useWords = defineWords('webhook-settings', {
  ja: {
    create: 'Webhookを登録する',
    createText: '登録した後に起きたことから知らせます。',
    name: '名前',
    nameHint: '3〜64文字。a-z、0-9、-。全加盟店で一つです。あとから変えられません。',
    events: '知らせること',
    overlap: '鍵を変えた後、前の鍵でも署名する時間(時間)',
    change: '変更する',
    changeTitle: 'Webhook {{name}} を変更する',
    changeText: '次の送信から、この内容で送ります。',
  },
  en: {
    create: 'Create a webhook',
    createText: 'It is told what happens from now on.',
    name: 'Name',
    nameHint: '3 to 64 of a-z, 0-9 and -, one for all merchants; it cannot be changed later.',
    events: 'What it is told',
    overlap: 'Hours for which the secret before signs as well',
    change: 'Change',
    changeTitle: 'Change {{name}}',
    changeText: 'The next delivery goes by it.',
  },
});

export type Webhook = NonNullable<Read<'readWebhook'>['data']>;

const fresh: EndpointDraft = {
  url: '',
  secretName: 'webhook-signature',
  backOff: '10, 60, 300, 1800, 7200, 21600',
  timeoutMs: 10_000,
  concurrency: 4,
  circuitFailures: 10,
  circuitPauseSeconds: 60,
};

export function ChangeWebhook({ one }: { readonly one: Webhook }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('admin');
  const change = useAct('changeWebhook');
  const [draft, setDraft] = useState(() => draftOf(one));
  const [events, setEvents] = useState<readonly WebhookEventType[]>(one.events);
  const [secretOverlapHours, setOverlap] = useState(one.secretOverlapHours);
  const settings = settingsOf(draft);
  const { webhook, version } = one;
  return (
    <ActButton
      label={words('change')}
      title={words('changeTitle', { name: webhook })}
      text={words('changeText')}
      reason="required"
      disabled={!may}
      incomplete={settings === null || events.length === 0}
      act={change}
      onConfirm={async (reason) => {
        if (settings === null) return null;
        const body = { ...settings, events: [...events], secretOverlapHours, version, reason };
        return await change.act({ params: { merchant, webhook }, body });
      }}
    >
      <EndpointFields draft={draft} onChange={setDraft} />
      <EventsField value={events} onChange={setEvents} />
      <OverlapField value={secretOverlapHours} onChange={setOverlap} />
    </ActButton>
  );
}

export function CreateWebhook() {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('admin');
  const create = useAct('createWebhook');
  const [webhook, setWebhook] = useState('');
  const [draft, setDraft] = useState(fresh);
  const [events, setEvents] = useState<readonly WebhookEventType[]>(['cycle.stage']);
  const settings = settingsOf(draft);
  if (!may) return null;
  return (
    <div>
      <ActButton
        label={words('create')}
        text={words('createText')}
        variant="filled"
        reason="required"
        incomplete={settings === null || webhook === '' || events.length === 0}
        act={create}
        onConfirm={async (reason) => {
          if (settings === null) return null;
          const body = { ...settings, webhook, events: [...events], reason };
          const done = await create.act({ params: { merchant }, body });
          if (done !== null) {
            setWebhook('');
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
          value={webhook}
          onChange={(event) => setWebhook(event.currentTarget.value.toLowerCase())}
        />
        <EndpointFields draft={draft} onChange={setDraft} />
        <EventsField value={events} onChange={setEvents} />
      </ActButton>
    </div>
  );
}

function EventsField({
  value,
  onChange,
}: {
  readonly value: readonly WebhookEventType[];
  readonly onChange: (events: readonly WebhookEventType[]) => void;
}) {
  const words = useWords();
  const events = useWebhookEventWords();
  return (
    <Checkbox.Group
      label={words('events')}
      required
      value={[...value]}
      onChange={(chosen) => onChange(WEBHOOK_EVENT_TYPES.filter((one) => chosen.includes(one)))}
    >
      <Stack gap={4} mt={4}>
        {WEBHOOK_EVENT_TYPES.map((one) => (
          <Checkbox key={one} value={one} label={`${events(one)} (${one})`} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

function OverlapField({
  value,
  onChange,
}: {
  readonly value: number;
  readonly onChange: (hours: number) => void;
}) {
  const words = useWords();
  return (
    <NumberInput
      label={words('overlap')}
      min={0}
      max={720}
      allowDecimal={false}
      value={value}
      onChange={(hours) => onChange(Number(hours))}
    />
  );
}
