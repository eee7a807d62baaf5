import { Badge } from '@mantine/core';
import type { CycleStage } from '../../../billing/cycle.ts';
import type { ExchangeStage } from '../../../billing/exchange.ts';
import { useCycleStageWords, useExchangeStageWords } from '../words/billing-words.ts';

/** Colour never says it alone: the word is there, and a mark where a person must act. */
export function CycleStageBadge({
  stage,
  attention,
}: {
  readonly stage: CycleStage;
  readonly attention: boolean;
}) {
  const words = useCycleStageWords();
  return (
    <Badge color={stage === 'closed' ? 'gray' : attention ? 'red' : 'indigo'}>
      {attention ? '● ' : ''}
      {words(stage)}
    </Badge>
  );
}

export function ExchangeStageBadge({
  stage,
  attention,
}: {
  readonly stage: ExchangeStage;
  readonly attention: boolean;
}) {
  const words = useExchangeStageWords();
  const done = stage === 'reconciled' || stage === 'cancelled';
  return (
    <Badge color={done ? 'gray' : attention ? 'red' : 'indigo'}>
      {attention ? '● ' : ''}
      {words(stage)}
    </Badge>
  );
}
