import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Role } from '../../billing/role.ts';
import { createToken } from '../../db/queries/tokens.ts';
import { type CycleView, downloadExchangeFile, startCycle } from '../../sandbox/operator.ts';
import { advanceTo } from './hand-over-acts.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import {
  ask,
  exchangePath,
  makeExport,
  numbered,
  post,
  type TestOrder,
  untilCycle,
  untilExchange,
  upload,
} from './month-acts.ts';

let month: Month;
let approver: Month;
let admin: Month;
beforeAll(async () => {
  month = await openMonth({ settings: { approval: { policy: 'always' } } });
  approver = await as('approver of the test', 'approver');
  admin = await as('admin of the test', 'admin');
});
afterAll(() => month.close());

/** The same month, worked by another person. */
async function as(actor: string, role: Role): Promise<Month> {
  const { token } = await createToken(month.db, {
    actor,
    role,
    scope: { all: true },
    expiresAt: null,
    now: sandboxNow,
    createdBy: 'test',
  });
  return { ...month, day: { ...month.day, desk: { ...month.day.desk, token } } };
}

async function store(orders: readonly TestOrder[]): Promise<string> {
  const { body } = await upload(month, 'order-export', makeExport(orders));
  return body.sha256 as string;
}

interface Awaited {
  readonly preview: number;
  readonly sha256: string;
  readonly rows: number;
  readonly yen: number;
  readonly why: string;
}
const approvalOf = (cycle: CycleView) =>
  (cycle as unknown as { approval: Awaited | null }).approval;

async function untilAsked(billingMonth: string, isIt: (asked: Awaited) => boolean = () => true) {
  const cycle = await untilCycle(month, billingMonth, (one) => {
    const asked = approvalOf(one);
    return one.stage === 'awaiting_approval' && asked !== null && isIt(asked);
  });
  return { cycle, asked: approvalOf(cycle) as Awaited };
}

const approve = (by: Month, billingMonth: string, sha256: string) =>
  post(by, `/cycles/${billingMonth}/approval`, { sha256 });

async function changeSettings(approval: Readonly<Record<string, unknown>>): Promise<void> {
  const { body } = await ask(admin, 'GET', '/settings');
  const settings = { ...(body.settings as object), approval };
  const saved = await ask(admin, 'PUT', '/settings', {
    version: body.version,
    settings,
    reason: '承認方針の変更',
  });
  expect(saved.status).toBe(200);
}

test('no file is built before an approver approves what the newest preview shows', async () => {
  await month.begin('2026-03', makeExport(numbered('41', 4)));
  const { cycle, asked } = await untilAsked('2026-03');
  expect(asked).toMatchObject({ preview: 1, rows: 4, yen: 4006 });
  expect(cycle).toMatchObject({ attention: true, charges: {}, unbilled: 4 });
  expect(cycle.waitsFor).toContain('請求 4 件、4,006 円の承認を待っています');
  expect((await approve(month, '2026-03', asked.sha256)).status).toBe(403);

  // A hold makes what was shown void at once, not only when the month has shown itself again.
  const held = { orderNumbers: [numbered('41', 1)[0]?.number], reason: '確認中' };
  expect((await post(month, '/cycles/2026-03/holds', held)).status).toBe(200);
  const voided = await approve(approver, '2026-03', asked.sha256);
  expect(voided).toMatchObject({ status: 409, body: { errors: [{ message: 'PreviewChanged' }] } });
  await post(month, '/cycles/2026-03/released-holds', held);

  // So does a newer export.
  const newer = await store(numbered('41', 5));
  await post(month, '/cycles/2026-03/order-export', { sha256: newer });
  const { asked: now } = await untilAsked('2026-03', ({ rows }) => rows === 5);
  const old = await approve(approver, '2026-03', asked.sha256);
  expect(old).toMatchObject({ status: 409, body: { errors: [{ message: 'PreviewChanged' }] } });
  expect(old.body.detail).toContain('件数 4 件 → 5 件、金額 4,006 円 → 5,010 円');

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => approve(approver, '2026-03', now.sha256)),
  );
  expect(answers.filter(({ status }) => status === 200)).toMatchObject([
    { body: { rows: 5, yen: 5010 } },
  ]);
  const others = answers.filter(({ status }) => status !== 200);
  expect(new Set(others.map(({ status, body }) => `${status} ${body.detail}`))).toEqual(
    new Set(['409 この内容は approver of the test がすでに承認しています。何も変更していません。']),
  );
  const file = await untilExchange(month, '2026-03', 'auth-1');
  expect(file).toMatchObject({ records: 5, amountYen: 5010 });
  const { body } = await ask(month, 'GET', `/cycles/2026-03/previews/${now.preview}`);
  expect(body).toMatchObject({ verdict: 'approved', decidedBy: 'approver of the test' });
});

test('taking an order out of a file asks for the others again', async () => {
  const file = await untilExchange(month, '2026-03', 'auth-1');
  const taken = { orderNumbers: ['4102'], reason: '顧客から連絡あり' };
  const out = await post(month, `${exchangePath(file)}/taken-out-orders`, taken);
  expect(out).toMatchObject({ status: 200, body: { held: 1, files: 0 } });
  const { asked } = await untilAsked('2026-03');
  expect(asked).toMatchObject({ rows: 4, yen: 4009 });
  expect((await approve(approver, '2026-03', asked.sha256)).status).toBe(200);
  const again = await untilExchange(month, '2026-03', 'auth-2');
  expect(again).toMatchObject({ records: 4, amountYen: 4009 });
  const bytes = await downloadExchangeFile(month.day.desk, again);
  expect(bytes.toString('ascii')).not.toContain('4102');
});

