import { Stack, Text } from '@mantine/core';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { Pager, usePlace } from '../parts/pager.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('audit', {
  ja: {
    title: '操作の記録',
    hint: '古い順です。書き出したファイルは tsukigime audit verify で改ざんの有無を確かめられます。',
    n: '番号',
    at: '日時',
    actor: '人・プログラム',
    act: '操作と対象',
    reason: '理由と内容',
    export: '記録を書き出す',
    none: 'ここから先の記録はありません。',
  },
  en: {
    title: 'Audit',
    hint: 'Oldest first. The exported file is checked with tsukigime audit verify.',
    n: 'No.',
    at: 'At',
    actor: 'Who',
    act: 'Act and subject',
    reason: 'Reason and details',
    export: 'Export',
    none: 'Nothing was recorded after this.',
  },
});

function AuditPage() {
  const words = useWords();
  const { merchant } = useMerchant();
  const { after, limit } = usePlace();
  const params = { merchant };
  const read = useRead('readAudit', { params, query: { after: Number(after ?? 0), limit } });
  return (
    <Page
      title={words('title')}
      actions={<SaveButton route="exportAudit" input={{ params }} label={words('export')} />}
    >
      <Text size="sm">{words('hint')}</Text>
      <Loaded read={read}>
        {({ entries, nextAfter }) => (
          <>
            <ListTable
              label={words('title')}
              rows={entries}
              keyOf={({ n }) => n}
              none={words('none')}
              columns={[
                { title: words('n'), numeric: true, cell: ({ n }) => n },
                { title: words('at'), cell: ({ at }) => <Instant at={at} /> },
                { title: words('actor'), cell: ({ actor }) => actor },
                {
                  title: words('act'),
                  cell: ({ act, subject }) => (
                    <>
                      {act}
                      <Text size="xs" className="raw-line" maw={320}>
                        {subject}
                      </Text>
                    </>
                  ),
                },
                {
                  title: words('reason'),
                  cell: ({ reason, details }) => (
                    <Stack gap={2} miw={320} maw={560}>
                      {reason !== null && <Text size="sm">{reason}</Text>}
                      {Object.keys(details).length > 0 && (
                        <Text size="xs" className="raw-line">
                          {JSON.stringify(details)}
                        </Text>
                      )}
                    </Stack>
                  ),
                },
              ]}
            />
            <Pager nextAfter={nextAfter} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: AuditPage };
