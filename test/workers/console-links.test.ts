import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { consolePageOf, linkToConsole } from '../../temporal/console-links.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
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
} from '../../workflows/workflow-ids.ts';
import { root } from '../tidy/checkout.ts';
import { connectTestWorkers, type TestWorkers } from './test-workers.ts';

let temporal: TestWorkers;
beforeAll(async () => {
  temporal = await connectTestWorkers();
});
afterAll(async () => {
  await temporal?.close();
});

const shop = '/merchants/my-shop';
const pages: readonly (readonly [workflowId: string, page: string])[] = [
  [cycleWorkflowId('my-shop', '2026-11'), `${shop}/cycles/2026-11`],
  [previewWorkflowId('my-shop', '2026-11', 7), `${shop}/cycles/2026-11/previews/7`],
  [exchangeWorkflowId('my-shop', '2026-11', 'auth', 12), `${shop}/exchanges/2026-11/auth/12`],
  [ngDeskWorkflowId('my-shop'), `${shop}/ng-cases`],
  [cardRefreshWorkflowId('my-shop', '2026-11'), `${shop}/card-refreshes/2026-11`],
  [cardMigrationWorkflowId('my-shop', 3), `${shop}/card-migrations/3`],
  [fileImportWorkflowId('my-shop', 4), `${shop}/imports/4`],
  [deliveryDeskWorkflowId('my-endpoint'), `${shop}/send-errors`],
  [mailDispatchWorkflowId('my-shop'), `${shop}/mails`],
  [mailboxWatchWorkflowId('my-shop'), `${shop}/mailbox`],
  ['start:my-shop:retention-2026-11-22T00:00:00Z', shop],
];

it.each(pages)('%s leads back to its page', (workflowId, page) => {
  expect(consolePageOf(workflowId, 'my-shop')).toBe(page);
});

it('leads to pages that the console has', () => {
  const table = readFileSync(join(root, 'console/src/routes.tsx'), 'utf8');
  const paths = [...table.matchAll(/path: '([^'*/][^']*)'/g)].map((match) => match[1] ?? '');
  const patterns = paths.map((path) => new RegExp(`^${shop}/${path.replace(/:\w+/g, '[^/]+')}$`));
  const unknown = pages.filter(
    ([, page]) => page !== shop && !patterns.some((pattern) => pattern.test(page)),
  );
  expect(unknown).toEqual([]);
});

it('writes the address where the Temporal UI shows it, whichever way a workflow is started', async () => {
  const { connection, options } = temporal.client;
  const client = new Client({
    connection,
    namespace: options.namespace,
    dataConverter: options.dataConverter,
    interceptors: { workflow: [linkToConsole('https://console.example.jp')] },
  });
  const { merchant } = temporal;
  // No worker runs on this queue: what is started waits there.
  const starter = createWorkflowStarter(client, `${temporal.taskQueue}-nobody`);
  const input = { merchant, clockOffsetMs: 0 };
  const month = { workflow: 'billingCycle', input, month: '2026-11', stage: null };
  await starter.start({ ...month, workflowId: cycleWorkflowId(merchant, '2026-11') });
  await starter.startAndReport(
    { ...month, workflow: 'ngDesk', month: null, workflowId: ngDeskWorkflowId(merchant) },
    { kind: 'ng', id: 'cases' },
  );
  for (const [workflowId, page] of [
    [cycleWorkflowId(merchant, '2026-11'), 'cycles/2026-11'],
    [ngDeskWorkflowId(merchant), 'ng-cases'],
  ] as const) {
    const handle = client.workflow.getHandle(workflowId);
    expect(await (await handle.describe()).staticDetails()).toBe(
      `[コンソールで開く](https://console.example.jp/merchants/${merchant}/${page})`,
    );
    await handle.terminate();
  }
});
