import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteCustomer } from '../../db/queries/customers.ts';
import { listUnfinishedWork } from '../../db/queries/unfinished-work.ts';
import { type LinkerSandbox, startLinkerSandbox } from '../../sandbox/linker/server.ts';
import { recoverWorkflows } from '../../temporal/recover.ts';
import { createWorkflowStarter } from '../../temporal/workflow-starter.ts';
import { cardMigrationWorkflowId } from '../../workflows/workflow-ids.ts';
import { customerFile, customerLine, type ImportDesk, openImportDesk } from './file-imports.ts';
import { linkCards, liveCards, type MigrationDesk, openMigrationDesk } from './migrations.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';

/** What impatient people, broken files and lost machines do to a card migration. */
const customers = 6;
const id = (n: number) => `US-${String(n).padStart(8, '0')}`;
const yamato = { service: 'YAMATO', oldService: '旧カート' };

let month: Month;
let imports: ImportDesk;
let desk: MigrationDesk;
let linker: LinkerSandbox;
/** What the PSP gives back of all customers. */
let answer: string;

beforeAll(async () => {
  month = await openMonth({
    settings: {
      paymentMethods: { cardService: 'YAMATO' },
      cardMigration: { linkFile: { encoding: 'utf-8' } },
    },
  });
  imports = openImportDesk(month);
  desk = openMigrationDesk(month);
  linker = await startLinkerSandbox({});
  linker.feedClock(sandboxNow);
  await fetch(`${linker.url}/merchants/shop`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ encoding: 'utf-8' }),
  });
  const line = (n: number) => customerLine({ 顧客番号: `old-${n + 1}`, 顧客ID: id(n + 1) });
  await imports.run(
    'customers',
    customerFile(Array.from({ length: customers }, (_, n) => line(n))),
  );
});
afterAll(async () => {
  await linker?.stop();
  await month?.close();
});

const many = (path: string, body: object = {}, key?: string) =>
  Promise.all(Array.from({ length: 10 }, () => desk.act(path, body, key ?? randomUUID())));
const statuses = (answers: readonly { status: number }[]) =>
  answers.map(({ status }) => status).sort();
/** One did it; the others are told that it is done. */
const onlyOne = [200, ...Array<number>(9).fill(409)];

async function cancel(number: number): Promise<void> {
  const { status, body } = await desk.act(`/${number}/cancellation`);
  expect(status, JSON.stringify(body)).toBe(200);
}

test('a rehearsal names who would be left, and may end after a file that nobody could use', async () => {
  const number = await desk.start({ ...yamato, rehearsal: true });
  answer = await linkCards(linker, 'shop', await desk.release(number));
  const [head = '', first = '', second = '', ...rest] = answer.trim().split('\r\n');
  const send = async (lines: readonly string[], query = '') => {
    await desk.upload(number, `${[head, ...lines].join('\r\n')}\r\n`, query);
    return (await desk.until(number, 'covering')).coverage?.customers;
  };
  expect(await send([first])).toMatchObject({ covered: 1, uncovered: 5 });
  expect(await send([second], '?addition=true')).toMatchObject({ covered: 2, uncovered: 4 });
  await desk.upload(number, `${head}\r\n${rest[0]?.replace('US-', 'UX-')}\r\n`);
  const refused = await desk.until(number, 'covering');
  expect(refused.returnedFiles[0]).toMatchObject({ n: 3, state: 'refused' });
  const { customers: left } = await desk.get<{ customers: { customerId: string }[] }>(
    `/card-migrations/${number}/uncovered`,
  );
  expect(left.map(({ customerId }) => customerId)).toEqual([3, 4, 5, 6].map(id));
  expect((await desk.act(`/${number}/acceptance`, { uncovered: 4 })).status).toBe(200);
});

test('ten at once do what one does; an answer that was lost is given again', async () => {
  const starts = await Promise.all(Array.from({ length: 5 }, () => desk.act('', yamato)));
  expect(statuses(starts)).toEqual([201, 409, 409, 409, 409]);
  const number = starts.find(({ status }) => status === 201)?.body.number as number;
  for (const check of ['fee_known', 'psp_informed', 'cart_informed', 'dates_agreed']) {
    await desk.act(`/${number}/acknowledgements`, { check });
  }
  const reported = { check: 'several_cards_reported', onDate: '2026-11-20' };
  expect(statuses(await many(`/${number}/acknowledgements`, reported))).toContain(200);
  expect(statuses(await many(`/${number}/link-files`))).toEqual(onlyOne);
  expect(statuses(await many(`/${number}/hand-over`))).toEqual(onlyOne);

  const [sent, ...releases] = await Promise.all([
    desk.upload(number, answer),
    ...Array.from({ length: 5 }, () => desk.act(`/${number}/link-files`)),
  ]);
  expect(statuses(releases)).toEqual([409, 409, 409, 409, 409]);
  expect([200, 202]).toContain(sent?.status);
  const { returnedFiles, linkFiles } = await desk.until(number, 'covering');
  expect([returnedFiles.length, linkFiles.length]).toEqual([1, 1]);
  expect(await liveCards(month)).toHaveLength(customers);

  const key = randomUUID();
  const accepted = await many(`/${number}/cancellation`, {}, key);
  expect(new Set(statuses(accepted))).toEqual(new Set([200]));
  expect((await desk.act(`/${number}/acceptance`, { uncovered: 0 }, key)).status).toBe(409);
  expect(await liveCards(month)).toEqual([]);
});

