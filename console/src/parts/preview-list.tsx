import { Anchor, Badge, Button, Group, Stack, Table, Text } from '@mantine/core';
import { Link, useNavigate } from 'react-router';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ColumnHeads } from './column-heads.tsx';
import { Count, Instant, Yen } from './figures.tsx';
import { Loaded } from './loaded.tsx';
import { ProblemNote } from './problem-note.tsx';

export const usePreviewWords = defineWords('preview-list', {
  ja: {
    none: 'プレビューはまだありません。注文を取り込むと作成されます。試算は、何も請求せずに内容を確かめます。',
    dryRun: '試算する',
    n: '番号',
    kind: '種類',
    run: '請求',
    dry_run: '試算',
    rows: '件数',
    yen: '金額',
    at: '作成',
    verdict: '判断',
    by: '判断した人',
    awaits: '承認待ち',
    computing: '計算中',
    not_needed: '承認不要',
    approved: '承認済み',
    rejected: '差し戻し',
    outdated: '無効(内容が変わりました)',
  },
  en: {
    none: 'No preview yet; orders bring one. A dry run shows what would be billed and bills nothing.',
    dryRun: 'Dry run',
    n: 'No.',
    kind: 'Kind',
    run: 'Billing',
    dry_run: 'Dry run',
    rows: 'Rows',
    yen: 'Amount',
    at: 'Made',
    verdict: 'Decision',
    by: 'Decided by',
    awaits: 'Awaits approval',
    computing: 'At work',
    not_needed: 'No approval needed',
    approved: 'Approved',
    rejected: 'Sent back',
    outdated: 'Void: something changed',
  },
});

/** What a month was about to bill each time, and dry runs of it. */
export function PreviewList({
  month,
  awaited,
}: {
  readonly month: string;
  readonly awaited: number | null;
}) {
  const words = usePreviewWords();
  const { merchant, place } = useMerchant();
  const navigate = useNavigate();
  const may = useMay('operator');
  const previews = useRead(
    'listPreviews',
    { params: { merchant, month }, query: { limit: 10 } },
    { everyMs: 4000 },
  );
  const request = useAct('requestPreview');
  const dryRun = async () => {
    const made = await request.act({ params: { merchant, month }, body: {} });
    if (made !== null) await navigate(place('cycles', month, 'previews', made.n));
  };
  return (
    <Stack gap="sm">
      <Group justify="flex-end" className="no-print">
        <Button
          size="xs"
          variant="default"
          disabled={!may}
          loading={request.acting}
          onClick={() => void dryRun()}
        >
          {words('dryRun')}
        </Button>
      </Group>
      <ProblemNote problem={request.problem} />
      <Loaded read={previews} lines={2}>
        {({ previews: found }) =>
          found.length === 0 ? (
            <Text c="dimmed">{words('none')}</Text>
          ) : (
            <Table.ScrollContainer minWidth={700}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <ColumnHeads
                      columns={['n', 'kind', 'verdict', 'rows', 'yen', 'at', 'by']}
                      words={words}
                    />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {found.map((one) => (
                    <Table.Tr key={one.n}>
                      <Table.Td>
                        <Anchor component={Link} to={place('cycles', month, 'previews', one.n)}>
                          {one.n}
                        </Anchor>
                      </Table.Td>
                      <Table.Td>{words(one.kind)}</Table.Td>
                      <Table.Td>
                        <PreviewStanding preview={one} awaited={awaited} />
                      </Table.Td>
                      <Table.Td>{one.rows === null ? '—' : <Count count={one.rows} />}</Table.Td>
                      <Table.Td>{one.yen === null ? '—' : <Yen amount={one.yen} />}</Table.Td>
                      <Table.Td>
                        <Instant at={one.computedAt} />
                      </Table.Td>
                      <Table.Td>{one.decidedBy ?? '—'}</Table.Td>
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

/** Whether a preview is decided, awaits somebody, or is worth nothing any more. */
export function PreviewStanding({
  preview,
  awaited,
}: {
  readonly preview: {
    readonly n: number;
    readonly kind: 'run' | 'dry_run';
    readonly computedAt: string | null;
    readonly trouble: string | null;
    readonly verdict: 'not_needed' | 'approved' | 'rejected' | null;
  };
  readonly awaited: number | null;
}) {
  const words = usePreviewWords();
  if (preview.trouble !== null) return <Text size="sm">{preview.trouble}</Text>;
  if (preview.computedAt === null) return <>{words('computing')}</>;
  if (preview.verdict !== null) return <>{words(preview.verdict)}</>;
  if (preview.kind === 'dry_run') return <>—</>;
  if (preview.n === awaited) return <Badge color="red">{words('awaits')}</Badge>;
  return <>{words('outdated')}</>;
}
