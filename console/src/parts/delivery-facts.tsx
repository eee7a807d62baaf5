import { Stack, Text } from '@mantine/core';
import { defineWords } from '../language.ts';
import { useDeliveryWords } from '../words/webhook-words.ts';
import { Instant } from './figures.tsx';

/** What became of a delivery to a shop's system, and of each attempt at it. */

const useWords = defineWords('delivery-facts', {
  ja: { next: '次の送信: ' },
  en: { next: 'Next attempt: ' },
});

type DeliveryWord = Parameters<ReturnType<typeof useDeliveryWords>>[0];

/** @param dueAt of the next attempt; null: there is none */
export function DeliveryState({
  state,
  dueAt,
}: {
  readonly state: DeliveryWord;
  readonly dueAt: string | null;
}) {
  const words = useWords();
  const names = useDeliveryWords();
  return (
    <>
      {names(state)}
      {dueAt !== null && (
        <Text size="xs">
          {words('next')}
          <Instant at={dueAt} />
        </Text>
      )}
    </>
  );
}

interface Attempt {
  readonly attempt: number;
  readonly outcome: DeliveryWord;
  readonly status: number | null;
  readonly answerStart: string | null;
  readonly endedAt: string;
}

export function DeliveryAttempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  const names = useDeliveryWords();
  return (
    <Stack gap={2}>
      {attempts.length === 0 && '—'}
      {attempts.map(({ attempt, outcome, status, answerStart, endedAt }) => (
        <Text key={`${attempt} ${endedAt}`} size="xs">
          {attempt}. <Instant at={endedAt} /> {names(outcome)} {status} {answerStart}
        </Text>
      ))}
    </Stack>
  );
}
