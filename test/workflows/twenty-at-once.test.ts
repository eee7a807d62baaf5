import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken } from '../../db/queries/tokens.ts';
import { downloadExchangeFile, listCharges } from '../../sandbox/operator.ts';
import {
  downloadResult,
  handOverFile,
  waitForCompletionMail,
} from '../../sandbox/paygent-operator.ts';
import { type Month, openMonth, sandboxNow } from './month.ts';
import {
  ask,
  giveResult,
  makeExport,
  numbered,
  post,
  type Reply,
  settleBy,
  untilCycle,
  untilExchange,
} from './month-acts.ts';

/** What many people decide at the same moment, each with a key of their own: one of them does. */
const billedMonth = '2026-11';
let month: Month;

beforeAll(async () => {
  const own = await openMonth({
    settings: { approval: { policy: 'always' } },
    // Orders whose number ends in 1 come back with a code that no table knows.
    outcomes: { rules: [{ match: { orderNumber: '1$' }, outcome: 'unknown' }], declineShare: 0 },
  });
  const { token } = await createToken(own.db, {
    ...{ actor: 'approver of the test', role: 'admin', scope: { all: true } },
    ...{ expiresAt: null, now: sandboxNow, createdBy: 'test' },
  });
  month = { ...own, day: { ...own.day, desk: { ...own.day.desk, token } } };
});
afterAll(() => month?.close());

async function atOnce(people: number, act: () => Promise<Reply>): Promise<void> {
  const replies = await Promise.all(Array.from({ length: people }, act));
  const statuses = replies.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, ...Array.from({ length: people - 1 }, () => 409)]);
  for (const { status, body } of replies) {
    // The others are told what is so, and that they changed nothing.
    if (status === 409) expect(body.detail).toMatch(/ません/);
  }
}

const countDecisions = async (act: string) =>
  (
    await month.db
      .selectFrom('decisions')
      .select((eb) => eb.fn.countAll<number>().as('rows'))
      .where('act', '=', act)
      .executeTakeFirstOrThrow()
  ).rows;

test('twenty approvals of one preview let the month go once', async () => {
  await month.begin(billedMonth, makeExport(numbered('t', 3)));
  await untilCycle(month, billedMonth, ({ stage }) => stage === 'awaiting_approval');
  const { body } = await ask(month, 'GET', `/cycles/${billedMonth}/previews`);
  const [preview] = body.previews as { sha256: string }[];
  const { sha256 } = preview ?? { sha256: '' };
  await atOnce(20, () =>
    post(month, `/cycles/${billedMonth}/approval`, { sha256, reason: '確認しました' }),
  );
  expect(await countDecisions('approve-run')).toBe(1);
});

test('twenty records of one 受付番号 are one acceptance', async () => {
  const auth = await untilExchange(month, billedMonth, 'auth-1');
  const path = `/exchanges/${billedMonth}/auth/1`;
  const { desk, portal, mailServer } = month.day;
  const file = { bytes: await downloadExchangeFile(desk, auth), fileName: auth.fileName };
  const upload = { ...file, transactionKind: 'オーソリ' } as const;
  const { acceptanceNumber } = await handOverFile(portal, upload, auth);
  await atOnce(20, () => post(month, `${path}/acceptance`, { acceptanceNumber, matched: true }));
  expect(await countDecisions('record-acceptance')).toBe(1);
  await waitForCompletionMail(mailServer, acceptanceNumber);
  const result = await downloadResult(portal, acceptanceNumber);
  expect((await giveResult(month, auth, result)).status).toBe(200);
});

test('settlements of one line, and ends of its charge, by several people are one each', async () => {
  const auth = await untilExchange(month, billedMonth, 'auth-1', 'awaiting_result');
  await atOnce(20, () => settleBy(month, auth, ['t01'], 'declined'));
  const ended = { orderNumbers: ['t01'], kind: 'given_up', reason: '断念' };
  await atOnce(20, () => post(month, `/cycles/${billedMonth}/ended-charges`, ended));
  const [charge] = await listCharges(month.day.desk, billedMonth, { state: 'given_up' });
  expect(charge).toMatchObject({ orderNumber: 't01', attempt: 2 });
});
