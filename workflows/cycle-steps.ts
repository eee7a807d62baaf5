import { patched } from '@temporalio/workflow';
import type { OfCycle } from '../activities/acts.ts';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import type { CycleFacts, CycleStage } from '../billing/cycle.ts';
import type { Bell } from './bell.ts';

/** What a month does again and again. */
export interface CycleSteps {
  /** Where the month stands: as its latest move found it, else read; what rang before is in it. */
  look(): Promise<CycleFacts>;
  move(from: CycleStage, to: CycleStage): Promise<void>;
  /** Builds files of what waits for one, and starts their workflows. */
  build(kind: 'auth' | 'capture'): Promise<{ uncleared: boolean }>;
  /** Why the latest step was refused; null = it went through after all. */
  noteTrouble(trouble: string | null): Promise<void>;
  /** Whether a look may be left out where nothing has been done since the latest. */
  readonly trustsLook: boolean;
}

/**
 * Each is one activity that says what stands after it. Runs that were begun before that keep to their
 * many small steps (docs/operations.md, "A new version").
 */
export function createCycleSteps(
  short: MainActivities,
  files: FileActivities,
  bell: Bell,
  of: () => OfCycle,
): CycleSteps {
  const fewerLooks = patched('fewer-looks');
  let moved: CycleFacts | undefined;
  return {
    trustsLook: fewerLooks,
    async look() {
      const found = moved;
      moved = undefined;
      if (found !== undefined) return found;
      if (fewerLooks) bell.heed();
      return await short.readCycle(of());
    },
    async move(from, to) {
      if (fewerLooks) bell.heed();
      const facts = await short.moveCycle({ ...of(), from, to });
      if (fewerLooks) moved = facts;
    },
    async build(kind) {
      const starts = fewerLooks ? { starts: true } : {};
      const built = await files.buildFiles({ ...of(), kind, ...starts });
      // Nor does a worker of an older version.
      if (built.started !== true) await short.startExchanges(of());
      return built;
    },
    async noteTrouble(trouble) {
      await short.noteTrouble({ ...of(), trouble });
      moved = undefined;
    },
  };
}
