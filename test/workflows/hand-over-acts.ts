import { listExchanges } from '../../sandbox/operator.ts';
import { setSandboxClock } from '../../sandbox/paygent-operator.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import type { Month } from './month.ts';

/** Moves Tsukigime's clock and the PSP's to the same instant. */
export async function advanceTo(month: Month, target: string): Promise<void> {
  await advanceMerchantClock({
    db: month.db,
    client: month.client,
    merchant: month.day.desk.merchant,
    actor: 'test',
    realNowMs: Date.now,
    target,
  });
  await setSandboxClock(month.portal.url, target);
}

/** `auth-1 handing_over` and so on, of one month. */
export async function stagesOf(month: Month, billingMonth: string): Promise<string[]> {
  const exchanges = await listExchanges(month.day.desk, billingMonth);
  return exchanges.map(({ kind, number, stage }) => `${kind}-${number} ${stage}`);
}

export const onlyStage = (stages: readonly string[], stage: string) =>
  stages.filter((one) => one.endsWith(` ${stage}`)).map((one) => one.split(' ')[0]);
