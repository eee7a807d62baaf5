import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import {
  closeResendTasks,
  listOpenOfMail,
  listResendTasks,
  type NewResendTask,
  openResendTasks,
} from '../../db/queries/carrier-resend-tasks.ts';
import { recordDecision } from '../../db/queries/decisions.ts';
import { later, noon, openCarrierRecord } from './failed-deliveries.ts';
import { openOwnDatabase } from './own-database.ts';

const { db } = await openOwnDatabase();
let record: Awaited<ReturnType<typeof openCarrierRecord>>;
let mails = 0;

beforeAll(async () => {
  record = await openCarrierRecord(db, 'own-shop');
});

/** A mail of ZEUS that names these results. @returns the mail's key */
async function takeMail(...tasks: NewResendTask[]): Promise<number> {
  mails += 1;
  const { id } = await db
    .insertInto('mailbox_mails')
    .values({
      merchant_id: record.merchantId,
      mailbox: 'b'.repeat(64),
      uid_validity: 1,
      uid: mails,
      sha256: String(mails).padStart(64, '0'),
      subject: '',
      refused: 'too_long',
      taken_at: noon,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const mail = { mailId: id, tasks, now: noon };
  await db.transaction().execute((trx) => openResendTasks(trx, record.merchantId, mail));
  return id;
}

const task = (orderNumber: string, ipCode: string | null = '2012000001', failedAt = noon) => ({
  ipCode,
  orderNumber,
  failedAt,
});
const stateOf = async (orderNumber: string) => {
  const page = { before: null, limit: 100 };
  const listed = async (state: 'open' | 'closed') =>
    (await listResendTasks(db, record.merchantId, { state, ...page })).filter(
      (one) => one.orderNumber === orderNumber,
    );
  return [(await listed('open')).length, (await listed('closed')).length];
};
const open = [1, 0];
const closed = [0, 1];
const seconds = (count: number) => later(noon, count * 1000);

test('a task closes by itself when the call arrives, also when it is known already', async () => {
  const order = randomUUID();
  const mailId = await takeMail(task(order));
  expect(await stateOf(order)).toEqual(open);
  expect(await listOpenOfMail(db, record.merchantId, mailId)).toEqual([order]);
  await record.receive({ ordd: order }, seconds(3_600));
  expect(await stateOf(order)).toEqual(closed);
  expect(await listOpenOfMail(db, record.merchantId, mailId)).toEqual([]);
  await takeMail(task(order, '2012000001', seconds(7_200)));
  expect(await stateOf(order)).toEqual([1, 1]);
  await record.receive({ ordd: order }, seconds(7_300));
  expect(await stateOf(order)).toEqual([0, 2]);
});

test('a call up to two minutes before is the one whose answer was lost; an older one is not', async () => {
  const lost = randomUUID();
  await record.receive({ ordd: lost }, seconds(-120));
  await takeMail(task(lost));
  expect(await stateOf(lost)).toEqual(closed);
  const older = randomUUID();
  await record.receive({ ordd: older }, seconds(-121));
  await takeMail(task(older));
  expect(await stateOf(older)).toEqual(open);
});

test('another payment, another IPコード and another merchant close nothing', async () => {
  const order = randomUUID();
  await takeMail(task(order));
  await record.receive({ ordd: randomUUID() }, seconds(1));
  await record.receive({ ordd: order, clientip: '2012000002' }, seconds(1));
  const other = await openCarrierRecord(db, 'other-shop');
  await other.receive({ ordd: order }, seconds(1));
  expect(await stateOf(order)).toEqual(open);
  const page = { state: 'all', before: null, limit: 10 } as const;
  expect(await listResendTasks(db, other.merchantId, page)).toEqual([]);
  // A mail that does not say the code means the payment by its number.
  const unsaid = randomUUID();
  await takeMail(task(unsaid, null));
  await record.receive({ ordd: unsaid, clientip: '2012000002' }, seconds(1));
  expect(await stateOf(unsaid)).toEqual(closed);
});

test('a person closes what no call will; a call afterwards changes nothing', async () => {
  const [one, other] = [randomUUID(), randomUUID()];
  await takeMail(task(one), task(other));
  const page = { state: 'open', before: null, limit: 2 } as const;
  const tasks = (await listResendTasks(db, record.merchantId, page)).map(({ id }) => id);
  const close = (ids: readonly string[], key: string, merchantId = record.merchantId) =>
    db.transaction().execute(async (trx) => {
      const { id: decisionId } = await recordDecision(trx, merchantId, {
        key,
        workflowId: 'mailbox:own-shop',
        act: 'close-resend-tasks',
        body: {},
        actor: 'operator',
        now: noon,
      });
      const closing = { tasks: ids, decisionId, now: seconds(10) };
      return await closeResendTasks(trx, merchantId, closing);
    });
  const stranger = await openCarrierRecord(db, 'stranger-shop');
  expect(await close(tasks, 'key-stranger', stranger.merchantId)).toHaveLength(2);
  await record.receive({ ordd: other }, seconds(5));
  expect(await close(tasks, 'key-one-came')).toEqual([tasks[0]]);
  expect(await stateOf(one)).toEqual(closed);
  expect(await close([tasks[1] ?? ''], 'key-again')).toEqual([tasks[1]]);
  await record.receive({ ordd: one }, seconds(20));
  const all = await listResendTasks(db, record.merchantId, { ...page, state: 'closed' });
  expect(all.map(({ closedBy, closedAt }) => [closedBy, closedAt])).toEqual([
    ['call', seconds(5)],
    ['operator', seconds(10)],
  ]);
});

test('pages, newest first', async () => {
  const orders = [randomUUID(), randomUUID(), randomUUID()];
  await takeMail(...orders.map((order) => task(order)));
  const page = (before: string | null) =>
    listResendTasks(db, record.merchantId, { state: 'open', before, limit: 2 });
  const first = await page(null);
  const second = await page(first[1]?.id ?? null);
  const [newest, middle, oldest] = [...orders].reverse();
  expect(first.map(({ orderNumber }) => orderNumber)).toEqual([newest, middle]);
  expect(second[0]?.orderNumber).toBe(oldest);
});
