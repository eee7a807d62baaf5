import { Alert, Button, Card, Group, List, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { ActDialog } from './act-dialog.tsx';
import { ColumnHeads } from './column-heads.tsx';
import { Count, CountAndYen, Yen } from './figures.tsx';
import { FileDrop } from './file-drop.tsx';
import { Loaded } from './loaded.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('desk-sheet', {
  ja: {
    title: 'CSVでまとめて確定する',
    text: '取り出したCSVの「判断」と「理由」を記入し、ここに戻してください。内容を確かめてから確定します。',
    drop: '記入したCSV',
    action: '判断',
    rows: '件数',
    yen: '金額',
    effect: '増減',
    undecided: '判断が空の行: {{n}} 件(何も起きません)',
    problems: '直す必要がある行: {{n}} 件。直すまで、どの行も確定されません。',
    line: '{{line}} 行目: ',
    apply: 'この内容で確定する',
  },
  en: {
    title: 'Settle many by CSV',
    text: 'Fill in 判断 and 理由 of the CSV and bring it back here. You see what it does first.',
    drop: 'Filled-in CSV',
    action: 'Decision',
    rows: 'Rows',
    yen: 'Amount',
    effect: 'Effect',
    undecided: '{{n}} rows without a decision: nothing happens to them',
    problems: '{{n}} rows to put right; until then none is settled.',
    line: 'Line {{line}}: ',
    apply: 'Settle as shown',
  },
});

/** The sheet that operators fill in: shown with its effect, then done as it was shown. */
export function DeskSheet() {
  const words = useWords();
  const { merchant } = useMerchant();
  const [sha256, setSha256] = useState<string | null>(null);
  const upload = useAct('uploadFile');
  const take = async (file: File) => {
    const query = { name: file.name, kind: 'desk-decisions' as const };
    const stored = await upload.act({ params: { merchant }, query, body: file });
    setSha256(stored?.sha256 ?? null);
  };
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('title')}>
      <Stack>
        <Title order={2} size="h4">
          {words('title')}
        </Title>
        <Text size="sm">{words('text')}</Text>
        <FileDrop label={words('drop')} busy={upload.acting} onFile={(file) => void take(file)} />
        <ProblemNote problem={upload.problem} />
        {sha256 !== null && <SheetPreview sha256={sha256} onDone={() => setSha256(null)} />}
      </Stack>
    </Card>
  );
}

function SheetPreview({
  sha256,
  onDone,
}: {
  readonly sha256: string;
  readonly onDone: () => void;
}) {
  const words = useWords();
  const { merchant } = useMerchant();
  const [confirming, setConfirming] = useState(false);
  const params = { merchant, sha256 };
  const preview = useRead('previewDeskSheet', { params });
  const apply = useAct('applyDeskSheet');
  return (
    <Loaded read={preview}>
      {({ totals, undecided, problems, problemCount }) => (
        <Stack>
          <TotalsTable totals={totals} />
          <Text size="sm">{words('undecided', { n: undecided })}</Text>
          {problemCount > 0 && (
            <Alert color="red" variant="outline" title={words('problems', { n: problemCount })}>
              <List size="sm">
                {problems.slice(0, 50).map(({ line, ja }) => (
                  <List.Item key={`${line} ${ja}`}>
                    {words('line', { line })}
                    {ja}
                  </List.Item>
                ))}
              </List>
            </Alert>
          )}
          <Group>
            <Button
              disabled={problemCount > 0 || totals.rows === 0}
              onClick={() => setConfirming(true)}
            >
              {words('apply')}
            </Button>
          </Group>
          <ActDialog
            opened={confirming}
            onClose={() => setConfirming(false)}
            title={words('title')}
            confirm={words('apply')}
            reason="required"
            acting={apply.acting}
            problem={apply.problem}
            onConfirm={async (reason) => {
              const confirmed = { rows: totals.rows, yen: totals.yen };
              const done = await apply.act({ params, body: { confirmed, reason } });
              if (done !== null) onDone();
            }}
          >
            <CountAndYen of={totals} fw={700} />
          </ActDialog>
        </Stack>
      )}
    </Loaded>
  );
}

type Totals = NonNullable<Read<'previewDeskSheet'>['data']>['totals'];

function TotalsTable({ totals }: { readonly totals: Totals }) {
  const words = useWords();
  return (
    <Table w="fit-content">
      <Table.Thead>
        <Table.Tr>
          <ColumnHeads columns={['action', 'rows', 'yen', 'effect']} words={words} />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {totals.byAction.map((one) => (
          <Table.Tr key={one.action}>
            <Table.Td>{one.name}</Table.Td>
            <Table.Td>
              <Count count={one.rows} />
            </Table.Td>
            <Table.Td>
              <Yen amount={one.yen} />
            </Table.Td>
            <Table.Td>
              <Yen amount={one.effectYen} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
