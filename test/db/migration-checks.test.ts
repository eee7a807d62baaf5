import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type CustomerDecision,
  MIGRATION_CHECKS,
  type MigrationScope,
  openMigrationChecks,
} from '../../billing/card-migration.ts';
import {
  type MerchantSettingsInput,
  merchantSettingsSchema,
} from '../../billing/merchant-settings.ts';
import { type CardMigration, startMigration } from '../../db/queries/card-migrations.ts';
import {
  chargeDefaultCards,
  insertAcknowledgement,
  insertCustomerDecisions,
} from '../../db/queries/migration-checks.ts';
import { readMigrationFacts } from '../../db/queries/migration-facts.ts';
import { listFindings } from '../../db/queries/migration-scope.ts';
import { AT, insertMoneyRecord, type MoneyRecord } from './money-record.ts';
import { openOwnDatabase } from './own-database.ts';

/** What stands between customers and their link file. */
const { db } = await openOwnDatabase(3);
let record: MoneyRecord;
let imports = 0;
beforeEach(async () => {
  record = await insertMoneyRecord(db);
});

async function insertImport(): Promise<number> {
  imports += 1;
  const { rows } = await sql<{ id: number }>`
    insert into imports (merchant_id, number, kind, file_id, file_name, request_key, stage,
                         registered_at, registered_by)
    values (${record.merchantId}, ${imports}, 'cards', ${record.fileId}, 'c.csv', ${`k${imports}`},
            'uploaded', ${AT}, 'test') returning id`.execute(db);
  return rows[0]?.id ?? 0;
}

/** Customers 1, 2 … under these old numbers. */
async function insertCustomers(numbers: readonly string[]): Promise<void> {
  const importId = await insertImport();
  for (const [at, number] of numbers.entries()) {
    await sql`
      insert into customers (merchant_id, customer_id, customer_number, import_id, created_at, updated_at)
      values (${record.merchantId}, ${at + 1}, ${number}, ${importId}, ${AT}, ${AT})`.execute(db);
  }
}

/** Cards of a customer, by their last digits. @returns their keys */
async function insertCards(customerId: number, digits: readonly string[]): Promise<number[]> {
  const importId = await insertImport();
  const ids: number[] = [];
  for (const three of digits) {
    const { rows } = await sql<{ id: number }>`
      insert into cards (merchant_id, customer_id, service, identity, last_digits, brand, expiry,
                         import_id, created_at, updated_at)
      values (${record.merchantId}, ${customerId}, 'YAMATO', ${`${customerId}/${three}`}, ${three}, 'JCB',
              '2029-12', ${importId}, ${AT}, ${AT}) returning id`.execute(db);
    ids.push(rows[0]?.id ?? 0);
  }
  return ids;
}

async function start(scope: MigrationScope = { kind: 'all' }): Promise<CardMigration> {
  const started = await startMigration(db, record.merchantId, {
    ...{ service: 'YAMATO', oldService: 'old', scope, follows: null, rehearsal: false },
    ...{ requestKey: 'start', actor: 'test', now: AT },
  });
  if (typeof started === 'string') throw new Error(started);
  return started.migration;
}

const inUse: MerchantSettingsInput = { paymentMethods: { cardService: 'YAMATO' } };
const facts = (migration: CardMigration, settings = inUse) =>
  readMigrationFacts(db, record.merchantId, {
    migration,
    settings: merchantSettingsSchema.parse(settings),
  });
const decide = (migration: CardMigration, decisions: readonly CustomerDecision[]) =>
  db.transaction().execute((trx) =>
    insertCustomerDecisions(trx, record.merchantId, {
      ...{ migrationId: migration.id, decisions, actor: 'test', now: AT },
    }),
  );
const choose = (
  customerId: number,
  choice: CustomerDecision['choice'],
  card: string | null = null,
) => ({ customerId, choice, card }) as const;

