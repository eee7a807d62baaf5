import type { CardService } from '../billing/card-service.ts';
import { describeRound } from '../billing/describe-migration.ts';
import { coveredMonth } from '../billing/migration-coverage.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import type { Trx } from '../db/database.ts';
import { mergeCards } from '../db/queries/card-merge.ts';
import { moveMigration } from '../db/queries/card-migrations.ts';
import type { MergeCounts } from '../db/queries/customer-merge.ts';
import {
  findRoundOfImport,
  type RoundOfImport,
  recordCardsBefore,
  recordCardsCreated,
  restoreCards,
} from '../db/queries/migration-cards.ts';
import { readCoverage } from '../db/queries/migration-coverage.ts';
import { countVerdicts, moveRound } from '../db/queries/migration-files.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { cardConflicts } from '../imports/card-row.ts';

interface CardMerge {
  readonly importId: number;
  readonly service: CardService;
  readonly now: string;
}

/**
 * Merges the staged cards of an import. Those of a card migration take the place of what its earlier
 * files brought, and what they change is written down, so that it can be brought back: whoever runs the
 * import, and however often it was begun.
 */
export async function mergeCardsOfImport(
  trx: Trx,
  merchantId: number,
  of: CardMerge,
): Promise<MergeCounts> {
  const round = await findRoundOfImport(trx, merchantId, of.importId);
  const merge = { ...of, texts: cardConflicts };
  if (round === undefined) return await mergeCards(trx, merchantId, merge);
  const { roundId, migrationId, number, service, addition } = round;
  // The setting was changed since the file was read: every row would fail, and replace what is there.
  if (service !== of.service) {
    throw new UnusableFileError(
      'settings_incomplete',
      `the migration is to ${service}`,
      `利用サービスの設定が ${of.service} に変わりましたが、この移行の移行先は ${service} です`,
    );
  }
  const actor = `migration ${number}`;
  if (!addition) await restoreCards(trx, merchantId, { migrationId, actor, now: of.now });
  await recordCardsBefore(trx, merchantId, { roundId, service: of.service });
  const counts = await mergeCards(trx, merchantId, merge);
  await recordCardsCreated(trx, merchantId, { roundId, importId: of.importId });
  await finishRound(trx, merchantId, { ...of, round, failed: counts.failed });
  return counts;
}

async function finishRound(
  trx: Trx,
  merchantId: number,
  of: CardMerge & { readonly round: RoundOfImport; readonly failed: number },
): Promise<void> {
  const { round, now } = of;
  const { roundId, migrationId, number } = round;
  const verdicts = await countVerdicts(trx, merchantId, roundId);
  const counts = {
    lines: verdicts.passed + verdicts.failed + verdicts.quarantined,
    imported: verdicts.passed - of.failed,
    failed: verdicts.failed + of.failed,
    quarantined: verdicts.quarantined,
  };
  const done = { roundId, from: ['read'], to: 'done', now } as const;
  if (!(await moveRound(trx, merchantId, { ...done, ...counts }))) {
    throw new Error(`round ${round.n} of migration ${number} is not at work`);
  }
  const month = coveredMonth(now);
  const coverage = await readCoverage(trx, merchantId, { migrationId, month });
  await moveRound(trx, merchantId, { ...done, from: ['done'], coverage });
  const move = { migrationId, from: ['importing'], to: 'covering', now } as const;
  await moveMigration(trx, merchantId, move);
  const told = { n: round.n, state: 'done', trouble: null, ...counts } as const;
  await notifyOperators(trx, merchantId, {
    key: `migration:${number}:returned:${round.n}`,
    template: 'card_migration',
    parameters: {
      number,
      subject: `カードの移行 ${number} の返却ファイルを取り込みました`,
      sentence: `${describeRound(told)}移行結果を確かめてください。`,
    },
    now,
  });
}
