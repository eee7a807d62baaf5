import { Button, Card, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { type ImportKind, importKinds } from '../../../billing/file-import.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useImportKindWords } from '../words/import-words.ts';
import { formatCount } from './figures.tsx';
import { FileDrop } from './file-drop.tsx';
import { ProblemNote } from './problem-note.tsx';

const useWords = defineWords('import-upload', {
  ja: {
    title: 'ファイルを取り込む',
    kind: '種別',
    drop: '{{kind}}のCSVファイル',
    text: 'UTF-8 または Shift_JIS のCSV。正しい行は取り込まれ、誤りのある行だけがあとで直せます。カード番号を含むファイルは取り込めません。',
    chosen: '{{name}}({{size}} バイト)を{{kind}}として取り込みます。',
    start: '取り込む',
    remove: '削除',
    redo: 'やり直し',
  },
  en: {
    title: 'Import a file',
    kind: 'Kind',
    drop: 'CSV file of {{kind}}',
    text: 'CSV in UTF-8 or Shift_JIS. Good rows are imported, only the others are to be mended. A file with card numbers is refused.',
    chosen: '{{name}} ({{size}} bytes) will be imported as {{kind}}.',
    start: 'Import',
    remove: 'Remove',
    redo: 'Try again',
  },
});

/** A file is dropped, looked at, and imported: until then it can be removed or exchanged. */
export function ImportUpload() {
  const words = useWords();
  const kinds = useImportKindWords();
  const { merchant, place } = useMerchant();
  const navigate = useNavigate();
  const [kind, setKind] = useState<ImportKind>('customers');
  const [file, setFile] = useState<File | null>(null);
  const upload = useAct('uploadImport');
  const begin = async (chosen: File) => {
    const started = await upload.act({
      params: { merchant },
      query: { kind, name: chosen.name },
      body: chosen,
    });
    if (started === null) return;
    setFile(null);
    void navigate(place('imports', started.number));
  };
  const choose = (next: File | null) => {
    upload.forget();
    setFile(next);
  };
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('title')}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {words('title')}
          </Title>
          <SegmentedControl
            aria-label={words('kind')}
            value={kind}
            data={importKinds.map((value) => ({ value, label: kinds(value) }))}
            onChange={(value) => setKind(value as ImportKind)}
          />
        </Group>
        <Text size="sm">{words('text')}</Text>
        {file === null ? (
          <FileDrop
            label={words('drop', { kind: kinds(kind) })}
            busy={upload.acting}
            onFile={choose}
          />
        ) : (
          <Group>
            <Text>
              {words('chosen', {
                name: file.name,
                size: formatCount(file.size),
                kind: kinds(kind),
              })}
            </Text>
            <Button loading={upload.acting} onClick={() => void begin(file)}>
              {words(upload.problem === null ? 'start' : 'redo')}
            </Button>
            <Button variant="default" disabled={upload.acting} onClick={() => choose(null)}>
              {words('remove')}
            </Button>
          </Group>
        )}
        <ProblemNote problem={upload.problem} />
      </Stack>
    </Card>
  );
}
