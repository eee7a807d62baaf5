import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { billingMonthPattern } from '../billing/billing-month.ts';
import type { CycleStage } from '../billing/cycle.ts';
import type { ExchangeKind } from '../billing/exchange.ts';

/**
 * The names under which Temporal knows our work: workflow IDs, task queues, search attributes.
 * None of them is encrypted, so nothing but slugs, months, kinds, numbers and stages may enter.
 */

/** Workflows and short activities. */
export const mainTaskQueue = 'tsukigime';
/**
 * Activities that stream files and merge them, few at a time: `tsukigime-files` beside `tsukigime`.
 * Derived from the main queue, so that tests on one server can have a pair of their own.
 */
export const filesTaskQueueOf = (taskQueue: string) => `${taskQueue}-files`;

export const merchantAttribute = defineSearchAttributeKey('Merchant', 'KEYWORD');
export const billingMonthAttribute = defineSearchAttributeKey('BillingMonth', 'KEYWORD');
export const stageAttribute = defineSearchAttributeKey('Stage', 'KEYWORD');
/** True when a person must act before the workflow goes on. */
export const attentionAttribute = defineSearchAttributeKey('Attention', 'BOOL');

/** Temporal's own: the time for which a Schedule started a workflow, however late it was. */
export const scheduledStartAttribute = defineSearchAttributeKey(
  'TemporalScheduledStartTime',
  'DATETIME',
);

/** What `stack/` and compose must create on a server and `doctor` must find there. */
export const searchAttributeKeys = [
  merchantAttribute,
  billingMonthAttribute,
  stageAttribute,
  attentionAttribute,
] as const;

/** A part of a workflow ID is not what its place demands: a programmer's slip or a forged request. */
export class WorkflowIdError extends Error {
  override name = 'WorkflowIdError';
}

function matching(pattern: RegExp, value: string, meaning: string): string {
  // The value stays out of the message: what a caller put here by mistake may be personal.
  if (!pattern.test(value)) throw new WorkflowIdError(`workflow ID: ${meaning}`);
  return value;
}

const slug = (merchant: string) =>
  matching(/^[a-z0-9-]{3,32}$/, merchant, 'a merchant is a slug of 3 to 32 of a-z, 0-9 and -');
const yearMonth = (month: string) =>
  matching(billingMonthPattern, month, 'a billing month is written YYYY-MM');

function padded(n: number): string {
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new WorkflowIdError('workflow ID: a number in it is a whole one, from 1');
  }
  return String(n).padStart(3, '0');
}

export const cycleWorkflowId = (merchant: string, month: string) =>
  `cycle:${slug(merchant)}:${yearMonth(month)}`;

/** The `n`-th dry run of a month. */
export const previewWorkflowId = (merchant: string, month: string, n: number) =>
  `preview:${slug(merchant)}:${yearMonth(month)}:${padded(n)}`;

/** The round trip of the `n`-th file of its kind in a month. */
export const exchangeWorkflowId = (
  merchant: string,
  month: string,
  kind: ExchangeKind,
  n: number,
) => `exchange:${slug(merchant)}:${yearMonth(month)}:${kind}:${padded(n)}`;

export const ngDeskWorkflowId = (merchant: string) => `ng:${slug(merchant)}`;

export const cardRefreshWorkflowId = (merchant: string, month: string) =>
  `refresh:${slug(merchant)}:${yearMonth(month)}`;

export const cardMigrationWorkflowId = (merchant: string, n: number) =>
  `migration:${slug(merchant)}:${padded(n)}`;

export const fileImportWorkflowId = (merchant: string, n: number) =>
  `import:${slug(merchant)}:${padded(n)}`;

/** `endpoint` is the slug of a delivery endpoint, never its address. */
export const deliveryDeskWorkflowId = (endpoint: string) =>
  `delivery:${matching(/^[a-z0-9-]{1,64}$/, endpoint, 'an endpoint is a slug')}`;

export const mailDispatchWorkflowId = (merchant: string) => `mail:${slug(merchant)}`;

export const mailboxWatchWorkflowId = (merchant: string) => `mailbox:${slug(merchant)}`;

/** Memo of a workflow: the address of its object in the console, where the installation has one. */
export const consolePageMemo = 'Console';

/** A Schedule of a merchant; the ID of what it starts has the time behind it. */
export const scheduleIdOf = (merchant: string, what: 'cycle' | 'retention' | 'refresh') =>
  `start:${slug(merchant)}:${what}`;

/** What a start says about a workflow of a merchant; `stage.ts` keeps it current from then on. */
export function startAttributes(
  merchant: string,
  month: string | null,
  stage: CycleStage | null,
): SearchAttributePair[] {
  return [
    { key: merchantAttribute, value: slug(merchant) },
    { key: attentionAttribute, value: false },
    ...(month === null ? [] : [{ key: billingMonthAttribute, value: yearMonth(month) }]),
    ...(stage === null ? [] : [{ key: stageAttribute, value: stage }]),
  ];
}
