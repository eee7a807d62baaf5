import {
  customerFindingsJa,
  MIGRATION_CHECKS,
  migrationChecksJa,
  migrationNeedsPerson,
  openMigrationChecks,
} from '../../billing/card-migration.ts';
import type { CardBrand, CardService } from '../../billing/card-service.ts';
import { formatCustomerId, parseCustomerId } from '../../billing/customer-id.ts';
import { describeMigration } from '../../billing/describe-migration.ts';
import { judgeCanary } from '../../billing/migration-canary.ts';
import {
  coveredMonth,
  describeCoverage,
  UNCOVERED_HEAD,
  uncoveredReasonsJa,
  uncoveredRow,
} from '../../billing/migration-coverage.ts';
import type { CardMigration } from '../../db/queries/card-migrations.ts';
import { readCanary } from '../../db/queries/migration-canary.ts';
import { countOpenCharges, listOpenCharges } from '../../db/queries/migration-charges.ts';
import { listAcknowledgements } from '../../db/queries/migration-checks.ts';
import { listUncovered, readCoverage } from '../../db/queries/migration-coverage.ts';
import { readMigrationFacts } from '../../db/queries/migration-facts.ts';
import {
  listReturnedFiles,
  listReturnedRows,
  type ReturnedFile,
  type ReturnedRow,
} from '../../db/queries/migration-files.ts';
import { listLinkFiles } from '../../db/queries/migration-link-files.ts';
import { listFindings } from '../../db/queries/migration-scope.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { cardMigrationRoutes } from '../contract/card-migrations.ts';
import { replyWithCsv } from '../csv-download.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Call, Handlers } from '../handler.ts';
import { requireMigration, showMigration } from '../migration-access.ts';
import { Problem } from '../problem.ts';
import { paginate } from './cycles.ts';

type Reports =
  | 'readCardMigration'
  | 'listMigrationFindings'
  | 'listReturnedRows'
  | 'downloadReturnedRows'
  | 'listUncoveredCustomers'
  | 'downloadUncoveredCustomers'
  | 'listMigrationCharges';

type Merchant = Call<typeof cardMigrationRoutes.readCardMigration>['merchant'];

/** What is told of a card migration; nothing is changed. */
export const migrationReportHandlers: Pick<Handlers<typeof cardMigrationRoutes>, Reports> = {
  async readCardMigration({ deps, merchant, params, now }) {
    const migration = await requireMigration(deps, merchant, params.number);
    return { status: 200, body: await readDetail(deps, merchant, migration, now) };
  },

  async listMigrationFindings({ deps, merchant, params, query }) {
    const migration = await requireMigration(deps, merchant, params.number);
    const { after, openOnly, limit } = query;
    const from = after === undefined ? 0 : (parseCustomerId(after) ?? 0);
    const page = { after: from, openOnly, limit: limit + 1 };
    const rows = await listFindings(deps.db, merchant.id, migration, page);
    const { page: customers, nextAfter } = paginate(rows, limit, (row) => row.customerId);
    return {
      status: 200,
      body: {
        customers: customers.map((of) => ({
          ...of,
          customerId: formatCustomerId(of.customerId),
          findings: [...of.findings],
          findingsJa: of.findings.map((finding) => customerFindingsJa[finding]),
          cards: of.cards.map((card) => ({
            ...card,
            service: card.service as CardService,
            brand: card.brand as CardBrand,
          })),
        })),
        nextAfter: nextAfter === null ? null : formatCustomerId(nextAfter),
      },
    };
  },

  async listReturnedRows({ deps, merchant, params, query }) {
    const round = await requireReturnedFile(deps, merchant, params);
    const { result = null, after, limit } = query;
    const of = { roundId: round.id, result, after, limit: limit + 1 };
    const rows = await listReturnedRows(deps.db, merchant.id, of);
    const { page, nextAfter } = paginate(rows, limit, (row) => row.line);
    const shown = page.map(({ line, customerId, result, columns, texts }) => ({
      ...{ line, result },
      customerId: customerId === null ? null : formatCustomerId(customerId),
      remarks: texts.map((text, index) => ({ column: columns[index] ?? null, text })),
    }));
    return { status: 200, body: { rows: shown, nextAfter } };
  },

  async downloadReturnedRows({ deps, merchant, params, query }) {
    const round = await requireReturnedFile(deps, merchant, params);
    const { result = null, encoding } = query;
    return await replyWithCsv({
      fileName: `migration-${params.number}-returned-${params.n}.csv`,
      encoding,
      head: ['行数', '顧客ID', '結果', 'エラー内容'],
      page: (after, limit) =>
        listReturnedRows(deps.db, merchant.id, { roundId: round.id, result, after, limit }),
      positionOf: ({ line }) => line,
      rowOf: (row: ReturnedRow) => [
        row.line,
        row.customerId === null ? null : formatCustomerId(row.customerId),
        resultsJa[row.result],
        row.texts.join(' '),
      ],
    });
  },

  async listUncoveredCustomers({ deps, merchant, params, query, now }) {
    const { id } = await requireMigration(deps, merchant, params.number);
    const { after, limit } = query;
    const from = after === undefined ? 0 : (parseCustomerId(after) ?? 0);
    const of = { migrationId: id, month: coveredMonth(now), after: from, limit: limit + 1 };
    const rows = await listUncovered(deps.db, merchant.id, of);
    const { page, nextAfter } = paginate(rows, limit, (row) => row.customerId);
    return {
      status: 200,
      body: {
        customers: page.map((one) => ({
          ...one,
          customerId: formatCustomerId(one.customerId),
          reasonJa: uncoveredReasonsJa[one.reason],
        })),
        nextAfter: nextAfter === null ? null : formatCustomerId(nextAfter),
      },
    };
  },

  async downloadUncoveredCustomers({ deps, merchant, params, query, now }) {
    const { id: migrationId } = await requireMigration(deps, merchant, params.number);
    const month = coveredMonth(now);
    return await replyWithCsv({
      fileName: `migration-${params.number}-uncovered.csv`,
      encoding: query.encoding,
      head: UNCOVERED_HEAD,
      page: (after, limit) =>
        listUncovered(deps.db, merchant.id, { migrationId, month, after, limit }),
      positionOf: ({ customerId }) => customerId,
      rowOf: uncoveredRow,
    });
  },

  async listMigrationCharges({ deps, merchant, params, query }) {
    const { id: migrationId } = await requireMigration(deps, merchant, params.number);
    const { after, limit } = query;
    const of = { migrationId, after, limit: limit + 1 };
    const rows = await listOpenCharges(deps.db, merchant.id, of);
    const page = rows.slice(0, limit);
    const charges = page.map((charge) => ({
      ...charge,
      customerId: formatCustomerId(charge.customerId),
    }));
    const nextAfter = rows.length > limit ? (page.at(-1)?.orderNumber ?? null) : null;
    return { status: 200, body: { charges, nextAfter } };
  },
};

