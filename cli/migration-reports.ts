import {
  customerFindingsJa,
  migrationStagesJa,
  openMigrationChecks,
} from '../billing/card-migration.ts';
import { type CsvValue, writeCsv } from '../billing/csv-writer.ts';
import { formatCustomerId } from '../billing/customer-id.ts';
import { describeMigration, describeRound } from '../billing/describe-migration.ts';
import {
  coveredMonth,
  describeCoverage,
  UNCOVERED_HEAD,
  uncoveredRow,
} from '../billing/migration-coverage.ts';
import { formatYen } from '../billing/money.ts';
import { listMigrations } from '../db/queries/card-migrations.ts';
import { countOpenCharges } from '../db/queries/migration-charges.ts';
import { listUncovered, readCoverage } from '../db/queries/migration-coverage.ts';
import { readMigrationFacts } from '../db/queries/migration-facts.ts';
import {
  listReturnedFiles,
  listReturnedRows,
  type ReturnedRow,
} from '../db/queries/migration-files.ts';
import { listLinkFiles } from '../db/queries/migration-link-files.ts';
import { listFindings } from '../db/queries/migration-scope.ts';
import { findSettings } from '../db/queries/settings.ts';
import { atMerchant, type OfMerchant } from './at-merchant.ts';
import { atMigration, type OfOne } from './migration-access.ts';
import { unknownMerchant } from './store-input.ts';
import { UnusableInputError } from './unusable-input.ts';

interface AsJson {
  readonly json?: boolean;
}

const PAGE = 1_000;

/** `tsukigime migration list` */
export function runMigrationList(command: OfMerchant & AsJson): Promise<number> {
  return atMerchant(command, async ({ db, merchant }) => {
    for (let before: number | null = null; ; ) {
      const page = await listMigrations(db, merchant.id, { before, limit: PAGE });
      for (const { id: _, followsId: __, ...one } of page) {
        const kind = one.rehearsal ? '(リハーサル)' : '';
        const line = `${one.number}  ${one.oldService} → ${one.service}${kind}  ${migrationStagesJa[one.stage]}`;
        console.log(command.json ? JSON.stringify(one) : line);
      }
      before = page.at(-1)?.number ?? null;
      if (page.length < PAGE) return 0;
    }
  });
}

/** `tsukigime migration show` */
export function runMigrationShow(command: OfOne & AsJson): Promise<number> {
  return atMigration(command, async ({ db, merchant, migration, now }) => {
    const settings = (await findSettings(db, merchant.id))?.settings;
    if (settings === undefined) throw unknownMerchant(merchant.slug);
    const { id: migrationId } = migration;
    const facts = await readMigrationFacts(db, merchant.id, { migration, settings });
    const links = await listLinkFiles(db, merchant.id, migrationId);
    const returned = await listReturnedFiles(db, merchant.id, migrationId);
    const counted = returned.find(({ state, supersededAt }) => state === 'done' && !supersededAt);
    const month = coveredMonth(now);
    const coverage =
      counted === undefined ? null : await readCoverage(db, merchant.id, { migrationId, month });
    const openCharges = await countOpenCharges(db, merchant.id, migrationId);
    if (command.json) {
      const files = { links: links.length, returned: returned.length };
      console.log(JSON.stringify({ ...facts, files, coverage, openCharges }, null, 2));
      return;
    }
    console.log(describeMigration(facts));
    if (facts.stage === 'checking') {
      for (const open of openMigrationChecks(facts)) console.log(`  未確認  ${open}`);
    }
    for (const link of links) {
      console.log(`  連携ファイル  ${link.fileName}  ${link.customers} 人  ${link.releasedBy}`);
    }
    for (const { n, state, trouble, supersededAt, ...round } of returned) {
      const said = trouble ?? describeRound({ n, state, trouble, ...round });
      console.log(`  返却ファイル ${n}  ${said}${supersededAt === null ? '' : '(差し替え済み)'}`);
    }
    if (coverage !== null) console.log(`  ${describeCoverage(coverage)}`);
    if (openCharges.rows > 0) {
      console.log(
        `  旧決済会社に残るオーソリ ${openCharges.rows} 件、${formatYen(openCharges.yen)}: 旧決済会社で売上または取消にしてください。`,
      );
    }
  });
}

/** `tsukigime migration findings` */
export function runMigrationFindings(
  command: OfOne & AsJson & { readonly all?: boolean },
): Promise<number> {
  return atMigration(command, async ({ db, merchant, migration }) => {
    const openOnly = command.all !== true;
    for (let after = 0; ; ) {
      const page = { after, openOnly, limit: PAGE };
      const found = await listFindings(db, merchant.id, migration, page);
      for (const { customerId, ...one } of found) {
        after = customerId;
        const name = formatCustomerId(customerId);
        if (command.json) {
          console.log(JSON.stringify({ customerId: name, ...one }));
          continue;
        }
        const said = one.findings.map((finding) => customerFindingsJa[finding]).join('、');
        console.log(`${name}  ${said}${one.decided ? '(判断済み)' : ''}`);
        for (const card of one.cards) {
          const { service, brand, lastDigits, expiry } = card;
          console.log(`  ${card.name}  ${service}  ${brand}  下3桁 ${lastDigits}  ${expiry}`);
        }
      }
      if (found.length < PAGE) return;
    }
  });
}

const resultsJa: Readonly<Record<ReturnedRow['result'], string>> = {
  imported: '取り込み',
  failed: '失敗',
  quarantined: '対象外',
};

/** `tsukigime migration rows` */
export function runMigrationRows(
  command: OfOne & { readonly file?: number; readonly csv?: boolean },
): Promise<number> {
  return atMigration(command, async ({ db, merchant, migration }) => {
    const returned = await listReturnedFiles(db, merchant.id, migration.id);
    const round = returned.find(({ n }) => command.file === undefined || n === command.file);
    if (round === undefined) {
      throw new UnusableInputError('there is no such returned file', '返却ファイルがありません');
    }
    print(command, ['行数', '顧客ID', '結果', 'エラー内容']);
    for (let after = 0; ; ) {
      const page = { roundId: round.id, result: null, after, limit: PAGE };
      const rows = await listReturnedRows(db, merchant.id, page);
      for (const { line, customerId, result, texts } of rows) {
        after = line;
        const name = customerId === null ? null : formatCustomerId(customerId);
        print(command, [line, name, resultsJa[result], texts.join(' ')]);
      }
      if (rows.length < PAGE) return;
    }
  });
}

/** `tsukigime migration uncovered` */
export function runMigrationUncovered(
  command: OfOne & { readonly csv?: boolean },
): Promise<number> {
  return atMigration(command, async ({ db, merchant, migration, now }) => {
    const of = { migrationId: migration.id, month: coveredMonth(now), limit: PAGE };
    print(command, UNCOVERED_HEAD);
    for (let after = 0; ; ) {
      const page = await listUncovered(db, merchant.id, { ...of, after });
      for (const customer of page) {
        after = customer.customerId;
        print(command, uncoveredRow(customer));
      }
      if (page.length < PAGE) return;
    }
  });
}

function print({ csv }: { readonly csv?: boolean }, record: readonly CsvValue[]): void {
  if (csv) process.stdout.write(writeCsv([record]));
  else console.log(record.map((value) => value ?? '-').join('  '));
}
