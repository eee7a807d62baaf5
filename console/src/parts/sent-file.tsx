import { Alert, Button, FileButton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type Read, useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { ExchangeParams } from '../pages/exchange.tsx';
import { useMay } from '../session.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('sent-file', {
  ja: {
    open: '送ったファイルを元と比べる',
    same: '同じファイルです。',
    differs: '違うファイルです。{{line}} 行目: {{ja}}',
    plain: '違うファイルです。',
  },
  en: {
    open: 'Compare what was sent',
    same: 'It is the same file.',
    differs: 'It is another file. Line {{line}}: {{ja}}',
    plain: 'It is another file.',
  },
});

type Comparison = NonNullable<Read<'compareSentFile'>['data']>;

/** The first cause of format errors is a file that somebody opened and saved. */
export function CompareSentFile({ params }: { readonly params: ExchangeParams }) {
  const words = useWords();
  const may = useMay('operator');
  const upload = useAct('uploadFile');
  const compare = useAct('compareSentFile');
  const [found, setFound] = useState<Comparison | null>(null);
  const look = async (file: File) => {
    const { merchant } = params;
    const query = { name: file.name, kind: 'sent-file' as const };
    const stored = await upload.act({ params: { merchant }, query, body: file });
    if (stored === null) return;
    setFound(await compare.act({ params, body: { sha256: stored.sha256 } }));
  };
  return (
    <Stack gap="xs">
      <FileButton onChange={(file) => file !== null && void look(file)} accept=".csv">
        {(props) => (
          <Button
            {...props}
            variant="default"
            disabled={!may}
            loading={upload.acting || compare.acting}
          >
            {words('open')}
          </Button>
        )}
      </FileButton>
      <ProblemNote problem={upload.problem ?? compare.problem} />
      {found !== null && (
        <Alert color={found.same ? 'teal' : 'red'} variant="outline" role="status">
          <Text size="sm">
            {found.same
              ? words('same')
              : found.difference === null
                ? words('plain')
                : words('differs', { line: found.difference.line, ja: found.difference.ja })}
          </Text>
        </Alert>
      )}
    </Stack>
  );
}
