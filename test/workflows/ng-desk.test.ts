import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { carryFile } from '../../sandbox/bill-month.ts';
import {
  type CycleView,
  downloadExchangeFile,
  type ExchangeView,
  readCycle,
} from '../../sandbox/operator.ts';
import { setSandboxClock } from '../../sandbox/paygent-operator.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import { ngDeskWorkflowId } from '../../workflows/workflow-ids.ts';
import { type Month, openMonth } from './month.ts';
import { ask, makeExport, post, untilCycle, untilExchange } from './month-acts.ts';

/**
 * Declined charges of a month on the business clock: planned, retried on their day, decided by people,
 * and given up at last.
 */
let month: Month;
const billed = '2026-11';

beforeAll(async () => {
  month = await openMonth();
});
afterAll(() => month.close());

interface CaseView {
  readonly orderNumber: string;
  readonly class: string;
  readonly nextStep: string;
  readonly dueAt: string | null;
  readonly why: string;
  readonly outcome: string | null;
  readonly recoveredBy: string | null;
  readonly plan: readonly { readonly step: string }[];
  readonly steps?: readonly { readonly kind: string; readonly actor: string }[];
}

async function listCases(query = ''): Promise<Record<string, CaseView>> {
  const { body } = await ask(month, 'GET', `/ng-cases?month=${billed}&state=all${query}`);
  const cases = body.cases as CaseView[];
  return Object.fromEntries(cases.map((one) => [one.orderNumber, one]));
}

