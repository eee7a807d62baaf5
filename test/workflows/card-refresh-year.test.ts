import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shiftBillingMonth } from '../../billing/billing-month.ts';
import { findMerchant } from '../../db/queries/merchants.ts';
import { listUnfinishedWork } from '../../db/queries/unfinished-work.ts';
import { downloadExchangeFile } from '../../sandbox/operator.ts';
import { createDataConverter } from '../../temporal/client.ts';
import { recoverWorkflows } from '../../temporal/recover.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { createLogger } from '../../workers/logger.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { cardRefreshWorkflowId } from '../../workflows/workflow-ids.ts';
import { refuseCards } from '../db/locked-cards.ts';
import { bundlesDir } from '../workers/test-workers.ts';
import { makeExport, untilExchange } from './month-acts.ts';
import { openRefreshMonths, type RefreshMonths, shopId } from './refresh-months.ts';

const member = (n: number) => `^member-${n}$`;

/** What the issuers will say, a customer each; everybody else's card stays as it is. */
const rules = [
  { member: member(1), month: '2026-12', renewal: 'expiry', newExpiry: '2029-12' },
  { member: member(2), month: '2027-01', verdict: '1' },
  { member: member(4), month: '2027-03', renewal: 'number', newExpiry: '2030-03' },
  { member: member(5), month: '2027-06', verdict: '2' },
  { member: member(6), month: '2027-07', verdict: '3' },
  { member: member(8), month: '2027-05', renewal: 'expiry', newExpiry: '2031-05' },
  { verdict: '0', renewal: 'none' },
] as const;

let shop: RefreshMonths;

beforeAll(async () => {
  shop = await openRefreshMonths({ rules: [...rules] });
  for (const [customerId, expiry] of [
    [1, '2026-12'],
    [2, '2027-01'],
    [3, '2027-02'],
    [4, '2027-03'],
    [5, '2027-06'],
    [6, '2027-08'],
    [7, '2035-01'],
  ] as const) {
    await shop.addCard(customerId, expiry);
  }
});
afterAll(() => shop.close());

/** Temporal has forgotten a month; `recover` finds it in the rows. */
async function loseWorkflow(month: string): Promise<void> {
  const { client, db, merchantId, taskQueue, day } = shop.month;
  const workflowId = cardRefreshWorkflowId(day.desk.merchant, month);
  await client.workflow.getHandle(workflowId).terminate('lost');
  const merchant = await findMerchant(db, day.desk.merchant);
  if (merchant === undefined) throw new Error('the shop is there');
  const work = await listUnfinishedWork(db, merchantId);
  const starter = createWorkflowStarter(client, taskQueue);
  const recovered = await recoverWorkflows(client, starter, merchant, work);
  expect(recovered).toContainEqual({ workflowId, found: 'started' });
}

