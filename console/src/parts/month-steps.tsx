import { Box, Group, Progress, Stack, Text } from '@mantine/core';
import { IconCheck, IconCircle, IconCircleDot } from '@tabler/icons-react';
import { CHARGE_STATES, type ChargeState } from '../../../billing/charge.ts';
import { defineWords } from '../language.ts';
import { type CycleDetail, progressOf, sumStates } from '../month-progress.ts';
import { useChargeStateWords } from '../words/billing-words.ts';
import { CountAndYen, Instant } from './figures.tsx';

const useWords = defineWords('month-steps', {
  ja: {
    steps: '月の流れ',
    orders: '注文',
    approval: '確認・承認',
    authorization: 'オーソリ',
    capture: '売上',
    ng: 'NG対応',
    close: '締め',
    done: '済み',
    here: '現在',
    ahead: 'これから',
    counted: '件数と金額を数えた時刻:',
  },
  en: {
    steps: 'The course of the month',
    orders: 'Orders',
    approval: 'Approval',
    authorization: 'Authorization',
    capture: 'Capture',
    ng: 'Declines',
    close: 'Close',
    done: 'done',
    here: 'now',
    ahead: 'to come',
    counted: 'Counted at',
  },
});

const icons = { done: IconCheck, here: IconCircleDot, ahead: IconCircle } as const;

/** The month as a line of steps, each with its charges and yen. */
export function MonthSteps({ cycle }: { readonly cycle: CycleDetail }) {
  const words = useWords();
  return (
    <Stack gap="sm">
      <Group component="ol" gap="lg" m={0} p={0} aria-label={words('steps')} align="flex-start">
        {progressOf(cycle).map(({ step, at, of }) => {
          const Icon = icons[at];
          return (
            <Box
              component="li"
              key={step}
              style={{ listStyle: 'none' }}
              aria-current={at === 'here' ? 'step' : undefined}
            >
              <Group gap={4} wrap="nowrap">
                <Icon size={16} aria-label={words(at)} />
                <Text fw={at === 'here' ? 700 : 500} size="sm">
                  {words(step)}
                </Text>
              </Group>
              <Text size="xs" c="dimmed">
                {of === null || of.rows === 0 ? '—' : <CountAndYen of={of} />}
              </Text>
            </Box>
          );
        })}
      </Group>
      <ChargeBar charges={cycle.charges} />
      {cycle.countedAt !== null && (
        <Text size="xs" c="dimmed">
          {words('counted')} <Instant at={cycle.countedAt} />
        </Text>
      )}
    </Stack>
  );
}

const colours: Readonly<Partial<Record<ChargeState, string>>> = {
  captured: 'teal.8',
  capture_sent: 'teal.6',
  authorized: 'indigo.6',
  sent: 'indigo.4',
  planned: 'gray.5',
  declined: 'red.7',
  unknown: 'orange.7',
  quarantined: 'orange.5',
  expired: 'red.4',
};

/** Where the month's yen are: the width of a part is its yen, the words below say it too. */
function ChargeBar({ charges }: { readonly charges: CycleDetail['charges'] }) {
  const words = useChargeStateWords();
  const all = sumStates(charges, CHARGE_STATES);
  if (all.yen === 0) return null;
  const present = CHARGE_STATES.filter((state) => (charges[state]?.rows ?? 0) > 0);
  return (
    <Stack gap={4}>
      <Progress.Root size="lg" aria-hidden>
        {present.map((state) => (
          <Progress.Section
            key={state}
            value={((charges[state]?.yen ?? 0) * 100) / all.yen}
            color={colours[state] ?? 'gray.6'}
          />
        ))}
      </Progress.Root>
      <Group gap="md">
        {present.map((state) => (
          <Text key={state} size="xs">
            {words(state)} <CountAndYen of={charges[state] ?? { rows: 0, yen: 0 }} />
          </Text>
        ))}
      </Group>
    </Stack>
  );
}
