import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { runNgWave } from '../../activities/ng-wave.ts';
import { declinedAt, firstDueAt, insertDeclined } from '../../bench/declined-charges.ts';
import { listDueRetries, takeDueContacts } from '../../db/queries/ng-due.ts';
import { openOwnDatabase } from '../db/own-database.ts';

const { db } = await openOwnDatabase(2);
const merchant = await insertDeclined(db, { slug: 'held', count: 2 });
const nothing = async () => {};
const workflows = { wakeCycle: nothing, wakeMail: nothing, startExchange: nothing };
const wave = (now: string) =>
  runNgWave({ db, workflows } as unknown as ActivityDependencies, { merchant: merchant.slug, now });

test('of an order on hold the desk tries no card and mails no customer: a person is asked', async () => {
  await wave(declinedAt);
  const cases = () =>
    db.selectFrom('ng_cases').select(['next_step', 'why']).orderBy('id').execute();
  expect((await cases()).map((one) => one.next_step)).toEqual(['contact', 'retry']);
  await sql`
    with said as (
      insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, reason, decided_at)
      values (${merchant.id}, 'hold', 'w', 'hold-orders', '{}', 'hanako', '確認中', ${declinedAt})
      returning id)
    insert into order_holds (merchant_id, order_number, n, cycle_id, decision_id, held_at)
    select c.merchant_id, c.order_number, 1, c.cycle_id, said.id, ${declinedAt} from charges c, said`.execute(
    db,
  );
  // They may be held after the wave has looked at what is to be stopped.
  expect(await takeDueContacts(db, merchant.id, firstDueAt)).toBe(0);
  const due = { now: firstDueAt, afterId: 0, limit: 10 };
  expect(await listDueRetries(db, merchant.id, due)).toEqual([]);
  const facts = await wave(firstDueAt);
  expect(facts).toMatchObject({ open: 2, people: 2, nextDueAt: null });
  for (const one of await cases()) {
    expect(one).toMatchObject({ next_step: 'decide', why: expect.stringContaining('保留中') });
  }
  expect(await db.selectFrom('customer_mails').select('mail_id').execute()).toEqual([]);
  expect(await db.selectFrom('authorization_requests').select('n').execute()).toEqual([]);
});
