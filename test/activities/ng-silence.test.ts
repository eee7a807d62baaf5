import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { runNgWave } from '../../activities/ng-wave.ts';
import { declinedAt, firstDueAt, insertDeclined } from '../../bench/declined-charges.ts';
import { openOwnDatabase } from '../db/own-database.ts';

/** A mail server that is away for days: nobody is billed or given up for a silence that was ours. */
const { db } = await openOwnDatabase(2);
const merchant = await insertDeclined(db, { slug: 'silence', count: 1 });

const nothing = async () => {};
const workflows = { wakeCycle: nothing, wakeMail: nothing, startExchange: nothing };
const wave = (now: string) =>
  runNgWave({ db, workflows } as unknown as ActivityDependencies, { merchant: merchant.slug, now });

const readCase = async () =>
  await db
    .selectFrom('ng_cases')
    .select(['id', 'next_step', 'due_at', 'why'])
    .executeTakeFirstOrThrow();

/** As a person's `carry_over` leaves it: told first, taken over three days later. */
async function planCarryOver(id: number): Promise<void> {
  const plan = [
    { step: 'carry_over', dueAt: '2026-11-27T01:00:00.000Z', why: '繰越' },
    { step: 'await_order', dueAt: '2027-01-12T01:00:00.000Z', why: '受注待ち' },
  ];
  await sql`
    update ng_cases set next_step = 'contact', due_at = ${firstDueAt}, plan = ${JSON.stringify(plan)}
     where id = ${id}`.execute(db);
}

/** As the dispatcher records that the mail left, at the given instant. */
async function sendMail(at: string): Promise<void> {
  await sql`
    with sent as (update mail_outbox set state = 'sent', next_due_at = null returning id),
    send as (
      insert into mail_sends (mail_id, send_number, merchant_id, claimed_at)
      select id, 1, ${merchant.id}, ${at} from sent)
    insert into customer_mail_tries (mail_id, send_number, merchant_id, address_hash, tried_at)
    select id, 1, ${merchant.id}, ${'a'.repeat(64)}, ${at} from sent`.execute(db);
}

test('a charge is carried over its days of notice after the mail left, not after it was to leave', async () => {
  await wave(declinedAt);
  const { id } = await readCase();
  await planCarryOver(id);
  await wave(firstDueAt);
  expect(await readCase()).toMatchObject({ next_step: 'carry_over' });
  expect(await db.selectFrom('mail_outbox').select('state').execute()).toEqual([
    { state: 'waiting' },
  ]);

  // The mail waits: every wave of these days puts it off, and says so once.
  for (const [day, next] of [
    ['2026-11-27', '2026-11-30'],
    ['2026-11-30', '2026-12-01'],
  ]) {
    await wave(`${day}T01:00:00.000Z`);
    expect(await readCase()).toMatchObject({
      next_step: 'carry_over',
      due_at: `${next}T01:00:00.000Z`,
      why: expect.stringContaining('まだ送信されていない'),
    });
  }
  const putOff = await db
    .selectFrom('ng_case_steps')
    .select('why')
    .where('why', 'like', '%まだ送信されていない%')
    .execute();
  expect(putOff).toHaveLength(1);

  await sendMail('2026-11-30T03:00:00.000Z');
  await wave('2026-12-01T01:00:00.000Z');
  // Five days of notice end on a Saturday.
  expect(await readCase()).toMatchObject({
    next_step: 'carry_over',
    due_at: '2026-12-07T01:00:00.000Z',
    why: expect.stringContaining('2026-11-30 に送信されました'),
  });
  await wave('2026-12-07T01:00:00.000Z');
  expect(await readCase()).toMatchObject({ next_step: 'await_order', why: '受注待ち' });
});
