import { Group, Stack, Text } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import '@mantine/dropzone/styles.css';
import { IconFileUpload } from '@tabler/icons-react';
import { defineWords } from '../language.ts';
import type { FileDropProps } from './file-drop.tsx';

const useWords = defineWords('drop-zone', {
  ja: { hint: 'ここにドロップするか、押して選んでください', busy: '処理しています…' },
  en: { hint: 'Drop it here, or press to choose', busy: 'Working on it …' },
});

/** A place for one file, for mouse and keyboard alike. */
export function DropZone({ label, busy, onFile }: FileDropProps) {
  const words = useWords();
  return (
    <Dropzone
      multiple={false}
      loading={busy}
      aria-label={label}
      inputProps={{ 'aria-label': label }}
      onDrop={([file]) => {
        if (file !== undefined) onFile(file);
      }}
    >
      <Group justify="center" gap="md" mih={90}>
        <IconFileUpload size={36} stroke={1.5} aria-hidden />
        <Stack gap={2}>
          <Text fw={600}>{label}</Text>
          <Text size="sm" c="dimmed">
            {busy ? words('busy') : words('hint')}
          </Text>
        </Stack>
      </Group>
    </Dropzone>
  );
}
