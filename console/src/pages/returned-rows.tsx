import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useParams } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';
import { useRowResultWords } from '../words/card-words.ts';

const useWords = defineWords('returned-rows', {
  ja: {
    title: '返却ファイル {{n}} の行ごとの結果',
    migration: 'カード移行 {{number}}',
    filter: '結果で絞り込む',
    line: '行数',
    customer: '顧客ID',
    result: '結果',
    remarks: 'エラー内容',
    csv: 'CSVで取り出す',
    none: '該当する行はありません。絞り込みを外してください。',
  },
  en: {
    title: 'Returned file {{n}}, row by row',
    migration: 'Card migration {{number}}',
    filter: 'Result',
    line: 'Line',
    customer: 'Customer',
    result: 'Result',
    remarks: 'What is wrong',
    csv: 'Download CSV',
    none: 'No such row: take the filter off.',
  },
});

type ReturnedRow = NonNullable<Read<'listReturnedRows'>['data']>['rows'][number];
const results = ['imported', 'failed', 'quarantined'] as const;

function ReturnedRowsPage() {
  const words = useWords();
  const names = useRowResultWords();
  const { number = '', n = '' } = useParams();
  const { merchant, place } = useMerchant();
  const { after, limit } = usePlace();
  const { filter, change } = useFilters();
  const result = results.find((one) => one === filter('result'));
  const params = { merchant, number: Number(number), n: Number(n) };
  const narrowed = result === undefined ? {} : { result };
  const rows = useRead('listReturnedRows', {
    params,
    query: { ...narrowed, after: Number(after ?? 0), limit },
  });
  const up = { to: place('card-migrations', number), title: words('migration', { number }) };
  return (
    <Page
      title={words('title', { n })}
      above={[up]}
      actions={
        <SaveButton
          route="downloadReturnedRows"
          input={{ params, query: narrowed }}
          label={words('csv')}
        />
      }
    >
      <div className="scrolls-sideways">
        <SegmentedControl
          aria-label={words('filter')}
          w="fit-content"
          value={result ?? ''}
          data={[
            { value: '', label: names('all') },
            ...results.map((value) => ({ value, label: names(value) })),
          ]}
          onChange={(value) => change({ result: value })}
        />
      </div>
      <Loaded read={rows}>
        {({ rows: found, nextAfter }) => (
          <>
            <RowTable label={words('title', { n })} rows={found} />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function RowTable({
  label,
  rows,
}: {
  readonly label: string;
  readonly rows: readonly ReturnedRow[];
}) {
  const words = useWords();
  const names = useRowResultWords();
  return (
    <ListTable
      label={label}
      rows={rows}
      keyOf={({ line }) => line}
      none={words('none')}
      columns={[
        { title: words('line'), numeric: true, cell: ({ line }) => line },
        { title: words('customer'), cell: ({ customerId }) => customerId ?? '—' },
        { title: words('result'), cell: (row) => names(row.result) },
        {
          title: words('remarks'),
          cell: ({ remarks }) => (
            <Stack gap={0}>
              {remarks.map(({ column, text }) => (
                <Text key={`${column} ${text}`} size="sm">
                  {column === null ? '' : `${column}: `}
                  {text}
                </Text>
              ))}
            </Stack>
          ),
        },
      ]}
    />
  );
}

export const route = { Component: ReturnedRowsPage };
