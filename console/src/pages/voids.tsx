import { Tabs } from '@mantine/core';
import { useParams, useSearchParams } from 'react-router';
import { defineWords } from '../language.ts';
import { Page } from '../parts/page.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { SuggestedVoids, useVoidWords, VoidList } from '../parts/void-lists.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('voids', {
  ja: {
    title: '{{month}} の取消',
    cycles: '請求サイクル',
    cycle: '{{month}} の請求',
    csv: 'CSVで取り出す',
  },
  en: {
    title: 'Voids of {{month}}',
    cycles: 'Billing cycles',
    cycle: 'Billing of {{month}}',
    csv: 'Download CSV',
  },
});

/** Authorizations that are to be voided on the portal, and those that perhaps should. */
function VoidsPage() {
  const words = useWords();
  const lists = useVoidWords();
  const { month = '' } = useParams();
  const { merchant, place } = useMerchant();
  const [search, setSearch] = useSearchParams();
  const shown = search.get('show') === 'suggested' ? 'suggested' : 'list';
  return (
    <Page
      title={words('title', { month })}
      above={[
        { to: place('cycles'), title: words('cycles') },
        { to: place('cycles', month), title: words('cycle', { month }) },
      ]}
      actions={
        <SaveButton
          route="downloadVoids"
          input={{ params: { merchant, month }, query: {} }}
          label={words('csv')}
        />
      }
    >
      <Tabs
        value={shown}
        keepMounted={false}
        onChange={(value) => setSearch(value === 'suggested' ? { show: value } : {})}
      >
        <Tabs.List>
          <Tabs.Tab value="list">{lists('list')}</Tabs.Tab>
          <Tabs.Tab value="suggested">{lists('suggested')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="list" pt="md">
          <VoidList month={month} />
        </Tabs.Panel>
        <Tabs.Panel value="suggested" pt="md">
          <SuggestedVoids month={month} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

export const route = { Component: VoidsPage };
