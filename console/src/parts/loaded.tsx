import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import type { ApiProblem } from '../../../api/client/api-problem.ts';
import { defineWords } from '../language.ts';
import { ProblemPlaces } from './problem-note.tsx';

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

type AnyRead = Pick<UseQueryResult<unknown, ApiProblem>, 'data' | 'error' | 'refetch'>;

/** Which of what is shown together could not be read, and a way to ask for it again. */
export function Unread({ reads }: { readonly reads: readonly AnyRead[] }) {
  const words = useWords();
  const failed = reads.filter(({ error }) => error !== null);
  if (failed.length === 0) return null;
  const again = (
    <Button
      variant="default"
      size="xs"
      onClick={() => {
        for (const read of failed) void read.refetch();
      }}
    >
      {words('again')}
    </Button>
  );
  const missing = failed.find(({ data }) => data === undefined);
  if (missing !== undefined) {
    return (
      <Alert color="red" variant="outline" title={words('failed')} role="alert">
        <Stack gap="xs" align="flex-start">
          <Text size="sm">{missing.error?.detail}</Text>
          {missing.error !== null && <ProblemPlaces problem={missing.error} />}
          {again}
        </Stack>
      </Alert>
    );
  }
  return (
    <Alert color="yellow" variant="outline" mb="sm" role="status">
      <Group justify="space-between">
        <Text size="sm">{words('stale')}</Text>
        {again}
      </Group>
    </Alert>
  );
}

const Former = createContext(false);

/** Whether what is shown answers the question before: nobody should choose or count by it. */
export const useIsFormer = () => useContext(Former);

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
  if (read.data === undefined) {
    return read.error === null ? <Waiting lines={lines} /> : <Unread reads={[read]} />;
  }
  return (
    <Former value={read.isPlaceholderData}>
      <Unread reads={[read]} />
      {children(read.data)}
    </Former>
  );
}

/** What is true of this question's answer alone: not shown while the one before stands there. */
export function Counted({ children }: { readonly children: ReactNode }) {
  return useIsFormer() ? <Waiting lines={1} /> : children;
}

const widths = ['100%', '92%', '96%', '84%'];

/** What was asked for is on its way. */
export function Waiting({ lines }: { readonly lines: number }) {
  const words = useWords();
  return (
    <Stack gap="xs" role="status" aria-label={words('loading')}>
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
  // That the question before had no answer says nothing of this one.
  if (useIsFormer()) return <Waiting lines={1} />;
  return (
    <Stack align="center" gap="sm" py="xl">
      <Text c="dimmed" ta="center">
        {children}
      </Text>
      {action}
    </Stack>
  );
}
