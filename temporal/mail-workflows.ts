import { mailboxWatchWorkflowId, mailDispatchWorkflowId } from '../workflows/workflow-ids.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

interface MerchantClock {
  readonly slug: string;
  readonly clockOffsetMs: number;
}

/** Has the merchant's outbox looked at, by the dispatcher that runs or by a new one. */
export async function wakeMail(
  starter: Pick<WorkflowStarter, 'startAndReport'>,
  { slug, clockOffsetMs }: MerchantClock,
): Promise<void> {
  await starter.startAndReport(
    {
      workflowId: mailDispatchWorkflowId(slug),
      workflow: 'mailDispatch',
      input: { merchant: slug, clockOffsetMs },
      month: null,
      stage: null,
    },
    { kind: 'mail', id: 'outbox' },
  );
}

/** Has the merchant's mailbox looked at, by the watch that runs or by a new one. */
export async function wakeMailbox(
  starter: Pick<WorkflowStarter, 'startAndReport'>,
  { slug, clockOffsetMs }: MerchantClock,
): Promise<void> {
  await starter.startAndReport(
    {
      workflowId: mailboxWatchWorkflowId(slug),
      workflow: 'mailboxWatch',
      input: { merchant: slug, clockOffsetMs },
      month: null,
      stage: null,
    },
    { kind: 'settings', id: 'mailbox' },
  );
}
