import { Group, Select } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { EXCHANGE_STAGES } from '../../../billing/exchange.ts';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ExchangeTable } from '../parts/exchange-table.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { isMonth, MonthFilter } from '../parts/month-field.tsx';
import { Page } from '../parts/page.tsx';
import { useMerchant } from '../places.ts';
import { useExchangeStageWords } from '../words/billing-words.ts';

const useWords = defineWords('exchanges', {
  ja: {
    title: 'ファイル授受',
    month: '請求月',
    stage: '段階',
    all: 'すべて',
    none: '該当するファイルはありません。承認されると、ここに並びます。',
  },
  en: {
    title: 'Files',
    month: 'Month',
    stage: 'Stage',
    all: 'All',
    none: 'No such file. Files appear here once they are approved.',
  },
});

function ExchangesPage() {
  const words = useWords();
  const stageWords = useExchangeStageWords();
  const { merchant } = useMerchant();
  const [search, setSearch] = useSearchParams();
  const month = search.get('month') ?? '';
  const stage = search.get('stage') ?? '';
  const files = useRead(
    'listExchanges',
    {
      params: { merchant },
      query: isMonth(month) ? { month } : {},
    },
    { everyMs: 5000 },
  );
  const change = (name: string, value: string) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value === '') next.delete(name);
      else next.set(name, value);
      return next;
    });
  return (
    <Page title={words('title')}>
      <Group className="no-print">
        <MonthFilter
          label={words('month')}
          value={month}
          onChange={(event) => change('month', event.currentTarget.value)}
        />
        <Select
          label={words('stage')}
          value={stage}
          data={[
            { value: '', label: words('all') },
            ...EXCHANGE_STAGES.map((value) => ({ value, label: stageWords(value) })),
          ]}
          onChange={(value) => change('stage', value ?? '')}
          w={180}
        />
      </Group>
      <Loaded read={files}>
        {({ exchanges }) => {
          const found = exchanges.filter((file) => stage === '' || file.stage === stage);
          return found.length === 0 ? (
            <Empty>{words('none')}</Empty>
          ) : (
            <ExchangeTable exchanges={found} />
          );
        }}
      </Loaded>
    </Page>
  );
}

export const route = { Component: ExchangesPage };
