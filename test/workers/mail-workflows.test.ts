import { expect, test } from 'vitest';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { openDatabase } from '../../db/database.ts';
import { createMerchant } from '../../db/queries/merchants.ts';
import { createLogger } from '../../workers/logger.ts';
import { startMailWorkflows } from '../../workers/mail-workflows.ts';
import { mailboxWatchWorkflowId } from '../../workflows/workflow-ids.ts';
import { createTestDatabase } from '../database.ts';

test('a merchant whose watch cannot be woken holds up no other', async () => {
  const database = await createTestDatabase();
  const db = openDatabase(database.appUrl, { maxConnections: 2 });
  const settings = merchantSettingsSchema.parse({
    mailbox: { host: 'imap.example.jp', user: 'results', secretName: 'mailbox-password' },
  });
  const now = '2026-11-22T00:00:00.000Z';
  for (const slug of ['a-shop', 'b-shop', 'c-shop']) {
    const merchant = { slug, name: slug, kind: 'sandbox', settings, actor: 'test', now } as const;
    await createMerchant(db, merchant);
  }
  const woken: string[] = [];
  const lines: string[] = [];
  await startMailWorkflows(
    db,
    {
      startAndReport: async ({ workflowId }) => {
        if (workflowId === mailboxWatchWorkflowId('b-shop')) throw new Error('it is not taken');
        woken.push(workflowId);
      },
    },
    createLogger({
      ...{ level: 'warn', name: 'test' },
      destination: { write: (line) => void lines.push(line) },
    }),
  );
  await db.destroy();
  await database.drop();
  expect(woken).toEqual(['a-shop', 'c-shop'].map(mailboxWatchWorkflowId));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { merchant: 'b-shop', err: { message: 'it is not taken' } },
  ]);
});