describe('twelve months', () => {
  test('of cards that expire, are renewed and refused; each month asks once and ends', async () => {
    for (let index = 0; index < 12; index += 1) {
      const month = shiftBillingMonth('2026-12', index);
      await shop.to(`${month}-01T01:00:00.000Z`);
      // Registered in the middle of April: the month after asks for it.
      if (month === '2027-04') await shop.addCard(8, '2027-05');
      await shop.ask(month);
      if (month === '2027-03') await loseWorkflow(month);
      // Until the 27th, 00:00 in Japan nobody looks; the result stands still for a minute first.
      if (index === 0) {
        await shop.to(`${month}-26T14:59:00.000Z`);
        expect(await shop.read(month)).toMatchObject({ stage: 'awaiting_result', resultFiles: 0 });
      }
      await shop.to(`${month}-27T03:00:00.000Z`);
      const ended = await shop.read(month);
      expect(ended.stage, `${month}: ${ended.waitsFor}`).toMatch(/^(done|not_run)$/);
      if (ended.stage === 'not_run') expect(ended.note).toBe('対象のカードがありません。');
    }
  });

  test('the first asks for all cards, the others for those that expire then or next', () => {
    const { requests, totals } = shop.gmo.ledgerOf(shopId);
    const asked = Object.fromEntries(
      requests.map(({ month, answers }) => [
        month,
        answers.map((answer) => answer.member.replace('member-', '')).join(' '),
      ]),
    );
    expect(asked).toEqual({
      '2026-12': '1 2 3 4 5 6 7',
      '2027-01': '2 3',
      '2027-02': '3 4',
      '2027-03': '4',
      '2027-05': '5 8',
      '2027-06': '5',
      '2027-07': '6',
    });
    expect(totals).toEqual({ months: 7, repeatedRequests: 0, askedAfterRefusal: 0 });
  });

  test('cards are updated once each, with what was before and after', async () => {
    expect((await shop.cards()).map(({ customerId, expiry }) => [customerId, expiry])).toEqual([
      [1, '2029-12'],
      [2, '2027-01'],
      [3, '2027-02'],
      [4, '2030-03'],
      [5, '2027-06'],
      [6, '2027-08'],
      [7, '2035-01'],
      [8, '2031-05'],
    ]);
    const renewed = await shop.month.db
      .selectFrom('refresh_results')
      .where('outcome', '=', 'renewed')
      .orderBy('refresh_id')
      .select(['expiry_before as before', 'expiry_after as after'])
      .execute();
    expect(renewed).toEqual([
      { before: '2026-12', after: '2029-12' },
      { before: '2027-03', after: '2030-03' },
      { before: '2027-05', after: '2031-05' },
    ]);
  });

  test('rows are conserved in every file', async () => {
    const files = await shop.month.db
      .selectFrom('refresh_result_files as f')
      .innerJoin('card_refreshes as r', 'r.id', 'f.refresh_id')
      .select(['r.targets', 'f.lines', 'f.merged', 'f.quarantined', 'f.missing'])
      .execute();
    expect(files).toHaveLength(7);
    for (const { targets, lines, merged, quarantined, missing } of files) {
      expect([lines, targets]).toEqual([merged + quarantined, merged + missing]);
    }
  });

  test('refused cards are in no later authorization file', async () => {
    const orders = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ number: `R-${n}`, 顧客番号: `C${n}` }));
    await shop.month.begin('2027-11', makeExport(orders));
    const exchange = await untilExchange(shop.month, '2027-11', 'auth-1');
    const file = (await downloadExchangeFile(shop.month.day.desk, exchange)).toString('ascii');
    const asked = orders.filter(({ number }) => file.includes(number));
    expect(asked.map(({ number }) => number)).toEqual(['R-1', 'R-3', 'R-4', 'R-7', 'R-8']);

    // One more is refused while an operator has the file in hand: it is given out no more.
    const { db, merchantId } = shop.month;
    const { id: fileId } = await db
      .selectFrom('files')
      .select('id')
      .limit(1)
      .executeTakeFirstOrThrow();
    const card = db.selectFrom('cards').where('customer_id', '=', 7).select('id');
    const { id: cardId } = await card.executeTakeFirstOrThrow();
    await refuseCards(db, { merchantId, fileId }, [cardId]);
    const shown = (await (await shop.call('/exchanges/2027-11/auth/1')).json()) as object;
    expect(shown).toMatchObject({
      ...{ stage: 'handing_over', handOver: { heldBackBy: 'card_locks' } },
      waitsFor: expect.stringContaining('注文を取り出す'),
    });
    expect((await shop.call('/exchanges/2027-11/auth/1/file')).status).toBe(409);
  });

  test('the workflows replay from their histories, which are short and hold no card', async () => {
    const { client, server, day } = shop.month;
    const { code } = await loadWorkflowBundle(
      bundlesDir,
      createLogger({ level: 'silent', name: 'test' }),
    );
    const dataConverter = createDataConverter(server.keys);
    for (const month of ['2026-12', '2027-03', '2027-06']) {
      const id = cardRefreshWorkflowId(day.desk.merchant, month);
      const history = await client.workflow.getHandle(id).fetchHistory();
      await Worker.runReplayHistory({ workflowBundle: { code }, dataConverter }, history, id);
      expect(history.events?.length ?? 0).toBeLessThan(150);
      expect(JSON.stringify(history)).not.toContain('member-');
    }
  });

  test('people hear how each month ended, and what was refused', async () => {
    const notices = (await shop.notices()).filter((text) => text.includes('カード洗替'));
    expect(notices.filter((text) => text.includes('完了しました'))).toHaveLength(7);
    expect(notices.find((text) => text.includes('2027-01'))).toContain('有効性NG 1');
  });
});
