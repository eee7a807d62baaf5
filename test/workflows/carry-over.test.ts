import { afterAll, beforeAll, expect, test } from 'vitest';
import { carryFile } from '../../sandbox/bill-month.ts';
import { downloadExchangeFile, type ExchangeView } from '../../sandbox/operator.ts';
import { setSandboxClock } from '../../sandbox/paygent-operator.ts';
import { advanceMerchantClock } from '../../workers/merchant-clock.ts';
import { runCommand } from '../cli/run-command.ts';
import { type Month, openMonth } from './month.ts';
import { ask, makeExport, post, untilCycle, untilExchange } from './month-acts.ts';

/** A declined charge is billed with the customer's order of the next month; one without goes back. */
let month: Month;

beforeAll(async () => {
  month = await openMonth({ settings: { ng: { carryOver: { noticeDays: 3 } } } });
});
afterAll(() => month.close());

interface Link {
  readonly month: string;
  readonly orderNumber: string;
  readonly yen: number;
}
interface CaseView {
  readonly nextStep: string;
  readonly nextStepLabel: string;
  readonly dueAt: string | null;
  readonly why: string;
  readonly outcome: string | null;
  readonly carriedTo: Link | null;
  readonly steps: readonly { readonly kind: string }[];
}

async function readCase(orderNumber: string): Promise<CaseView | undefined> {
  const { body } = await ask(month, 'GET', `/cycles/2026-11/ng-cases/${orderNumber}`);
  return (body.cases as CaseView[] | undefined)?.[0];
}

async function untilCase(
  orderNumber: string,
  holds: (found: CaseView) => boolean,
): Promise<CaseView> {
  for (const deadline = performance.now() + 60_000; ; ) {
    const found = await readCase(orderNumber);
    if (found !== undefined && holds(found)) return found;
    if (performance.now() > deadline) throw new Error(`never so: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const act = (what: object, orderNumbers: readonly string[]) =>
  post(month, '/ng-cases/acts', {
    ...what,
    cases: orderNumbers.map((orderNumber) => ({ month: '2026-11', orderNumber })),
  });

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

async function carry(of: string, name: string): Promise<ExchangeView> {
  const exchange = await untilExchange(month, of, name);
  await carryFile(month.day, exchange);
  return exchange;
}

const listCharges = async (of: string) =>
  (await ask(month, 'GET', `/cycles/${of}/charges`)).body.charges as {
    orderNumber: string;
    state: string;
    amountYen: number;
    capturedYen: number;
    carriedTo: Link | null;
    carriedFrom: Link[];
  }[];

test('the customer is told first, and the case waits for the order of the next month', async () => {
  const orders = ['A-G55', 'B-G55'].map((number) => ({ number }));
  await month.begin('2026-11', makeExport(orders));
  await carry('2026-11', 'auth-1');
  await untilCase('A-G55', ({ nextStep }) => nextStep === 'contact');
  const unknown = await act({ kind: 'carry_over', toOrderNumber: 'A-G55' }, ['A-G55']);
  expect(unknown.body.detail).toContain('翌月以降の注文ではありません');
  // By command, beside the API: the same desk hears both.
  const servers = { databaseUrl: month.appDatabaseUrl };
  const of = ['--merchant', month.day.desk.merchant, '--month', '2026-11', '--order'];
  const told = await runCommand(servers, 'ng', 'carry-over', ...of, 'A-G55', 'B-G55');
  expect(told).toEqual({ code: 0, out: '次の注文への繰越を指示しました: 2 件\n', err: '' });
  const refused = await runCommand(servers, 'ng', 'retry', ...of, 'A-OK');
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('A-OK') });
  expect(await readCase('A-G55')).toMatchObject({
    nextStep: 'contact',
    dueAt: '2026-11-24T01:00:00.000Z',
    plan: [
      { step: 'carry_over', dueAt: '2026-11-27T01:00:00.000Z' },
      { step: 'await_order', dueAt: '2027-01-12T01:00:00.000Z' },
      { step: 'decide', dueAt: null },
    ],
  });
  await passTo('2026-12-02T01:00:00.000Z');
  const waits = await untilCase('A-G55', ({ nextStep }) => nextStep === 'await_order');
  expect(waits.nextStepLabel).toBe('翌月の受注待ち');
  expect(waits.steps.map(({ kind }) => kind)).toContain('contact');
  const cycle = await ask(month, 'GET', '/cycles/2026-11');
  expect(cycle.body).toMatchObject({ stage: 'working_ng', attention: false });
});

test('next month bills both in one amount; what has no order goes back with the reason', async () => {
  const next = [
    {
      ...{ number: 'A2-OK', yen: 4500, 顧客番号: '9A-G55' },
      ...{ 直前回注文番号: 'A-G55', 定期回数: 4 },
    },
    { number: 'C-OK', yen: 1000 },
  ];
  await month.begin('2026-12', makeExport(next));
  const exchange = await untilExchange(month, '2026-12', 'auth-1');
  const lines = (await downloadExchangeFile(month.day.desk, exchange)).toString('ascii');
  const line = lines.split('\r\n').find((one) => one.includes('A2-OK'));
  expect(line).toContain(',8480');
  expect(exchange.amountYen).toBe(8480 + 1000);
  const { body } = await ask(month, 'GET', '/cycles/2026-12/previews/1/findings?kind=carried_over');
  expect(body.findings).toMatchObject([
    { orderNumber: 'A2-OK', amountYen: 8480, lastOrderNumber: 'A-G55', lastYen: 3980 },
  ]);
  expect(await readCase('A-G55')).toMatchObject({
    outcome: 'carried_over',
    carriedTo: { month: '2026-12', orderNumber: 'A2-OK', yen: 3980 },
  });
  const back = await untilCase('B-G55', ({ nextStep }) => nextStep === 'decide');
  expect(back.why).toContain('2026-12 の請求に、この注文の次の注文がない');
  const waiting = await untilCycle(month, '2026-11', ({ attention }) => attention);
  expect(waiting.waitsFor).toContain('NG 1 件');

  await carryFile(month.day, exchange);
  await carry('2026-12', 'capture-1');
  const paid = await untilCycle(month, '2026-12', ({ stage }) => stage === 'closed');
  expect(paid.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(await listCharges('2026-12')).toMatchObject([
    {
      ...{ orderNumber: 'A2-OK', state: 'captured', capturedYen: 8480 },
      carriedFrom: [{ month: '2026-11', orderNumber: 'A-G55', yen: 3980 }],
    },
    { orderNumber: 'C-OK', capturedYen: 1000, carriedFrom: [] },
  ]);

  // The old month closes once nothing of it is open any more, and names where its yen went.
  expect((await act({ kind: 'give_up', reason: '解約' }, ['B-G55'])).status).toBe(200);
  const closed = await untilCycle(month, '2026-11', ({ stage }) => stage === 'closed');
  expect(closed.conservation).toEqual({ rows: true, yen: true, broken: [] });
  expect(await listCharges('2026-11')).toMatchObject([
    { orderNumber: 'A-G55', state: 'carried_over', carriedTo: { orderNumber: 'A2-OK' } },
    { orderNumber: 'B-G55', state: 'given_up', carriedTo: null },
  ]);
  const { totals } = await month.readLedger();
  expect(totals).toMatchObject({ doubleAuthorizations: 0, repeatedCaptures: 0 });
});
