import { Tabs } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { defineWords } from '../language.ts';
import { CarrierEndpoints } from '../parts/carrier-endpoints.tsx';
import { Page } from '../parts/page.tsx';
import { WebhookList } from '../parts/webhook-list.tsx';

const useWords = defineWords('delivery-endpoints', {
  ja: { title: '送信先', webhooks: 'Webhook', carrier: 'キャリア決済の結果' },
  en: { title: 'Endpoints', webhooks: 'Webhooks', carrier: 'Carrier-payment results' },
});

/** Systems of others that are told something: webhooks, and where carrier results go on to. */
function DeliveryEndpointsPage() {
  const words = useWords();
  const [search, setSearch] = useSearchParams();
  const shown = search.get('show') === 'carrier' ? 'carrier' : 'webhooks';
  return (
    <Page title={words('title')}>
      <Tabs
        value={shown}
        keepMounted={false}
        onChange={(value) => setSearch(value === 'carrier' ? { show: value } : {})}
      >
        <Tabs.List>
          <Tabs.Tab value="webhooks">{words('webhooks')}</Tabs.Tab>
          <Tabs.Tab value="carrier">{words('carrier')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="webhooks" pt="md">
          <WebhookList />
        </Tabs.Panel>
        <Tabs.Panel value="carrier" pt="md">
          <CarrierEndpoints />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

export const route = { Component: DeliveryEndpointsPage };