test('no broken file costs a card; a lost workflow goes on from its row', async () => {
  const number = await desk.start(yamato);
  await desk.release(number);
  const workflowId = cardMigrationWorkflowId(month.day.desk.merchant, number);
  await month.client.workflow.getHandle(workflowId).terminate('lost');
  const starter = createWorkflowStarter(month.client, month.taskQueue);
  const merchant = { slug: month.day.desk.merchant, clockOffsetMs: 0 };
  const work = await listUnfinishedWork(month.db, month.merchantId);
  const recovered = await recoverWorkflows(month.client, starter, merchant, work);
  expect(recovered).toContainEqual({ workflowId, found: 'started' });
  await desk.upload(number, answer);
  await desk.until(number, 'covering');
  const right = await liveCards(month);
  expect(right).toHaveLength(customers);
  const [head = '', first = ''] = answer.trim().split('\r\n');
  const broken: Record<string, string> = {
    empty: '',
    'header only': `${head}\r\n`,
    'no columns of ours': 'a,b,c\r\n1,2,3\r\n',
    'customers of another shop': `${head}\r\n${first.replace(id(1), id(99_000))}\r\n`,
    'an open quote': `${head}\r\n"${first}`,
  };
  for (const [name, csv] of Object.entries(broken)) {
    await desk.upload(number, csv);
    await desk.until(number, 'covering');
    expect([name, await liveCards(month)]).toEqual([name, right]);
  }
  // What can be used takes the place of all before, also with a line break in a quoted cell; sent again,
  // the whole file brings everything back.
  const quoted = first.split(',').map((cell) => `"${cell}"`);
  for (const [csv, cards] of [
    [`${head},備考\r\n${quoted},"a\r\nb"\r\n`, right.slice(0, 1)],
    [answer, right],
  ] as const) {
    await desk.upload(number, csv);
    await desk.until(number, 'covering');
    expect(await liveCards(month)).toEqual(cards);
  }
  await cancel(number);
  expect(await liveCards(month)).toEqual([]);
});

test('customers who come late are in a second link file, which takes the place of the first', async () => {
  const number = await desk.start(yamato);
  const first = await desk.release(number);
  await imports.run(
    'customers',
    customerFile([1, 7].map((n) => customerLine({ 顧客番号: `old-${n}`, 顧客ID: id(n) }))),
  );
  const second = await desk.release(number);
  expect(second).toBe(`${first}old-7,${id(7)}\r\n`);
  const { linkFiles } = await desk.read(number);
  expect(linkFiles.map(({ n, customers: of }) => [n, of])).toEqual([
    [2, 7],
    [1, 6],
  ]);
  await desk.upload(number, await linkCards(linker, 'shop', second));
  const { returnedFiles } = await desk.until(number, 'covering');
  expect(returnedFiles).toMatchObject([{ lines: 7, imported: 7, failed: 0, quarantined: 0 }]);
  await cancel(number);
  expect(await liveCards(month)).toEqual([]);
});

test('cancelling takes no card from a person, and gives none to a customer who is gone', async () => {
  const [, first = '', second = ''] = answer.trim().split('\r\n');
  const own = (line: string, key: string) => {
    const [customer, digits, brand, expiry] = line.split(',');
    return `${['YAMATO', customer, digits, brand, '', '', '', expiry, key].join(',')}\r\n`;
  };
  await imports.run('cards', own(first, 'key-of-before-1') + own(second, 'key-of-before-2'));
  const number = await desk.start(yamato);
  await desk.release(number);
  await desk.upload(number, answer);
  await desk.until(number, 'covering');
  await imports.run('cards', own(first, 'key-of-since'));
  await deleteCustomer(month.db, month.merchantId, { id: 2, now: new Date().toISOString() });
  const between = await liveCards(month, true);
  await cancel(number);
  const customerOf = (card: unknown) => (card as { customer_id: number }).customer_id;
  expect(await liveCards(month, true)).toEqual(between.filter((card) => customerOf(card) === 1));
});

test('a cancellation beside an import leaves the cards from before', async () => {
  const before = await liveCards(month, true);
  const number = await desk.start(yamato);
  await desk.release(number);
  await Promise.all([desk.upload(number, answer), cancel(number)]);
  expect((await desk.read(number)).stage).toBe('cancelled');
  expect(await liveCards(month, true)).toEqual(before);
  const { rows } = await sql`
    select from imports where merchant_id = ${month.merchantId} and stage = 'running'`.execute(
    month.db,
  );
  expect(rows).toEqual([]);
});

test('whom a cancelled canary had is moved with the rest', async () => {
  const scope = { kind: 'customers', customerIds: [id(3), id(4)] };
  const canary = await desk.start({ ...yamato, scope });
  await desk.release(canary);
  const rest = await desk.start({ ...yamato, follows: canary });
  expect((await desk.read(rest)).checks.customers).toBe(4);
  await cancel(canary);
  expect((await desk.read(rest)).checks.customers).toBe(6);
  await cancel(rest);
});
