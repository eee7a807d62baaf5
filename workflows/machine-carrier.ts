import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { ReadExchange } from '../activities/acts.ts';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import type { ExchangeFacts } from '../billing/exchange.ts';
import { planCarriage } from '../billing/exchange-transport.ts';
import {
  fileActivity,
  sendActivity,
  shortActivity,
  type WorkflowTiming,
} from './activity-options.ts';
import type { Clock } from './clock.ts';

/** Carries a file to a PSP and its result back, where no person does. */
export interface MachineCarrier {
  /** Acts when it is time. @returns whether it did: the row may have changed */
  acts(facts: ExchangeFacts): Promise<boolean>;
  /** When it acts next while the row stays as it is; null = only after a change. */
  nextAt(facts: ExchangeFacts): string | null;
}

/**
 * The story of a file that a machine carries: sent once, and again only when it surely did not
 * arrive; a sending without an answer is asked for until it is settled; then looks for the result.
 * When each step is due stands in the file's row.
 */
export function createMachineCarrier(
  clock: Clock,
  timing: WorkflowTiming,
  workflowId: string,
  of: () => ReadExchange,
): MachineCarrier {
  const short = proxyActivities<MainActivities>(shortActivity(timing));
  const files = proxyActivities<FileActivities>(fileActivity(timing));
  const once = proxyActivities<FileActivities>(sendActivity(timing));

  async function send(): Promise<void> {
    try {
      await once.sendFile(of());
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      // Whatever ended it, its row knows whether a sending was begun.
      await short.noteUnclearSend(of());
    }
  }

  async function look(): Promise<void> {
    const { sha256 } = await files.fetchResultFile(of());
    if (sha256 === null) return;
    const { billingMonth, kind, number } = of().exchange;
    const idempotencyKey = `fetched:${billingMonth}:${kind}:${number}:${sha256}`;
    const act = { actor: 'tsukigime', idempotencyKey, reason: null };
    try {
      await files.ingestResult({ ...of(), workflowId, act, sha256 });
    } catch (error) {
      const refused = error instanceof ActivityFailure ? error.cause : null;
      if (!(refused instanceof ApplicationFailure) || refused.nonRetryable !== true) throw error;
      await short.noteWrongResult({ ...of(), sha256, why: refused.message });
    }
  }

  return {
    async acts(facts) {
      const { act, at } = planCarriage(facts);
      if (act === 'wait' || !clock.isDue(at)) return false;
      if (act === 'send') await send();
      else if (act === 'note-unclear') await short.noteUnclearSend(of());
      else if (act === 'inquire') await files.inquireFile(of());
      else await look();
      return true;
    },
    nextAt: (facts) => planCarriage(facts).at,
  };
}
