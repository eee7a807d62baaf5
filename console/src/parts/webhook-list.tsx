import { Anchor, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useWebhookEventWords } from '../words/webhook-words.ts';
import { ActButton } from './act-button.tsx';
import { EndpointSection, HoldEndpoint, holdsOf } from './endpoint-section.tsx';
import { Empty, Loaded } from './loaded.tsx';
import { ChangeWebhook, CreateWebhook, type Webhook } from './webhook-settings.tsx';

const useWords = defineWords('webhook-list', {
  ja: {
    text: '起きたことを店舗のシステムに知らせます。本文に個人情報は入りません。',
    none: 'Webhookはまだありません。管理者が登録すると、それから起きたことを知らせます。',
    events: '知らせること',
    log: '送信記録を見る',
    test: 'テスト通知を送る',
    testText: '内容のない通知(ping)を1通送ります。結果は送信記録に出ます。',
  },
  en: {
    text: "Tells the shop's own systems what happens; no personal data is in it.",
    none: 'No webhook yet: once an admin creates one it is told what happens from then on.',
    events: 'What it is told',
    log: 'See the delivery log',
    test: 'Send a test event',
    testText: 'An empty event (ping); the log says how it went.',
  },
});

/** Systems of the shop that are told what happens. */
export function WebhookList() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const read = useRead('listWebhooks', { params: { merchant } }, { everyMs: 15_000 });
  return (
    <Stack>
      <Text size="sm">{words('text')}</Text>
      <CreateWebhook />
      <Loaded read={read}>
        {({ webhooks }) =>
          webhooks.length === 0 ? (
            <Empty>{words('none')}</Empty>
          ) : (
            webhooks.map((one) => (
              <Stack key={one.webhook} gap={4}>
                <WebhookSection one={one} waiting={one} />
                <Anchor component={Link} to={place('webhooks', one.webhook)} size="sm">
                  {words('log')}
                </Anchor>
              </Stack>
            ))
          )
        }
      </Loaded>
    </Stack>
  );
}

export function WebhookSection({
  one,
  waiting,
}: {
  readonly one: Webhook;
  readonly waiting: { readonly due: number; readonly failed: number } | null;
}) {
  const words = useWords();
  const names = useWebhookEventWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const params = { merchant, webhook: one.webhook };
  const test = useAct('testWebhook');
  const pause = useAct('pauseWebhook');
  const resume = useAct('resumeWebhook');
  const retire = useAct('retireWebhook');
  const holds = { pause, resume, retire };
  return (
    <EndpointSection
      name={one.webhook}
      of={one}
      waiting={waiting}
      facts={[[words('events'), one.events.map((event) => names(event)).join('、')]]}
      actions={
        <>
          {one.state !== 'retired' && (
            <>
              <ActButton
                label={words('test')}
                text={words('testText')}
                reason="required"
                disabled={!may}
                act={test}
                onConfirm={(reason) => test.act({ params, body: { reason } })}
              />
              <ChangeWebhook key={one.version} one={one} />
            </>
          )}
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
