import { expect, test } from 'vitest';
import {
  cardMigrationWorkflowId,
  cardRefreshWorkflowId,
  cycleWorkflowId,
  deliveryDeskWorkflowId,
  exchangeWorkflowId,
  fileImportWorkflowId,
  filesTaskQueueOf,
  mailDispatchWorkflowId,
  mainTaskQueue,
  ngDeskWorkflowId,
  previewWorkflowId,
  startAttributes,
} from '../../workflows/workflow-ids.ts';

test('IDs are those of the design', () => {
  expect(cycleWorkflowId('sakura', '2026-11')).toBe('cycle:sakura:2026-11');
  expect(previewWorkflowId('sakura', '2026-11', 2)).toBe('preview:sakura:2026-11:002');
  expect(exchangeWorkflowId('sakura', '2026-11', 'auth', 1)).toBe(
    'exchange:sakura:2026-11:auth:001',
  );
  expect(exchangeWorkflowId('sakura', '2026-11', 'capture', 1234)).toBe(
    'exchange:sakura:2026-11:capture:1234',
  );
  expect(ngDeskWorkflowId('sakura')).toBe('ng:sakura');
  expect(cardRefreshWorkflowId('sakura', '2026-11')).toBe('refresh:sakura:2026-11');
  expect(cardMigrationWorkflowId('sakura', 1)).toBe('migration:sakura:001');
  expect(fileImportWorkflowId('sakura', 1)).toBe('import:sakura:001');
  expect(deliveryDeskWorkflowId('shop-1')).toBe('delivery:shop-1');
  expect(mailDispatchWorkflowId('sakura')).toBe('mail:sakura');
  expect(filesTaskQueueOf(mainTaskQueue)).toBe('tsukigime-files');
});

test.each([
  ['a name instead of a slug', () => cycleWorkflowId('山田 太郎', '2026-11')],
  ['a mail address', () => ngDeskWorkflowId('taro@example.jp')],
  ['a colon that would forge another ID', () => cycleWorkflowId('a:b', '2026-11')],
  ['a month that is none', () => cycleWorkflowId('sakura', '2026-13')],
  ['a month with a line break', () => cycleWorkflowId('sakura', '2026-11\n')],
  ['the number 0', () => fileImportWorkflowId('sakura', 0)],
  ['a broken number', () => fileImportWorkflowId('sakura', 1.5)],
])('refuses %s, and does not repeat it', (_, build) => {
  expect(build).toThrow(/^workflow ID: /);
  expect(build).not.toThrow(/山田|taro|a:b/);
});

test('a start says nothing that it does not know', () => {
  const names = (month: string | null, stage: 'collecting' | null) =>
    startAttributes('sakura', month, stage).map((pair) => pair.key.name);
  expect(names(null, null)).toEqual(['Merchant', 'Attention']);
  expect(names('2026-11', 'collecting')).toEqual([
    'Merchant',
    'Attention',
    'BillingMonth',
    'Stage',
  ]);
});