const resultsJa: Readonly<Record<ReturnedRow['result'], string>> = {
  imported: '取り込み',
  failed: '失敗',
  quarantined: '対象外',
};

async function readDetail(
  deps: ApiDependencies,
  merchant: Merchant,
  migration: CardMigration,
  now: string,
) {
  const { id: migrationId } = migration;
  const settings = (await findSettings(deps.db, merchant.id))?.settings;
  if (settings === undefined) throw new Problem('settings-not-found');
  const facts = await readMigrationFacts(deps.db, merchant.id, { migration, settings });
  const returned = await listReturnedFiles(deps.db, merchant.id, migrationId);
  const imported = returned.some(isCounted);
  const coverage = imported
    ? await readCoverage(deps.db, merchant.id, { migrationId, month: coveredMonth(now) })
    : null;
  const known = await listAcknowledgements(deps.db, merchant.id, migrationId);
  const linkFiles = await listLinkFiles(deps.db, merchant.id, migrationId);
  const billing =
    imported && !migration.rehearsal
      ? judgeCanary(
          await readCanary(deps.db, merchant.id, { migrationId }),
          settings.cardMigration.canary,
        )
      : null;
  return {
    ...showMigration(migration),
    state: describeMigration(facts),
    needsPerson: migrationNeedsPerson(facts),
    checks: {
      customers: facts.checks.customers,
      findings: facts.checks.findings,
      open: openMigrationChecks(facts),
      acknowledgements: MIGRATION_CHECKS.flatMap((check) => {
        const of = known.find((one) => one.check === check);
        // Where no canary holds it up there is nothing to vouch for.
        if (check === 'canary' && of === undefined && facts.checks.canary === null) return [];
        return {
          ...{ check, checkJa: migrationChecksJa[check] },
          onDate: of?.onDate ?? null,
          acknowledgedAt: of?.acknowledgedAt ?? null,
          acknowledgedBy: of?.acknowledgedBy ?? null,
        };
      }),
    },
    linkFiles: linkFiles.map(({ id: _, fileId: __, ...shown }) => shown),
    returnedFiles: returned.map(
      ({ id: _, fileId: __, importId: ___, coverage: ____, ...shown }) => shown,
    ),
    coverage,
    coverageJa: coverage === null ? null : describeCoverage(coverage),
    openCharges: await countOpenCharges(deps.db, merchant.id, migrationId),
    firstBilling: billing === null ? null : { kind: billing.kind, text: billing.ja },
  };
}

function isCounted({ state, supersededAt }: ReturnedFile): boolean {
  return state === 'done' && supersededAt === null;
}

async function requireReturnedFile(
  deps: ApiDependencies,
  merchant: Merchant,
  params: { readonly number: number; readonly n: number },
): Promise<ReturnedFile> {
  const { id } = await requireMigration(deps, merchant, params.number);
  const files = await listReturnedFiles(deps.db, merchant.id, id);
  const found = files.find(({ n }) => n === params.n);
  if (found === undefined) throw new Problem('file-not-found');
  return found;
}
