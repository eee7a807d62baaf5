import { Anchor, Button, Drawer, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useCloseButton } from '../parts/close-button.ts';
import { Instant } from '../parts/figures.tsx';
import { forOperators } from '../parts/for-operators.tsx';
import { type Column, ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { FactsTable } from '../parts/section.tsx';
import { SiblingPages } from '../parts/sibling-pages.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('carrier-calls', {
  ja: {
    title: 'ゼウスからの呼び出し',
    text: 'ゼウスから届いた呼び出しを、届いたままの形で並べます。読み取れなかったものは結果になっていません。内容を確かめ、ゼウスに問い合わせるか、再送信を依頼してください。',
    show: '絞り込み',
    all: 'すべて',
    unusable: '読み取れなかったもの',
    received: '受信',
    from: '送信元',
    verdict: '判定',
    new: '新しい結果',
    duplicate: '同じ内容の繰り返し',
    unusableVerdict: '⚠ 読み取れない',
    card_number: '⚠ カード番号と思われる値があるため保存せず',
    unread: '未処理',
    findings: '指摘',
    result: '結果',
    open: '結果を見る',
    raw: '内容',
    look: '届いたままの内容を見る',
    method: 'メソッド',
    query: 'クエリ',
    body: '本文',
    notKept: '(保存していません)',
    empty: '(なし)',
    none: '呼び出しはありません。',
    noneUnusable: '読み取れなかった呼び出しはありません。',
  },
  en: {
    title: 'Calls of ZEUS',
    text: 'Calls as they came. What could not be read became no result: look at it and ask ZEUS, or have it sent again.',
    show: 'Filter',
    all: 'All',
    unusable: 'Not readable',
    received: 'Received',
    from: 'From',
    verdict: 'Verdict',
    new: 'A new result',
    duplicate: 'A repetition',
    unusableVerdict: '⚠ Not readable',
    card_number: '⚠ Not kept: what looks like a card number',
    unread: 'Not read yet',
    findings: 'Findings',
    result: 'Result',
    open: 'See the result',
    raw: 'Content',
    look: 'See it as it came',
    method: 'Method',
    query: 'Query',
    body: 'Body',
    notKept: '(not kept)',
    empty: '(none)',
    none: 'No call.',
    noneUnusable: 'No call that could not be read.',
  },
});

type Call = NonNullable<Read<'listCarrierCalls'>['data']>['calls'][number];

/** Every call that came for the merchant, also those that were no result. */
function CarrierCallsPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const { filter, change } = useFilters();
  const { after, limit } = usePlace();
  const closeButton = useCloseButton();
  const [shown, setShown] = useState<Call | null>(null);
  const columns = useColumns(setShown);
  const unusable = filter('show') === 'unusable';
  const read = useRead(
    'listCarrierCalls',
    { params: { merchant }, query: { before: after, limit, ...(unusable ? { unusable } : {}) } },
    { everyMs: 15_000 },
  );
  return (
    <Page title={words('title')}>
      <SiblingPages family="of-carriers" />
      <Text size="sm">{words('text')}</Text>
      <SegmentedControl
        aria-label={words('show')}
        w="fit-content"
        value={unusable ? 'unusable' : 'all'}
        data={(['all', 'unusable'] as const).map((value) => ({ value, label: words(value) }))}
        onChange={(value) => change({ show: value === 'unusable' ? value : '' })}
      />
      <Loaded read={read}>
        {({ calls, nextBefore }) => (
          <>
            <ListTable
              label={words('title')}
              rows={calls}
              keyOf={({ id }) => id}
              none={words(unusable ? 'noneUnusable' : 'none')}
              columns={columns}
            />
            <Pager nextAfter={nextBefore} />
          </>
        )}
      </Loaded>
      <Drawer
        opened={shown !== null}
        onClose={() => setShown(null)}
        position="right"
        size="lg"
        title={words('look')}
        closeButtonProps={closeButton}
      >
        {shown !== null && <Raw call={shown} />}
      </Drawer>
    </Page>
  );
}

function useColumns(onLook: (call: Call) => void): readonly Column<Call>[] {
  const words = useWords();
  const { place } = useMerchant();
  return [
    { title: words('received'), cell: ({ receivedAt }) => <Instant at={receivedAt} /> },
    { title: words('from'), cell: ({ sourceAddress }) => sourceAddress },
    {
      title: words('verdict'),
      cell: ({ verdict }) =>
        verdict === null
          ? words('unread')
          : words(verdict === 'unusable' ? 'unusableVerdict' : verdict),
    },
    {
      title: words('findings'),
      cell: ({ findings }) =>
        findings.length === 0 ? (
          '—'
        ) : (
          <Stack gap={2}>
            {findings.map(({ parameter, field, code, ja }) => (
              <Text key={`${parameter} ${field} ${code}`} size="xs">
                {parameter ?? field} {ja}
              </Text>
            ))}
          </Stack>
        ),
    },
    {
      title: words('result'),
      cell: ({ result }) =>
        result === null ? (
          '—'
        ) : (
          <Anchor component={Link} to={place('carrier-results', result)} size="sm">
            {words('open')}
          </Anchor>
        ),
    },
    {
      title: words('raw'),
      cell: (call) => (
        <Button size="compact-xs" variant="default" onClick={() => onLook(call)}>
          {words('look')}
        </Button>
      ),
    },
  ];
}

function Raw({ call }: { readonly call: Call }) {
  const words = useWords();
  const shown = (text: string | null) => (
    <span className="raw-line">
      {text === null ? words('notKept') : text === '' ? words('empty') : text}
    </span>
  );
  return (
    <FactsTable
      label={words('look')}
      facts={[
        [words('received'), <Instant key="at" at={call.receivedAt} />],
        [words('from'), call.sourceAddress],
        [words('method'), call.method],
        [words('query'), shown(call.query)],
        [words('body'), shown(call.body)],
      ]}
    />
  );
}

export const route = { Component: forOperators(CarrierCallsPage) };
