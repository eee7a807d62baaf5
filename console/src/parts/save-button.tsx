import { Button, type ButtonProps, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { ApiProblem } from '../../../api/client/api-problem.ts';
import type { CallInput } from '../../../api/client/call.ts';
import type { Contract, RouteName } from '../../../api/contract.ts';
import { saveFile } from '../api.ts';

/** A download: while it comes, and why it did not. */
export function SaveButton<Name extends RouteName>({
  route,
  input,
  label,
  ...style
}: {
  readonly route: Name;
  readonly input: CallInput<Contract[Name]>;
  readonly label: string;
} & Pick<ButtonProps, 'size' | 'variant' | 'disabled'>) {
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    setSaving(true);
    setProblem(null);
    try {
      await saveFile(route, input);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error.detail);
    } finally {
      setSaving(false);
    }
  };
  return (
    <Stack gap={2} align="flex-start">
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={saving}
        onClick={() => void save()}
        {...style}
      >
        {label}
      </Button>
      {problem !== null && (
        <Text size="xs" c="red" role="alert">
          {problem}
        </Text>
      )}
    </Stack>
  );
}
