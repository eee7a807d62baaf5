import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ApiProblem } from '../../../api/client/api-problem.ts';
import { defineWords } from '../language.ts';

const useWords = defineWords('loaded', {
  ja: {
    failed: '読み込めませんでした',
    again: 'もう一度読み込む',
    loading: '読み込んでいます',
    stale: '最新の状態を読み込めていません。表示は前回のものです。',
  },
  en: {
    failed: 'It could not be read',
    again: 'Read again',
    loading: 'Loading',
    stale: 'The latest state could not be read; this is the one before.',
  },
});

/** What was asked for, once it is there; until then that it comes, or why it does not. */
export function Loaded<Answer>({
  read,
  lines = 4,
  children,
}: {
  readonly read: UseQueryResult<Answer, ApiProblem>;
  readonly lines?: number;
  readonly children: (answer: Answer) => ReactNode;
}) {
  const words = useWords();
  const again = (
    <Button variant="default" size="xs" onClick={() => void read.refetch()}>
      {words('again')}
    </Button>
  );
  if (read.data === undefined && read.error !== null) {
    return (
      <Alert color="red" variant="outline" title={words('failed')} role="alert">
        <Stack gap="xs" align="flex-start">
          <Text size="sm">{read.error.detail}</Text>
          {again}
        </Stack>
      </Alert>
    );
  }
  if (read.data === undefined) return <Waiting lines={lines} label={words('loading')} />;
  return (
    <>
      {read.error !== null && (
        <Alert color="yellow" variant="outline" mb="sm" role="status">
          <Group justify="space-between">
            <Text size="sm">{words('stale')}</Text>
            {again}
          </Group>
        </Alert>
      )}
      {children(read.data)}
    </>
  );
}

const widths = ['100%', '92%', '96%', '84%'];

function Waiting({ lines, label }: { readonly lines: number; readonly label: string }) {
  return (
    <Stack gap="xs" role="status" aria-label={label}>
      {widths.slice(0, lines).map((width) => (
        <Skeleton key={width} height={18} width={width} />
      ))}
    </Stack>
  );
}

/** Nothing to show, and what to do about it. */
export function Empty({
  children,
  action,
}: {
  readonly children: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <Stack align="center" gap="sm" py="xl">
      <Text c="dimmed" ta="center">
        {children}
      </Text>
      {action}
    </Stack>
  );
}
