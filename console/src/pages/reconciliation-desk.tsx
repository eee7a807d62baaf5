import { Button, Drawer, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { DESK_ITEM_KINDS } from '../../../billing/reconciliation-desk.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ClearChosen, useChosen } from '../parts/chosen.tsx';
import { useCloseButton } from '../parts/close-button.ts';
import { DeskDecision } from '../parts/desk-decision.tsx';
import { DeskItem } from '../parts/desk-item.tsx';
import { DeskSheet } from '../parts/desk-sheet.tsx';
import { DeskTable } from '../parts/desk-table.tsx';
import { CountAndYen } from '../parts/figures.tsx';
import { Counted, Empty, Loaded } from '../parts/loaded.tsx';
import { isMonth, MonthFilter } from '../parts/month-field.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';

const useWords = defineWords('reconciliation-desk', {
  ja: {
    title: '要確認',
    month: '請求月',
    kind: '種別',
    all: 'すべて',
    total: '要確認: ',
    waiting: '結果待ちのファイル {{files}} 件',
    csv: 'CSVで取り出す',
    none: '要確認の項目はありません。結果ファイルを取り込むと、人の判断が必要な行だけがここに並びます。',
    item: '項目の詳細',
    chosen: '選んだ {{n}} 件をまとめて確定する',
    contradiction: '記録と矛盾',
    stray: '送信していない行',
    quarantined: '内容の相違',
    missing: '結果に行がない',
    unknown: '結果が空',
  },
  en: {
    title: 'Reconciliation desk',
    month: 'Month',
    kind: 'Kind',
    all: 'All',
    total: 'Open: ',
    waiting: '{{files}} files await their result',
    csv: 'Download CSV',
    none: 'Nothing to settle. Of results, only rows that need a person appear here.',
    item: 'The item',
    chosen: 'Settle the {{n}} chosen',
    contradiction: 'Contradicts the record',
    stray: 'Never sent',
    quarantined: 'Came back different',
    missing: 'Missing in the result',
    unknown: 'Without a result',
  },
});

export type DeskItemRow = NonNullable<Read<'listDeskItems'>['data']>['items'][number];

/** Filters, chosen page and opened item: all in the address, so that they can be shared. */
function useDeskFilter() {
  const [search, setSearch] = useSearchParams();
  const month = search.get('month') ?? '';
  return {
    typedMonth: month,
    item: search.get('item'),
    filter: {
      month: isMonth(month) ? month : undefined,
      kind: DESK_ITEM_KINDS.find((one) => one === search.get('kind')),
      exchange: search.get('exchange') ?? undefined,
    },
    change: (name: string, value: string) =>
      setSearch((before) => {
        const next = new URLSearchParams(before);
        next.delete('after');
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      }),
  };
}

function DeskPage() {
  const words = useWords();
  const closeButton = useCloseButton();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  const { filter, item, change } = useDeskFilter();
  return (
    <Page
      title={words('title')}
      actions={
        <SaveButton
          route="downloadDeskSheet"
          input={{ params: { merchant }, query: filter }}
          label={words('csv')}
          disabled={!may}
        />
      }
    >
      <DeskList />
      {may && <DeskSheet />}
      <Drawer
        opened={item !== null}
        onClose={() => change('item', '')}
        position="right"
        size="xl"
        title={words('item')}
        closeButtonProps={closeButton}
      >
        {item !== null && <DeskItem item={item} onDone={() => change('item', '')} />}
      </Drawer>
    </Page>
  );
}

function DeskFilters() {
  const words = useWords();
  const { typedMonth, filter, change } = useDeskFilter();
  return (
    <>
      <MonthFilter
        label={words('month')}
        value={typedMonth}
        onChange={(event) => change('month', event.currentTarget.value)}
      />
      <Select
        label={words('kind')}
        w={200}
        value={filter.kind ?? ''}
        data={[
          { value: '', label: words('all') },
          ...DESK_ITEM_KINDS.map((value) => ({ value, label: words(value) })),
        ]}
        onChange={(value) => change('kind', value ?? '')}
      />
    </>
  );
}

function DeskList() {
  const words = useWords();
  const { merchant } = useMerchant();
  const { filter, change } = useDeskFilter();
  const { after, limit } = usePlace();
  const narrowed = JSON.stringify(filter);
  const [chosen, setChosen] = useChosen<DeskItemRow>(narrowed);
  const query = { ...filter, after, limit };
  const desk = useRead('listDeskItems', { params: { merchant }, query }, { everyMs: 10_000 });
  return (
    <>
      <Group className="no-print" align="flex-end">
        <DeskFilters />
        <DeskActs key={narrowed} chosen={chosen} onClear={() => setChosen([])} />
      </Group>
      <Loaded read={desk}>
        {({ items, total, waiting, nextAfter }) => (
          <Stack>
            <Counted>
              <Group>
                <Text>
                  {words('total')}
                  <CountAndYen of={total} fw={700} />
                </Text>
                {waiting.files > 0 && (
                  <Text size="sm" c="dimmed">
                    {words('waiting', { files: waiting.files })}
                  </Text>
                )}
              </Group>
            </Counted>
            {items.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <DeskTable
                items={items}
                chosen={chosen}
                onChoose={setChosen}
                onOpen={(item) => change('item', item)}
              />
            )}
            <Pager nextAfter={nextAfter} />
          </Stack>
        )}
      </Loaded>
    </>
  );
}

/** Settles what is chosen in the list, all at once. */
function DeskActs({
  chosen,
  onClear,
}: {
  readonly chosen: readonly DeskItemRow[];
  readonly onClear: () => void;
}) {
  const words = useWords();
  const [deciding, setDeciding] = useState(false);
  return (
    <>
      {chosen.length > 0 && (
        <>
          <Button onClick={() => setDeciding(true)}>{words('chosen', { n: chosen.length })}</Button>
          <ClearChosen onClear={onClear} />
        </>
      )}
      <DeskDecision
        items={chosen}
        opened={deciding}
        onClose={() => setDeciding(false)}
        onDone={() => {
          setDeciding(false);
          onClear();
        }}
      />
    </>
  );
}

export const route = { Component: DeskPage };
