import type { WorkflowClientInterceptor, WorkflowStartInput } from '@temporalio/client';
import { consolePageMemo } from '../workflows/workflow-ids.ts';

/**
 * From a workflow in the Temporal UI back to its object in the console. The console's addresses are
 * those of its route table (console/src/routes.tsx): a test holds the two together.
 */

/** Below `/merchants/<merchant>`, by the first part of the workflow's ID; what follows are its other parts. */
const pages: Readonly<Record<string, (...parts: readonly string[]) => string>> = {
  cycle: (month) => `cycles/${month}`,
  preview: (month, n) => `cycles/${month}/previews/${Number(n)}`,
  exchange: (month, kind, n) => `exchanges/${month}/${kind}/${Number(n)}`,
  ng: () => 'ng-cases',
  refresh: (month) => `card-refreshes/${month}`,
  migration: (n) => `card-migrations/${Number(n)}`,
  import: (n) => `imports/${Number(n)}`,
  delivery: () => 'send-errors',
  mail: () => 'mails',
  mailbox: () => 'mailbox',
};

/**
 * The page of a workflow's object, without the console's own address: that of its merchant where no
 * page shows the object itself; null for what belongs to no merchant.
 */
export function consolePageOf(workflowId: string, merchant: string | undefined): string | null {
  if (merchant === undefined) return null;
  const [kind = '', ...parts] = workflowId.split(':');
  // A delivery desk is named by its endpoint; all others have their merchant in the second place.
  const page = pages[kind]?.(...parts.slice(1)) ?? '';
  return `/merchants/${merchant}${page === '' ? '' : `/${page}`}`;
}

/** Writes the console's address into the details of whatever is started, where the Temporal UI shows them. */
export function linkToConsole(consoleUrl: string): WorkflowClientInterceptor {
  const linked = <Input extends Pick<WorkflowStartInput, 'options'>>(input: Input): Input => {
    const { options } = input;
    // Every input of ours names its merchant (WorkflowInput).
    const of = options.args[0] as { readonly merchant?: string } | undefined;
    const page = consolePageOf(options.workflowId, of?.merchant);
    if (page === null) return input;
    const address = `${consoleUrl}${page}`;
    return {
      ...input,
      options: {
        ...options,
        staticDetails: `[コンソールで開く](${address})`,
        // Details are not handed on when a workflow continues as new; the memo is.
        memo: { ...options.memo, [consolePageMemo]: address },
      },
    };
  };
  return {
    startWithDetails: async (input, next) => await next(linked(input)),
    signalWithStart: async (input, next) => await next(linked(input)),
  };
}