async function untilCase(orderNumber: string, nextStep: string): Promise<CaseView> {
  for (const deadline = performance.now() + 60_000; ; ) {
    const found = (await listCases())[orderNumber];
    if (found?.nextStep === nextStep) return found;
    if (performance.now() > deadline) throw new Error(`never so: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const readCase = async (orderNumber: string) =>
  (
    (await ask(month, 'GET', `/cycles/${billed}/ng-cases/${orderNumber}`)).body.cases as CaseView[]
  )[0];

const act = (what: object, orderNumbers: readonly string[], key = randomUUID()) =>
  post(
    month,
    '/ng-cases/acts',
    { ...what, cases: orderNumbers.map((orderNumber) => ({ month: billed, orderNumber })) },
    key,
  );

async function passTo(instant: string): Promise<void> {
  await setSandboxClock(month.portal.url, instant);
  await advanceMerchantClock({
    db: month.db,
    client: month.client,
    merchant: month.day.desk.merchant,
    actor: 'test',
    target: instant,
    realNowMs: Date.now,
  });
}

const carry = async (name: string): Promise<ExchangeView> => {
  const exchange = await untilExchange(month, billed, name);
  await carryFile(month.day, exchange);
  return exchange;
};

/** Carries every file that waits for its hand-over, also those that follow. @returns all their lines */
async function carryAll(): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const { body } = await ask(month, 'GET', `/exchanges?month=${billed}`);
    const { exchanges } = body as unknown as { exchanges: ExchangeView[] };
    const open = exchanges.filter(({ stage }) => stage === 'handing_over');
    if (open.length === 0) return lines;
    for (const exchange of open) {
      const bytes = await downloadExchangeFile(month.day.desk, exchange);
      lines.push(...bytes.toString('ascii').split('\r\n'));
      await carryFile(month.day, exchange);
    }
  }
}

const statesOf = ({ charges }: CycleView) =>
  Object.fromEntries(Object.entries(charges).map(([state, count]) => [state, count?.rows]));

test('every declined charge gets a case and a plan; what nobody knows waits for a person', async () => {
  await month.begin(
    billed,
    makeExport(
      ['A-OK', 'B-G55x1', 'C-G83x1', 'D-G66x1', 'E-G95', 'F-G12', 'G-G55x1', 'H-G22'].map(
        (number) => ({ number }),
      ),
    ),
  );
  await carry('auth-1');
  await carry('capture-1');
  const cycle = await untilCycle(month, billed, ({ waitsFor }) =>
    waitsFor.includes('NG対応中 6 件'),
  );
  expect(cycle.waitsFor).toContain('NG 1 件');
  const cases = await listCases();
  expect(Object.keys(cases)).toHaveLength(7);
  expect(cases['D-G66x1']).toMatchObject({ class: 'unknown', nextStep: 'decide', dueAt: null });
  // Friday afternoon before a holiday: the customer is told on Tuesday, the limit is back in December.
  expect(cases['B-G55x1']).toMatchObject({
    class: 'limit_exceeded',
    nextStep: 'contact',
    dueAt: '2026-11-24T01:00:00.000Z',
    plan: [{ step: 'retry', dueAt: '2026-12-01T01:00:00.000Z' }, { step: 'give_up' }],
  });
  expect(cases['E-G95']).toMatchObject({ nextStep: 'retry', dueAt: '2026-11-24T01:00:00.000Z' });
  const desk = month.client.workflow.getHandle(ngDeskWorkflowId(month.day.desk.merchant));
  expect((await desk.describe()).historyLength).toBeLessThan(60);
  const { body } = await ask(month, 'GET', '/ng-cases?limit=3');
  expect(body.cases).toHaveLength(3);
  const next = await ask(month, 'GET', `/ng-cases?limit=9&after=${String(body.nextAfter)}`);
  expect(next.body.cases).toHaveLength(4);
});

test('one act twenty times at once is done once; a card that is expired is never tried as it is', async () => {
  const limit = { kind: 'limit_raised', limit: 'daily', on: null };
  const sameKey = randomUUID();
  const raised = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      act(limit, ['G-G55x1'], index < 10 ? sameKey : randomUUID()),
    ),
  );
  const done = raised.filter(({ status }) => status === 200);
  expect(raised.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
  // Those with one key are one act; every other one finds it done.
  expect([1, 10]).toContain(done.length);
  const refused = raised.find(({ status }) => status === 409);
  expect(refused?.body.detail).toContain('結果待ち');
  const retry = await untilExchange(month, billed, 'retry-1');
  expect(retry.records).toBe(1);

  const asItIs = await act({ kind: 'retry', on: null }, ['C-G83x1', 'F-G12']);
  expect([asItIs.status, asItIs.body.detail]).toEqual([409, expect.stringContaining('同じカード')]);
  expect((await act({ kind: 'retry', on: null }, ['A-OK'])).body.detail).toContain('A-OK');
  await carryFile(month.day, retry);
  await carry('capture-2');
  expect(await untilCase('G-G55x1', 'none')).toMatchObject({
    outcome: 'paid',
    recoveredBy: 'limit_raised',
  });
});

test('a retry leaves on its planned day in a file of its own, and is paid', async () => {
  await passTo('2026-11-24T02:00:00.000Z');
  const retry = await untilExchange(month, billed, 'retry-2');
  const bytes = await downloadExchangeFile(month.day.desk, retry);
  expect(bytes.toString('ascii')).toContain('3,,E-G95');
  expect(await untilCase('B-G55x1', 'retry')).toMatchObject({ dueAt: '2026-12-01T01:00:00.000Z' });
  await carryFile(month.day, retry);
  expect(await untilCase('E-G95', 'retry')).toMatchObject({ class: 'system' });

  const classified = { kind: 'classify', class: 'held', reason: 'カード会社に確認' };
  expect((await act(classified, ['D-G66x1'])).body).toEqual({ changed: 1 });
  expect(await untilCase('D-G66x1', 'retry')).toMatchObject({ class: 'held' });
  const replaced = { kind: 'replaced', byOrderNumber: 'Z-1', reason: '再注文で支払済み' };
  expect((await act(replaced, ['F-G12'])).status).toBe(200);
  expect(await readCase('F-G12')).toMatchObject({ outcome: 'replaced' });
});

test('an expired card waits; the new one comes on day 20, column L names it, and it is paid', async () => {
  for (const day of ['2026-11-27', '2026-12-01', '2026-12-10']) {
    await passTo(`${day}T02:00:00.000Z`);
    await carryAll();
  }
  expect(await readCase('C-G83x1')).toMatchObject({ nextStep: 'give_up', outcome: null });
  const card = { kind: 'new_card', previousOrderNumber: 'NEW-1', reason: '新しいカードを登録' };
  expect((await act(card, ['C-G83x1'])).status).toBe(200);
  expect(await readCase('C-G83x1')).toMatchObject({
    nextStep: 'retry',
    dueAt: '2026-12-11T01:00:00.000Z',
  });
  await passTo('2026-12-11T02:00:00.000Z');
  const carried = (await carryAll()).filter((line) => line.includes('C-G83x1'));
  expect(carried[0]).toContain(',NEW-1,');
  // Its capture follows.
  await untilCycle(month, billed, ({ exchanges }) => exchanges.toHandOver > 0);
  await carryAll();
  expect(await untilCase('C-G83x1', 'none')).toMatchObject({
    outcome: 'paid',
    recoveredBy: 'new_card',
  });
});

test('what nobody answers is given up on the set day, the shop is told and the month closes', async () => {
  await passTo('2027-01-15T02:00:00.000Z');
  const closed = await untilCycle(month, billed, ({ stage }) => stage === 'closed');
  expect(statesOf(closed)).toEqual({ captured: 5, cancelled: 1, given_up: 2 });
  expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(await readCase('B-G55x1')).toMatchObject({ outcome: 'paid', recoveredBy: 'retry' });
  expect((await readCase('H-G22'))?.steps?.map(({ kind }) => kind)).toEqual([
    'opened',
    'planned',
    'contact',
    'contact',
    'given_up',
    'closed',
  ]);
  // Three retries and no more, whatever the calendar offers.
  const retries = (await readCase('E-G95'))?.steps?.filter(({ kind }) => kind === 'retry');
  expect(retries).toHaveLength(3);
  const notices = (await ask(month, 'GET', '/notices')).body.notices as { subject: string }[];
  expect(notices.map(({ subject }) => subject)).toContainEqual(
    expect.stringContaining('請求を断念しました'),
  );
  const report = await ask(month, 'GET', '/ng-report?from=2026-11-01&to=2027-01-31');
  const recovered = report.body.recovered as { by: string; rows: number; yen: number }[];
  expect(recovered.map(({ by, rows, yen }) => [by, rows, yen]).sort()).toEqual([
    ['limit_raised', 1, 3980],
    ['new_card', 1, 3980],
    ['replaced', 1, 3980],
    ['retry', 1, 3980],
    ['retry', 1, 3980],
  ]);
  const { totals } = await month.readLedger();
  expect(totals).toMatchObject({ doubleAuthorizations: 0, repeatedCaptures: 0 });
  expect((await readCycle(month.day.desk, billed)).stage).toBe('closed');
});
