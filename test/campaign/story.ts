import { randomUUID } from 'node:crypto';
import type { MerchantSettingsInput } from '../../billing/merchant-settings.ts';
import { ApiRefusal, type CycleView, startCycle } from '../../sandbox/operator.ts';
import type { Month } from '../workflows/month.ts';
import { post } from '../workflows/month-acts.ts';
import type { Fault } from './faults.ts';
import type { Step } from './traps.ts';

/** A month as an operator lives it, with the steps at which it can be disturbed. */
export interface Story {
  readonly settings: MerchantSettingsInput;
  /** How Paygent answers; without it one in twenty is declined. */
  readonly outcomes?: Record<string, unknown>;
  /** What can happen to it, in turn. */
  readonly faults: readonly Fault[];
  /** In the order in which the month gets there. */
  readonly steps: Readonly<Record<string, StepKind>>;
  /** Until the month is closed, whatever happens to it; `ended` is aborted when patience is over. */
  live(month: Month, ended: AbortSignal): Promise<void>;
}

export type StepKind = Omit<Step, 'name' | 'n'> & {
  /** The seed chooses the n-th row from these. */
  readonly rows: number;
  readonly first?: number;
};

export const billedMonth = '2026-11';

export const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

/** Whatever is refused because a workflow was lost is done again. */
export async function persist<Result>(month: Month, act: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const lost = error instanceof ApiRefusal && error.problem === 'workflow-closed';
      if (!lost) throw error;
      await startCycle(month.day.desk, billedMonth);
      await pause();
    }
  }
}

/** The same act under the same key, until it is said to be done. */
export async function insist(
  month: Month,
  route: string,
  body: object,
  by: Month = month,
): Promise<void> {
  const key = randomUUID();
  for (;;) {
    const reply = await post(by, route, body, key);
    if (reply.status < 300 && reply.status !== 202) return;
    const passing = reply.status >= 500 || reply.status === 202;
    if (!passing && !JSON.stringify(reply.body).includes('workflow-closed')) {
      throw new Error(`${route}: ${reply.text}`);
    }
    await startCycle(month.day.desk, billedMonth);
    await pause();
  }
}

/** How many charges a month has, in whatever state. */
export const countOf = (charges: CycleView['charges']) =>
  Object.values(charges).reduce((total, count) => total + (count?.rows ?? 0), 0);
