import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { overVerdicts } from '../../db/month-verdicts.ts';
import { insertHolds } from '../../db/queries/holds.ts';
import { findLatestCollection } from '../../db/queries/selection.ts';
import { collectRows, type ExportRow, selectRows } from './collect-exports.ts';
import { AT, insertMoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

const { pool, db } = await openOwnDatabase();

test('verdicts that are read by the month are those of the view, whatever came since', async () => {
  const record = await insertMoneyRecord(db);
  const { merchantId, cycleId } = record;
  const read = async (verdicts: ReturnType<typeof overVerdicts>) => {
    const { rows } = await sql<{ told: string }>`
      select concat_ws(' ', t.record, t.order_number, t.verdict, t.reason) as told
        from (${verdicts}) t order by t.collection_id, t.record`.execute(db);
    return rows.map(({ told }) => told);
  };
  const agree = async () => {
    const columns = sql`v.collection_id, v.record, v.order_number, v.verdict, v.reason`;
    const told = await read(overVerdicts(cycleId, columns));
    expect(told).toEqual(
      await read(sql`select ${columns} from order_verdicts v where v.cycle_id = ${cycleId}`),
    );
    return told;
  };
  const select = async () => {
    const latest = await findLatestCollection(db, merchantId, cycleId);
    await selectRows(db, record, latest?.collectionId ?? 0);
  };
  const rows: ExportRow[] = [{ number: 'a' }, { number: 'b' }, { number: null }];

  await collectRows(pool, record, rows);
  expect(await agree()).toEqual([]);
  await select();
  expect(await agree()).toEqual(['1 a selected', '2 b selected', '3 quarantined row_broken']);

  // A second selection of the same export: a verdict of the same row.
  const { rows: decisions } = await sql<{ id: number }>`
    insert into decisions (merchant_id, idempotency_key, workflow_id, act, body, actor, decided_at)
    values (${merchantId}, 'hold', 'test', 'hold-orders', '{}', 'operator', ${AT}) returning id`.execute(
    db,
  );
  await db.transaction().execute(async (trx) => {
    const hold = { cycleId, orderNumbers: ['b'], decisionId: decisions[0]?.id ?? 0, now: AT };
    await insertHolds(trx, merchantId, hold);
  });
  await select();
  expect(await agree()).toContain('2 b excluded on_hold');

  // An export that nobody selected from yet takes the place of the row that could not be read.
  await collectRows(pool, record, [{ number: 'a', yen: 200 }, { number: 'b' }]);
  expect(await agree()).toEqual(['1 a selected', '2 b excluded on_hold']);
  await select();
  expect(await agree()).toHaveLength(2);
});

test('of another month of the merchant nothing is read', async () => {
  const record = await insertMoneyRecord(db);
  await selectRows(db, record, await collectRows(pool, record, [{ number: 'z' }]));
  const { rows } = await sql`${overVerdicts(record.cycleId + 1, sql`v.record`)}`.execute(db);
  expect(rows).toEqual([]);
});
