import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createExchangeActivities } from '../../activities/exchange.ts';
import type { ExchangeName } from '../../billing/exchange.ts';
import { merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import { claimCaptures } from '../../db/queries/capture-file.ts';
import { insertFileLines } from '../../db/queries/file-lines.ts';
import { saveSettings } from '../../db/queries/settings.ts';
import { AT, type Charge, insertExchange, insertMoneyRecord } from '../db/money-record.ts';
import { openOwnDatabase } from '../db/own-database.ts';
import { prepareAuthorized } from '../db/race.ts';

const { db } = await openOwnDatabase(2);

test('files that were opened or taken back by a worker that died are started and woken by the next try', async () => {
  const record = await insertMoneyRecord(db);
  const { merchantId, slug } = record;
  const settings = merchantSettingsSchema.parse({});
  await saveSettings(db, merchantId, {
    seenVersion: 0,
    settings,
    actor: 'test',
    reason: 'test',
    now: AT,
  });
  const [own, other] = await Promise.all([
    insertExchange(db, record, 'auth', 'built'),
    insertExchange(db, record, 'auth', 'built'),
  ]);
  const overdue = await insertExchange(db, record, 'capture', 'built');
  const [late] = (await prepareAuthorized(db, record, 1)) as [Charge];
  const line = {
    ...{ chargeId: late.chargeId, yen: late.yen, n: 1, k: 1, position: 1 },
    ...{ orderNumber: '1', customerNumber: '1', previousOrderNumber: '1' },
  };
  await claimCaptures(db, merchantId, { exchangeId: overdue, now: AT }, [line]);
  await insertFileLines(db, merchantId, overdue, [line]);
  const nameOf = new Map<number, ExchangeName>();
  const { rows } = await sql<ExchangeName & { id: number }>`
    select id, billing_month as "billingMonth", kind, number from exchanges
     where merchant_id = ${merchantId}`.execute(db);
  for (const { id, ...name } of rows) nameOf.set(id, name);

  let alive = false;
  let told: [string, ExchangeName | null][] = [];
  /** As far as anything is told at all: before that the worker is gone. */
  const tell = (what: string) => async (_merchant: unknown, name?: ExchangeName) => {
    if (!alive) throw new Error('the worker died');
    const { billingMonth, kind, number } = name ?? {};
    told.push([what, name === undefined ? null : ({ billingMonth, kind, number } as ExchangeName)]);
  };
  const { admitFiles } = createExchangeActivities({
    db,
    workflows: {
      startExchange: tell('started'),
      wakeExchange: tell('woken'),
      wakeMail: tell('mail'),
    },
  } as never);
  const admit = (attempt: number) =>
    asyncLocalStorage.run({ info: { attempt } } as Context, () =>
      admitFiles({ merchant: slug, exchange: nameOf.get(own) as ExchangeName, now: AT }),
    );

  await expect(admit(1)).rejects.toThrow('the worker died');
  const { rows: stages } = await sql<{ stage: string; sends: number }>`
    select e.stage, count(s.exchange_id)::int as sends
      from exchanges e left join sends s on s.exchange_id = e.id
     where e.merchant_id = ${merchantId} group by e.id order by e.id`.execute(db);
  expect(stages).toEqual([
    { stage: 'handing_over', sends: 1 },
    { stage: 'handing_over', sends: 1 },
    { stage: 'cancelled', sends: 0 },
  ]);

  alive = true;
  await admit(2);
  const all = [
    ['mail', null],
    ['started', nameOf.get(other)],
    ['woken', nameOf.get(overdue)],
  ];
  expect(told).toEqual(expect.arrayContaining(all));
  // Whoever comes later has nothing to do for them.
  told = [];
  await admit(1);
  expect(told).toEqual([]);
});
