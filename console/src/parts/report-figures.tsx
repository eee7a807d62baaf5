import { Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Read } from '../api.ts';
import { defineWords } from '../language.ts';
import { useExchangeStageWords } from '../words/billing-words.ts';
import { Count, CountAndYen, Yen } from './figures.tsx';

const useWords = defineWords('report-figures', {
  ja: {
    files: 'ファイル',
    name: '項目',
    rows: '件数',
    yen: '金額',
    acceptance: '受付番号',
    stage: '段階',
    none: 'なし',
  },
  en: {
    files: 'Files',
    name: 'Item',
    rows: 'Rows',
    yen: 'Amount',
    acceptance: 'Acceptance no.',
    stage: 'Stage',
    none: 'None',
  },
});

type Report = NonNullable<Read<'readCycleReport'>['data']>;
interface Row {
  readonly name: string;
  readonly rows: number;
  readonly yen: number;
}

/** Counts and yen of one part of the report; what is zero is left out. */
export function Figures({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly Row[];
}) {
  const words = useWords();
  const present = rows.filter((row) => row.rows > 0);
  return (
    <Section title={title}>
      {present.length === 0 ? (
        <Text c="dimmed">{words('none')}</Text>
      ) : (
        <Table aria-label={title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words('name')}</Table.Th>
              <Table.Th scope="col" className="figure">
                {words('rows')}
              </Table.Th>
              <Table.Th scope="col" className="figure">
                {words('yen')}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {present.map((row) => (
              <Table.Tr key={row.name}>
                <Table.Td>{row.name}</Table.Td>
                <Table.Td className="figure">
                  <Count count={row.rows} />
                </Table.Td>
                <Table.Td className="figure">
                  <Yen amount={row.yen} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

/** The lines of every file by their answers. */
export function Files({ exchanges }: { readonly exchanges: Report['exchanges'] }) {
  const words = useWords();
  const stages = useExchangeStageWords();
  return (
    <Section title={words('files')}>
      <Table.ScrollContainer minWidth={640} type="native">
        <Table aria-label={words('files')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words('name')}</Table.Th>
              <Table.Th scope="col">{words('stage')}</Table.Th>
              <Table.Th scope="col">{words('acceptance')}</Table.Th>
              <Table.Th scope="col" className="figure">
                OK
              </Table.Th>
              <Table.Th scope="col" className="figure">
                NG
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {exchanges.map((file) => (
              <Table.Tr key={file.fileName}>
                <Table.Td>{file.fileName}</Table.Td>
                <Table.Td>{stages(file.stage)}</Table.Td>
                <Table.Td>{file.acceptanceNumber ?? '—'}</Table.Td>
                <Table.Td className="figure">
                  <CountAndYen of={file.lines.ok} />
                </Table.Td>
                <Table.Td className="figure">
                  <CountAndYen of={file.lines.ng} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}
