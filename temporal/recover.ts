import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { UnfinishedWork } from '../billing/unfinished-work.ts';
import {
  cardMigrationWorkflowId,
  cardRefreshWorkflowId,
  cycleWorkflowId,
  deliveryDeskWorkflowId,
  exchangeWorkflowId,
  fileImportWorkflowId,
  mailboxWatchWorkflowId,
  mailDispatchWorkflowId,
  ngDeskWorkflowId,
  previewWorkflowId,
} from '../workflows/workflow-ids.ts';
import { wakeMail, wakeMailbox } from './mail-workflows.ts';
import { startCardMigration } from './start-card-migration.ts';
import { startCardRefresh } from './start-card-refresh.ts';
import { startCycle } from './start-cycle.ts';
import { startCyclePreview } from './start-cycle-preview.ts';
import { wakeDeliveryDesk } from './start-delivery-desk.ts';
import { startExchange } from './start-exchange.ts';
import { startFileImport } from './start-file-import.ts';
import { wakeNgDesk } from './start-ng-desk.ts';
import type { WorkflowStarter } from './workflow-starter.ts';

export interface RecoveredWorkflow {
  readonly workflowId: string;
  /** Whether it was at work all along, or is again. */
  readonly found: 'running' | 'started';
}

interface OfMerchant {
  readonly slug: string;
  readonly clockOffsetMs: number;
}

type Starts = Pick<WorkflowStarter, 'start' | 'startAndReport'>;

/**
 * Starts again whatever of a merchant's unfinished work has no workflow: after Temporal's state was
 * lost, or when in doubt. What runs is left alone, so repeating it does no harm. Each workflow reads
 * from its row where it stands.
 */
export async function recoverWorkflows(
  client: Client,
  starter: Starts,
  merchant: OfMerchant,
  work: UnfinishedWork,
): Promise<RecoveredWorkflow[]> {
  const recovered: RecoveredWorkflow[] = [];
  for (const { workflowId, start } of listStarts(starter, merchant, work)) {
    const found = await isRunning(client, workflowId);
    if (!found) await start();
    recovered.push({ workflowId, found: found ? 'running' : 'started' });
  }
  return recovered;
}

interface Start {
  readonly workflowId: string;
  readonly start: () => Promise<void>;
}

/** One line for each kind of workflow: months before their files, what tells people last. */
function listStarts(starter: Starts, merchant: OfMerchant, work: UnfinishedWork): Start[] {
  const { slug } = merchant;
  return [
    ...work.cycles.map(({ billingMonth, startedBy, ...as }) => ({
      workflowId: cycleWorkflowId(slug, billingMonth),
      start: () => startCycle(starter, merchant, billingMonth, startedBy, as),
    })),
    ...work.exchanges.map((exchange) => ({
      workflowId: exchangeWorkflowId(slug, exchange.billingMonth, exchange.kind, exchange.number),
      start: () => startExchange(starter, merchant, exchange),
    })),
    ...work.dryRuns.map(({ billingMonth: month, n }) => ({
      workflowId: previewWorkflowId(slug, month, n),
      start: () => startCyclePreview(starter, merchant, { month, n }),
    })),
    ...work.importNumbers.map((number) => ({
      workflowId: fileImportWorkflowId(slug, number),
      start: () => startFileImport(starter, merchant, number),
    })),
    ...work.migrationNumbers.map((number) => ({
      workflowId: cardMigrationWorkflowId(slug, number),
      start: () => startCardMigration(starter, merchant, number),
    })),
    ...work.refreshMonths.map((month) => ({
      workflowId: cardRefreshWorkflowId(slug, month),
      start: () => startCardRefresh(starter, merchant, month, { startedBy: 'tsukigime' }),
    })),
    ...work.endpoints.map((endpoint) => ({
      workflowId: deliveryDeskWorkflowId(endpoint),
      start: () => wakeDeliveryDesk(starter, merchant, endpoint),
    })),
    ...(work.ngDesk
      ? [{ workflowId: ngDeskWorkflowId(slug), start: () => wakeNgDesk(starter, merchant) }]
      : []),
    ...(work.mailbox
      ? [
          {
            workflowId: mailboxWatchWorkflowId(slug),
            start: () => wakeMailbox(starter, merchant),
          },
        ]
      : []),
    ...(work.mails
      ? [{ workflowId: mailDispatchWorkflowId(slug), start: () => wakeMail(starter, merchant) }]
      : []),
  ];
}

async function isRunning(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
