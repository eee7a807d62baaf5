import { businessDateOf } from '../billing/business-date.ts';
import { createBrandReader } from '../billing/card-brands.ts';
import { detectEncoding, type TextEncoding } from '../billing/text-encoding.ts';
import { type CopyRows, type CopyValue, toPgArray } from '../db/copy-rows.ts';
import type { CardMigration } from '../db/queries/card-migrations.ts';
import { loadCustomerPresence } from '../db/queries/customer-presence.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { MIGRATION_ROW_COLUMNS, type ReturnedFile } from '../db/queries/migration-files.ts';
import { loadLinkedCustomers } from '../db/queries/migration-scope.ts';
import type { SettingsVersion } from '../db/queries/settings.ts';
import {
  type TransformationChecks,
  type TransformedRow,
  transformReturnedRow,
} from '../imports/card-transformation.ts';
import { readReturnedRows } from '../imports/returned-cards.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { readStored } from './read-stored.ts';

/** A returned file at work. */
export interface RoundWork {
  readonly merchant: Merchant;
  readonly current: SettingsVersion;
  readonly migration: CardMigration;
  readonly round: ReturnedFile;
  readonly now: string;
}

/** The rows of a returned file, from its beginning as often as needed. */
export interface Transformation {
  readonly encoding: TextEncoding;
  read(): AsyncGenerator<TransformedRow[]>;
}

export async function openTransformation(
  deps: ActivityDependencies,
  { merchant, current, migration, round, now }: RoundWork,
): Promise<Transformation> {
  const { cardMigration } = current.settings;
  const { service } = migration;
  const layout = cardMigration.returned[service];
  const checks: TransformationChecks = {
    service,
    hasCustomer: await loadCustomerPresence(deps.db, merchant.id),
    inScope: await loadLinkedCustomers(deps.db, merchant.id, migration.id),
    month: businessDateOf(now).slice(0, 7),
    expiry: layout.expiry,
    readBrand: createBrandReader(cardMigration.brandSpellings),
  };
  const open = () => readStored(deps, merchant.id, round.sha256);
  const encoding = await detectEncoding(open());
  async function* read(): AsyncGenerator<TransformedRow[]> {
    for await (const rows of readReturnedRows(open(), { service, layout }, encoding)) {
      yield rows.map((row) => transformReturnedRow(row, checks));
    }
  }
  return { encoding, read };
}

/** Errors of rows that passed and were refused by the import, by their record. */
export type LateErrors = ReadonlyMap<
  number,
  { readonly columns: readonly (string | null)[]; readonly texts: readonly string[] }
>;

/** Writes the verdict of every line. @returns how many lines have each */
export async function copyVerdicts(
  copyRows: CopyRows,
  { merchant, round }: Pick<RoundWork, 'merchant' | 'round'>,
  batches: AsyncIterable<readonly TransformedRow[]>,
  refused: LateErrors = new Map(),
): Promise<{ passed: number; failed: number; quarantined: number }> {
  const counts = { passed: 0, failed: 0, quarantined: 0 };
  let record = 0;
  async function* values(): AsyncGenerator<CopyValue[]> {
    for await (const rows of batches) {
      for (const row of rows) {
        if (row.verdict === 'passed') record += 1;
        const late = row.verdict === 'passed' ? refused.get(record) : undefined;
        const verdict = late === undefined ? row.verdict : 'failed';
        counts[verdict] += 1;
        const { columns, texts } = late ?? remarksOf(row);
        yield [
          ...[round.id, row.line, merchant.id, verdict === 'passed' ? record : null],
          ...[row.customerId, verdict, toPgArray(columns), toPgArray(texts)],
        ];
      }
    }
  }
  await copyRows('migration_rows', MIGRATION_ROW_COLUMNS, values());
  return counts;
}

function remarksOf(row: TransformedRow): { columns: (string | null)[]; texts: string[] } {
  switch (row.verdict) {
    case 'passed':
      return { columns: [], texts: [] };
    case 'quarantined':
      return { columns: ['顧客ID'], texts: [row.reason.ja] };
    case 'failed':
      return {
        columns: row.errors.map(({ column }) => column),
        texts: row.errors.map(({ text }) => text),
      };
  }
}

/** The nine cells of the rows that passed. */
export async function* passedCells(
  batches: AsyncIterable<readonly TransformedRow[]>,
): AsyncGenerator<(readonly string[])[]> {
  for await (const rows of batches) {
    yield rows.flatMap((row) => (row.verdict === 'passed' ? [row.cells] : []));
  }
}
