import { Stack } from '@mantine/core';
import { useParams } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { WebhookSection } from '../parts/webhook-list.tsx';
import { WebhookLog } from '../parts/webhook-log.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('webhook', {
  ja: { title: 'Webhook {{name}}', list: '送信先' },
  en: { title: 'Webhook {{name}}', list: 'Endpoints' },
});

/** One webhook: its settings, and the log of its deliveries. */
function WebhookPage() {
  const words = useWords();
  const { webhook = '' } = useParams();
  const { merchant, place } = useMerchant();
  const read = useRead('readWebhook', { params: { merchant, webhook } }, { everyMs: 15_000 });
  return (
    <Page
      title={words('title', { name: webhook })}
      above={[{ to: place('delivery-endpoints'), title: words('list') }]}
    >
      <Loaded read={read}>
        {(found) => (
          <Stack>
            <WebhookSection one={found} waiting={null} />
            <WebhookLog webhook={webhook} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: WebhookPage };
