import { Table, Text } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { FINDING_KINDS } from '../../../billing/preview.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useFindingWords } from '../words/billing-words.ts';
import { ColumnHeads } from './column-heads.tsx';
import { CustomerLink } from './customer-link.tsx';
import { Yen } from './figures.tsx';
import { Empty, Loaded } from './loaded.tsx';
import { Pager, usePlace } from './pager.tsx';
import { ReadTable } from './read-table.tsx';

const useWords = defineWords('finding-list', {
  ja: {
    kind: '区分',
    order: '注文番号',
    customer: '顧客番号',
    now: '今月の金額',
    lastOrder: '前月の注文番号',
    last: '前月の金額',
    difference: '差額',
    detail: '備考',
    none: '目立つ注文はありません。',
  },
  en: {
    kind: 'Kind',
    order: 'Order',
    customer: 'Customer',
    now: 'This month',
    lastOrder: "Last month's order",
    last: 'Last month',
    difference: 'Difference',
    detail: 'Note',
    none: 'Nothing stands out.',
  },
});

/** The orders that stand out of a preview, a page at a time. */
export function Findings({ month, n }: { readonly month: string; readonly n: number }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const [search] = useSearchParams();
  const { after, limit } = usePlace();
  const kind = FINDING_KINDS.find((one) => one === search.get('kind'));
  const findings = useRead('listFindings', {
    params: { merchant, month, n },
    query: { kind, limit, ...(after === undefined ? {} : { after: Number(after) }) },
  });
  return (
    <Loaded read={findings}>
      {({ findings: found, nextAfter }) => (
        <>
          {found.length === 0 ? <Empty>{words('none')}</Empty> : <FindingTable findings={found} />}
          <Pager nextAfter={nextAfter} />
        </>
      )}
    </Loaded>
  );
}

type Finding = NonNullable<Read<'listFindings'>['data']>['findings'][number];

function FindingTable({ findings }: { readonly findings: readonly Finding[] }) {
  const words = useWords();
  const labels = useFindingWords();
  return (
    <Table.ScrollContainer minWidth={820}>
      <ReadTable striped>
        <Table.Thead>
          <Table.Tr>
            <ColumnHeads
              columns={[
                'kind',
                'order',
                'customer',
                'now',
                'lastOrder',
                'last',
                'difference',
                'detail',
              ]}
              figures={['now', 'last', 'difference']}
              words={words}
            />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {findings.map((one) => (
            <Table.Tr key={`${one.kind} ${one.i}`}>
              <Table.Td>{labels(one.kind)}</Table.Td>
              <Table.Td>{one.orderNumber}</Table.Td>
              <Table.Td>
                {one.customerNumber !== null && (
                  <CustomerLink customerNumber={one.customerNumber} />
                )}
              </Table.Td>
              <Table.Td className="figure">
                <Amount yen={one.amountYen} />
              </Table.Td>
              <Table.Td>{one.lastOrderNumber ?? '—'}</Table.Td>
              <Table.Td className="figure">
                <Amount yen={one.lastYen} />
              </Table.Td>
              <Table.Td className="figure">
                <Amount
                  yen={
                    one.amountYen === null || one.lastYen === null
                      ? null
                      : one.amountYen - one.lastYen
                  }
                />
              </Table.Td>
              <Table.Td>
                <Text size="sm">{one.detail ?? ''}</Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ReadTable>
    </Table.ScrollContainer>
  );
}

function Amount({ yen }: { readonly yen: number | null }) {
  return yen === null ? '—' : <Yen amount={yen} />;
}