test('under four eyes no one approves what he asked for; a rejected run bills nobody', async () => {
  await changeSettings({ policy: 'four-eyes' });
  await month.begin('2026-04', makeExport(numbered('42', 3)));
  const { asked } = await untilAsked('2026-04');
  const requester = await as('Operator  of the TEST', 'approver');
  const own = await approve(requester, '2026-04', asked.sha256);
  expect(own).toMatchObject({
    status: 409,
    body: { errors: [{ message: 'ApproverIsRequester' }] },
  });

  // Other settings may mean another billing: what was shown is void, though its orders are the same.
  await changeSettings({ policy: 'four-eyes', ceilingYen: 1001 });
  const { asked: now } = await untilAsked('2026-04', ({ sha256 }) => sha256 !== asked.sha256);
  expect(now.why).toContain('上限額を超える請求が 1 件あります');
  const old = await approve(approver, '2026-04', asked.sha256);
  expect(old.body.detail).toContain('設定 第2版 → 第3版');

  const rejection = { sha256: now.sha256, reason: '金額を確認する' };
  const rejected = await post(approver, '/cycles/2026-04/rejection', rejection);
  expect(rejected).toMatchObject({ status: 200, body: { withdrawn: 3, held: 0 } });
  const back = await untilCycle(month, '2026-04', ({ stage }) => stage === 'previewing');
  expect(back).toMatchObject({ attention: true, unbilled: 3, charges: {} });
  const { body } = await ask(month, 'GET', '/cycles/2026-04/runs');
  expect(body.runs).toMatchObject([{ n: 1, charges: null, withdrawn: true }]);

  const confirmed = { rows: 1, yen: 1000 };
  await post(month, '/cycles/2026-04/runs', {
    orderNumbers: ['4201'],
    confirmed,
    reason: '確認済み',
  });
  const { asked: second } = await untilAsked('2026-04', ({ rows }) => rows === 1);
  expect((await approve(approver, '2026-04', second.sha256)).status).toBe(200);
  expect(await untilExchange(month, '2026-04', 'auth-1')).toMatchObject({ records: 1 });
});

test('who may approve is reminded until somebody does', async () => {
  await startCycle(month.day.desk, '2026-05');
  const sha256 = await store(numbered('43', 2));
  await post(month, '/cycles/2026-05/order-export', { sha256 });
  await untilAsked('2026-05');
  const reminded = async () => {
    const { body } = await ask(month, 'GET', '/notices?limit=100');
    const notices = body.notices as { subject: string; text: string }[];
    return notices.filter(({ subject }) => subject.startsWith('2026-05 の請求の承認'));
  };
  expect(await reminded()).toMatchObject([{ subject: '2026-05 の請求の承認をお願いします(2 件)' }]);
  await advanceTo(month, '2026-11-21T01:00:00.000Z');
  await vi.waitFor(async () => expect(await reminded()).toHaveLength(2), { timeout: 60_000 });
  expect((await reminded())[0]?.text).toContain('1 日経過');
});

/** Rows of every table that a billing writes; previews and the audit are what a dry run leaves. */
async function countRows(): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'
       and table_name not like 'preview%' and table_name not in ('audit_entries', 'kysely_migration')
       and table_name not like 'mail%'`.execute(month.db);
  const counts: Record<string, number> = {};
  for (const { name } of rows) {
    const counted = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.table(name)}`.execute(month.db);
    counts[name] = counted.rows[0]?.n ?? 0;
  }
  return counts;
}

test('a dry run of a month that nobody started leaves its preview and nothing else', async () => {
  const orders = numbered('44', 3);
  const sha256 = await store([...orders, { number: '4499', yen: 'x' }]);
  const before = await countRows();
  const asked = await post(month, '/cycles/2026-06/previews', { sha256 });
  expect(asked).toMatchObject({ status: 202, body: { kind: 'dry_run', n: 1 } });
  const dry = await vi.waitFor(
    async () => {
      const { body } = await ask(month, 'GET', '/cycles/2026-06/previews/1');
      expect(body.computedAt).not.toBeNull();
      return body;
    },
    { timeout: 60_000 },
  );
  expect(dry).toMatchObject({
    rows: 3,
    yen: 3003,
    trouble: null,
    summary: { orders: 4, quarantined: 1, compared: { lastMonth: '2026-04' } },
  });
  expect(await countRows()).toEqual(before);
  expect((await ask(month, 'GET', '/cycles/2026-06')).status).toBe(404);
  const listed = await ask(month, 'GET', '/cycles/2026-06/previews/1/findings?kind=new&limit=2');
  expect(listed.body.findings).toMatchObject([{ orderNumber: '4401' }, { orderNumber: '4402' }]);
  const csv = await ask(month, 'GET', '/cycles/2026-06/previews/1/findings.csv');
  expect(csv.text).toContain('前月になく今月ある,4403,94403,1002,,,,');

  await startCycle(month.day.desk, '2026-06');
  await post(month, '/cycles/2026-06/order-export', { sha256 });
  const { asked: real } = await untilAsked('2026-06');
  // The same lines under the same settings: what the dry run showed is what is billed.
  expect(real.sha256).toBe(dry.sha256);
  expect((await approve(approver, '2026-06', real.sha256)).status).toBe(200);
  const file = await untilExchange(month, '2026-06', 'auth-1');
  const bytes = await downloadExchangeFile(month.day.desk, file);
  const lines = orders.map(
    ({ number, yen }) => `3,,${number},,${yen},,,10,,,,8${number},,9${number},`,
  );
  expect(bytes.toString('ascii')).toBe(['1,020,10001', ...lines, '4,3', ''].join('\r\n'));
});
