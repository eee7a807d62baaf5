import { writeFileSync } from 'node:fs';
import { rehearse } from '../activities/dry-run.ts';
import { describeApprovalReasons, findApprovalReasons } from '../billing/approval.ts';
import { parseBillingMonth } from '../billing/billing-month.ts';
import { type CsvValue, csvStart, writeCsv } from '../billing/csv-writer.ts';
import { formatYen } from '../billing/money.ts';
import {
  CARD_STANDINGS,
  FINDING_KINDS,
  FINDINGS_HEAD,
  findingLabels,
  findingRow,
  type PreviewSummary,
} from '../billing/preview.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { listStagedFindings } from '../db/queries/preview.ts';
import { findSettings } from '../db/queries/settings.ts';
import { UsageError, withRecord } from './record-access.ts';

export interface CyclePreviewCommand {
  readonly merchant: string;
  readonly month: string;
  readonly csv?: string;
  readonly json?: boolean;
}

const PAGE_ROWS = 5_000;

/**
 * `tsukigime cycle preview`: what the month's collected orders would bill now. A dry run in a transaction
 * that is rolled back: nothing is written, not even that somebody looked.
 */
export async function runCyclePreview(command: CyclePreviewCommand): Promise<number> {
  return await withRecord(async ({ db, pool, now: realNow }) => {
    const { merchant: slug, month } = command;
    if (parseBillingMonth(month) === null) {
      throw new UsageError(`--month ${month}: is not YYYY-MM.`);
    }
    const merchant = await findMerchant(db, slug);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${slug}.`);
    const current = await findSettings(db, merchant.id);
    if (current === undefined) throw new UsageError(`${slug} has no settings yet.`);
    const now = new Date(Date.parse(realNow) + merchant.clockOffsetMs).toISOString();
    const of = { merchant, current, month, sha256: null, now };
    await rehearse({ db, pool, fileKeys: [] }, of, async (trx, { content, summary }) => {
      if (command.csv !== undefined) {
        const rows: CsvValue[][] = [[...FINDINGS_HEAD]];
        for (let after = 0; ; ) {
          const page = await listStagedFindings(trx, { after, limit: PAGE_ROWS });
          rows.push(...page.map(findingRow));
          if (page.length < PAGE_ROWS) break;
          after = page.at(-1)?.i ?? after;
        }
        writeFileSync(command.csv, Buffer.concat([csvStart('utf-8'), Buffer.from(writeCsv(rows))]));
      }
      const reasons = findApprovalReasons(summary, current.settings.approval);
      const why = reasons.length > 0 ? describeApprovalReasons(reasons, summary) : null;
      const report = { merchant: slug, month, ...content, why, summary };
      console.log(command.json ? JSON.stringify(report, null, 2) : describe(summary, why));
    });
  });
}

function describe(summary: PreviewSummary, why: string | null): string {
  const { billed, compared, findings, cards } = summary;
  const excluded = Object.values(summary.excluded).reduce((sum, rows) => sum + rows, 0);
  const found = FINDING_KINDS.filter((kind) => findings[kind].rows > 0);
  return [
    `注文 ${summary.orders} 件: 請求対象 ${summary.selected.rows} 件、対象外 ${excluded} 件、要確認 ${summary.quarantined} 件`,
    `今回請求するもの: ${billed.rows} 件、${formatYen(billed.yen)}`,
    compared === null
      ? '前月: 比べられる月がありません'
      : `前月(${compared.lastMonth}): ${compared.last.rows} 件、${formatYen(compared.last.yen)} → 今月 ${compared.thisMonth.rows} 件、${formatYen(compared.thisMonth.yen)}`,
    ...found.map((kind) => `${findingLabels[kind]}: ${findings[kind].rows} 件`),
    `カード: ${CARD_STANDINGS.map((standing) => `${cardLabels[standing]} ${cards[standing]} 件`).join('、')}`,
    why === null ? '承認: 不要' : `承認: 必要。${why}`,
  ].join('\n');
}

const cardLabels = {
  ok: '有効',
  expired: '期限切れ',
  locked: '利用停止中',
  unknown: '不明',
} as const;
