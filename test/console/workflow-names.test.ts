import { expect, it } from 'vitest';
import {
  cardMigrationWorkflow,
  cardRefreshWorkflow,
  cycleWorkflow,
  deliveryWorkflow,
  exchangeWorkflow,
  importWorkflow,
  mailboxWorkflow,
  mailWorkflow,
  ngDeskWorkflow,
  previewWorkflow,
} from '../../console/src/workflow-names.ts';
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

it('names workflows as the workflows themselves do', () => {
  expect(cycleWorkflow('my-shop', '2026-11')).toBe(cycleWorkflowId('my-shop', '2026-11'));
  expect(previewWorkflow('my-shop', '2026-11', 7)).toBe(previewWorkflowId('my-shop', '2026-11', 7));
  expect(exchangeWorkflow('my-shop', '2026-11', 'auth', 12)).toBe(
    exchangeWorkflowId('my-shop', '2026-11', 'auth', 12),
  );
  expect(deliveryWorkflow('my-endpoint')).toBe(deliveryDeskWorkflowId('my-endpoint'));
  expect(mailWorkflow('my-shop')).toBe(mailDispatchWorkflowId('my-shop'));
  expect(mailboxWorkflow('my-shop')).toBe(mailboxWatchWorkflowId('my-shop'));
  expect(ngDeskWorkflow('my-shop')).toBe(ngDeskWorkflowId('my-shop'));
  expect(importWorkflow('my-shop', 4)).toBe(fileImportWorkflowId('my-shop', 4));
  expect(cardMigrationWorkflow('my-shop', 3)).toBe(cardMigrationWorkflowId('my-shop', 3));
  expect(cardRefreshWorkflow('my-shop', '2026-11')).toBe(
    cardRefreshWorkflowId('my-shop', '2026-11'),
  );
});
