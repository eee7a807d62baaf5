import { Stack, Table } from '@mantine/core';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import type { CycleDetail } from '../month-progress.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ColumnHeads } from './column-heads.tsx';
import { Count, Instant } from './figures.tsx';
import { FileDrop } from './file-drop.tsx';
import { Loaded } from './loaded.tsx';
import { OrderCounts } from './order-counts.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('order-exports', {
  ja: {
    drop: '注文CSVを取り込む',
    file: 'ファイル',
    at: '取り込み',
    added: '追加',
    changed: '変更',
    gone: '消えた注文',
    quarantined: 'ファイルの読めない行',
  },
  en: {
    drop: 'Bring an order export',
    file: 'File',
    at: 'Collected',
    added: 'Added',
    changed: 'Changed',
    gone: 'Gone',
    quarantined: 'Rows the file has broken',
  },
});

/** The exports of a month, and a place to drop a newer one at any time. */
export function OrderExports({ cycle }: { readonly cycle: CycleDetail }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const { month, selection } = cycle;
  const may = useMay('operator');
  const upload = useAct('uploadFile');
  const use = useAct('useOrderExport');
  const collected = useRead('listCollections', { params: { merchant, month } });
  const take = async (file: File) => {
    const stored = await upload.act({
      params: { merchant },
      query: { name: file.name, kind: 'order-export' },
      body: file,
    });
    if (stored === null) return;
    await use.act({ params: { merchant, month }, body: { sha256: stored.sha256 } });
  };
  return (
    <Stack>
      {cycle.stage !== 'closed' && may && (
        <FileDrop
          label={words('drop')}
          busy={upload.acting || use.acting}
          onFile={(file) => void take(file)}
        />
      )}
      <ProblemNote problem={upload.problem ?? use.problem} />
      {selection && <OrderCounts month={month} of={{ ...selection, orders: null }} />}
      <Loaded read={collected} lines={1}>
        {({ exports }) =>
          exports.length > 0 && (
            <Table.ScrollContainer minWidth={640}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <ColumnHeads
                      columns={['file', 'at', 'added', 'changed', 'gone', 'quarantined']}
                      words={words}
                    />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {exports.map((one) => (
                    <Table.Tr key={one.n}>
                      <Table.Td>{one.fileName}</Table.Td>
                      <Table.Td>
                        <Instant at={one.collectedAt} />
                      </Table.Td>
                      {[one.added, one.changed, one.gone, one.quarantined].map((count, index) => (
                        // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move.
                        <Table.Td key={index}>
                          <Count count={count} />
                        </Table.Td>
                      ))}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </Stack>
  );
}
