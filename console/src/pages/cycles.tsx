import { Anchor, Button, SegmentedControl, Table } from '@mantine/core';
import { Link } from 'react-router';
import { businessDateOf } from '../../../billing/business-date.ts';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';
import { Instant } from '../parts/figures.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { ReadTable } from '../parts/read-table.tsx';
import { useFilters } from '../parts/search-form.tsx';
import { CycleStageBadge } from '../parts/stage-badge.tsx';
import { StartCycle } from '../parts/start-cycle.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('cycles', {
  ja: {
    title: '請求サイクル',
    filter: '絞り込み',
    all: 'すべて',
    open: '請求中',
    attention: '対応が必要',
    month: '請求月',
    stage: '段階',
    started: '開始',
    by: '開始した人',
    since: '対応待ちの開始',
    closed: '締め',
    corrections: '締めた後の訂正',
    none: '該当する月はありません。絞り込みを外すか、月を始めてください。',
  },
  en: {
    title: 'Billing cycles',
    filter: 'Filter',
    all: 'All',
    open: 'Open',
    attention: 'Needs a person',
    month: 'Month',
    stage: 'Stage',
    started: 'Started',
    by: 'Started by',
    since: 'Waits since',
    closed: 'Closed',
    corrections: 'Corrections',
    none: 'No such month. Take the filter off, or start one.',
  },
});

function CyclesPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const { filter: asked, change } = useFilters();
  const filter = asked('show') ?? 'all';
  const { after, limit } = usePlace();
  const cycles = useRead(
    'listCycles',
    {
      params: { merchant },
      query: {
        limit,
        after,
        ...(filter === 'open' ? { open: true } : {}),
        ...(filter === 'attention' ? { attention: true } : {}),
      },
    },
    { everyMs: 10_000 },
  );
  const { data: shop } = useRead('readMerchant', { params: { merchant } });
  const thisMonth = shop && businessDateOf(shop.businessNow).slice(0, 7);
  return (
    <Page
      title={words('title')}
      actions={
        <>
          <Button component={Link} to={place('corrections')} variant="default">
            {words('corrections')}
          </Button>
          {thisMonth !== undefined && <StartCycle month={thisMonth} />}
        </>
      }
    >
      <SegmentedControl
        aria-label={words('filter')}
        value={filter}
        w="fit-content"
        data={(['all', 'open', 'attention'] as const).map((value) => ({
          value,
          label: words(value),
        }))}
        onChange={(value) => change({ show: value === 'all' ? '' : value })}
      />
      <Loaded read={cycles}>
        {({ cycles: found, nextAfter }) => (
          <>
            {found.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <Table.ScrollContainer minWidth={720}>
                <ReadTable highlightOnHover>
                  <Table.Thead>
                    <Table.Tr>
                      <ColumnHeads
                        columns={['month', 'stage', 'since', 'started', 'by', 'closed']}
                        words={words}
                      />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {found.map((cycle) => (
                      <Table.Tr key={cycle.month}>
                        <Table.Td>
                          <Anchor component={Link} to={place('cycles', cycle.month)}>
                            {cycle.month}
                          </Anchor>
                        </Table.Td>
                        <Table.Td>
                          <CycleStageBadge stage={cycle.stage} attention={cycle.attention} />
                        </Table.Td>
                        <Table.Td>
                          <Instant at={cycle.attentionSince} />
                        </Table.Td>
                        <Table.Td>
                          <Instant at={cycle.startedAt} />
                        </Table.Td>
                        <Table.Td>{cycle.startedBy}</Table.Td>
                        <Table.Td>
                          <Instant at={cycle.closedAt} />
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </ReadTable>
              </Table.ScrollContainer>
            )}
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: CyclesPage };
