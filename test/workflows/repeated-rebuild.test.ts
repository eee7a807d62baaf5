import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { billMonth } from '../../sandbox/bill-month.ts';
import {
  type ExchangeView,
  listCharges,
  listExchanges,
  recordAcceptance,
  settleLines,
  startCycle,
} from '../../sandbox/operator.ts';
import { generateOrderExport } from '../../sandbox/shop/order-export.ts';
import { rebuildFiles } from '../../workflows/messages.ts';
import { cycleWorkflowId } from '../../workflows/workflow-ids.ts';
import { loseTemporalState } from '../campaign/faults.ts';
import { type Month, openMonth } from './month.ts';

const billedMonth = '2026-11';
let month: Month;
beforeAll(async () => {
  // Every authorization waits for the operator's word.
  const outcomes = { rules: [{ match: {}, outcome: 'unknown' }], declineShare: 0 };
  month = await openMonth({ outcomes });
  const orders = generateOrderExport({ month: billedMonth, orders: 12, oddShare: 0 });
  await month.begin(billedMonth, Buffer.concat([...orders]));
});
afterAll(() => month?.close());

const rebuild = (key: string) =>
  month.client.workflow
    .getHandle(cycleWorkflowId(month.day.desk.merchant, billedMonth))
    .executeUpdate(rebuildFiles, {
      updateId: key,
      args: [{ actor: 'test', idempotencyKey: key, reason: 'test', kind: 'capture' as const }],
    });

const filesOf = () => listExchanges(month.day.desk, billedMonth);

/** What was settled or built reaches the portal a moment later. */
const nextCapture = (number: number) =>
  vi.waitFor(
    async () => {
      const file = (await filesOf()).find((one) => one.kind === 'capture' && one.number === number);
      if (file?.stage !== 'handing_over') throw new Error('not handed over yet');
      return file;
    },
    { timeout: 60_000, interval: 100 },
  );

/** Paygent takes a capture file and refuses every row of it. */
async function refuseAll(file: ExchangeView): Promise<void> {
  const { desk } = month.day;
  await recordAcceptance(desk, file, String(940_000 + file.number));
  await settleLines(desk, file, {
    orderNumbers: await billed(),
    outcome: 'refused',
    reason: 'test',
  });
}

const billed = async () =>
  (await listCharges(month.day.desk, billedMonth, {})).map((charge) => charge.orderNumber);

test('an act to rebuild files, repeated later, builds nothing of what came back since', async () => {
  const { desk } = month.day;
  await billMonth(month.day, billedMonth);
  const [auth] = await filesOf();
  if (auth === undefined) throw new Error('no authorization file');
  await settleLines(desk, auth, { orderNumbers: await billed(), outcome: 'ok', reason: 'test' });
  await refuseAll(await nextCapture(1));
  expect(await rebuild('rebuild-first')).toMatchObject({ files: 1 });
  await refuseAll(await nextCapture(2));

  // Without its Temporal state nothing but the record knows that the key was used.
  await loseTemporalState(month);
  await startCycle(desk, billedMonth);
  expect(await rebuild('rebuild-first')).toMatchObject({ files: 0 });
  expect(await filesOf()).toHaveLength(3);
  expect(await rebuild('rebuild-second')).toMatchObject({ files: 1 });
});
