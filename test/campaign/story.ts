import type { MerchantSettingsInput } from '../../billing/merchant-settings.ts';
import { ApiRefusal, startCycle } from '../../sandbox/operator.ts';
import type { Month } from '../workflows/month.ts';
import type { Step } from './traps.ts';

/** A month as an operator lives it, with the steps at which it can be disturbed. */
export interface Story {
  readonly settings: MerchantSettingsInput;
  /** In the order in which the month gets there. */
  readonly steps: Readonly<Record<string, StepKind>>;
  /** Until the month is closed, whatever happens to it. */
  live(month: Month): Promise<void>;
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