describe('old numbers', () => {
  test('that are missing or doubled, also in other widths and cases, are each decided', async () => {
    await insertCustomers(['A-1', 'ａ－１', 'A 1', 'a1', '-', 'B-2']);
    const migration = await start();
    const found = async () => (await facts(migration)).checks;
    expect(await found()).toMatchObject({
      customers: 6,
      findings: { missing_number: 1, doubled_number: 4, several_cards: 0 },
    });
    const page = { after: 0, openOnly: true, limit: 10 };
    const listed = await listFindings(db, record.merchantId, migration, page);
    expect(listed.map(({ customerId, findings }) => [customerId, findings])).toEqual([
      [1, ['doubled_number']],
      [2, ['doubled_number']],
      [3, ['doubled_number']],
      [4, ['doubled_number']],
      [5, ['missing_number']],
    ]);
    // Who is left out doubles nobody; a decision about nobody decides nothing at all.
    await decide(migration, [choose(1, 'excluded'), choose(5, 'excluded')]);
    expect(await found()).toMatchObject({
      customers: 4,
      findings: { missing_number: 0, doubled_number: 2 },
    });
    expect(await decide(migration, [choose(3, 'acknowledged'), choose(99, 'excluded')])).toEqual({
      unknown: [99],
    });
    expect((await found()).findings.doubled_number).toBe(2);
    await decide(migration, [choose(3, 'acknowledged'), choose(4, 'acknowledged')]);
    expect((await found()).findings).toMatchObject({ missing_number: 0, doubled_number: 0 });
    await decide(migration, [choose(5, 'included')]);
    expect(await found()).toMatchObject({ customers: 5, findings: { missing_number: 1 } });
  });
});

describe('a customer with several cards', () => {
  test('is decided by the card that stays, and again when another card comes', async () => {
    await insertCustomers(['1', '2']);
    const [, chosen] = await insertCards(1, ['111', '222']);
    await sql`
      insert into subscriptions (merchant_id, subscription_number, customer_id, amount_yen, status,
                                 created_at, updated_at)
      values (${record.merchantId}, 's1', 1, 1000, 'active', ${AT}, ${AT})`.execute(db);
    const migration = await start();
    const open = async () => (await facts(migration)).checks.findings.several_cards;
    expect(await open()).toBe(1);
    const page = { after: 0, openOnly: true, limit: 10 };
    const [found] = await listFindings(db, record.merchantId, migration, page);
    const card = found?.cards.find(({ lastDigits }) => lastDigits === '222')?.name ?? '';
    expect(await decide(migration, [choose(2, 'default', card)])).toEqual({ unknown: [2] });
    await decide(migration, [choose(1, 'default', card)]);
    expect(await open()).toBe(0);
    await db
      .transaction()
      .execute((trx) =>
        chargeDefaultCards(trx, record.merchantId, { migrationId: migration.id, now: AT }),
      );
    const { rows } = await sql<{ card_id: number }>`
      select card_id from subscriptions where merchant_id = ${record.merchantId}`.execute(db);
    expect(rows).toEqual([{ card_id: chosen }]);
    await insertCards(1, ['333']);
    expect(await open()).toBe(1);
  });
});

describe('what keeps a link file back', () => {
  test('is every open check, each by its name', async () => {
    const migration = await start({ kind: 'customers', ids: [1] });
    const before = openMigrationChecks(await facts(migration));
    expect(before[0]).toContain('対象の顧客がいません');
    await insertCustomers(['1', '2']);
    const open = async (settings?: MerchantSettingsInput) =>
      openMigrationChecks(await facts(migration, settings));
    for (const check of MIGRATION_CHECKS) {
      if (check === 'canary') continue;
      const count = (await open()).length;
      await db.transaction().execute((trx) =>
        insertAcknowledgement(trx, record.merchantId, {
          ...{ migrationId: migration.id, check, onDate: null, actor: 'test', now: AT },
        }),
      );
      expect(await open()).toHaveLength(count - 1);
    }
    expect(await open()).toEqual([]);
  });

  test.each<[string, MerchantSettingsInput, string]>([
    ['no PSP is chosen', {}, '利用サービスが設定されていません'],
    ['another is', { paymentMethods: { cardService: 'GMO' } }, '設定は GMO ですが'],
    [
      'its contract is not through',
      { paymentMethods: { cardService: 'YAMATO', services: { YAMATO: { provisional: true } } } },
      '審査完了前',
    ],
    [
      'it is not used',
      {
        paymentMethods: { cardService: 'YAMATO', services: { YAMATO: { availability: 'unused' } } },
      },
      '利用しない',
    ],
  ])('is the setting of the PSP where %s', async (_, settings, said) => {
    await insertCustomers(['1']);
    const migration = await start();
    expect((await facts(migration, settings)).checks.service).toContain(said);
    expect((await facts(migration)).checks.service).toBeNull();
  });
});
