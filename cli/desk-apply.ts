import { randomUUID } from 'node:crypto';
import { type DecisionTotals, sumDecisions } from '../billing/desk-decision.ts';
import {
  DESK_SHEET_KIND,
  judgeSheet,
  readDeskSheet,
  type SheetProblem,
} from '../billing/desk-sheet.ts';
import { formatYen } from '../billing/money.ts';
import { chooseTellingMonth } from '../billing/reconciliation-desk.ts';
import { detectEncoding } from '../billing/text-encoding.ts';
import { listCycles } from '../db/queries/cycles.ts';
import { findDeskDecisions, findDeskItems } from '../db/queries/reconciliation-desk.ts';
import { applyDeskSheet } from '../workflows/messages.ts';
import { cycleWorkflowId } from '../workflows/workflow-ids.ts';
import { type AtMerchant, atMerchant, withTemporal } from './at-merchant.ts';
import { openInputFile } from './input-file.ts';
import { storeInput } from './store-input.ts';
import { UnusableInputError } from './unusable-input.ts';

export interface DeskApplyCommand {
  readonly file: string;
  readonly merchant: string;
  readonly confirm?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

interface Preview {
  readonly totals: DecisionTotals;
  readonly undecided: number;
  readonly problems: readonly SheetProblem[];
  readonly firstItem: string;
}

/**
 * `tsukigime desk apply`: shows what a filled-in CSV would do; with the counts that it showed, does it.
 * @returns the exit code: 2 when a row is at fault or anything cannot be used
 */
export function runDeskApply(command: DeskApplyCommand): Promise<number> {
  return atMerchant(command, async (at) => {
    const confirmed = readConfirmed(command);
    const preview = await previewSheet(at, command);
    const { totals, problems } = preview;
    if (problems.length > 0 || confirmed === null) {
      show(command, preview, false);
      return problems.length > 0 ? 2 : 0;
    }
    if (confirmed.rows !== totals.rows || confirmed.yen !== totals.yen) {
      const now = `${totals.rows}:${totals.yen}`;
      throw new UnusableInputError(
        `--confirm: the file would decide ${now} now; nothing was changed`,
        `確認した件数・金額と違います。いまは ${now} です`,
      );
    }
    const done = await apply(at, command, preview, confirmed);
    show(command, { ...preview, totals: done }, true);
    return 0;
  });
}

function readConfirmed({ confirm, reason }: DeskApplyCommand) {
  if (confirm === undefined) return null;
  const [, rows, yen] = /^(\d+):(\d+)$/.exec(confirm) ?? [];
  if (rows === undefined) {
    throw new UnusableInputError(
      '--confirm is written <rows>:<yen>',
      '件数:金額で指定してください',
    );
  }
  if (reason === undefined || reason.trim() === '' || reason.length > 500) {
    throw new UnusableInputError('--reason is needed, of 500 characters at most', '理由が必要です');
  }
  return { rows: Number(rows), yen: Number(yen) };
}

async function previewSheet(
  { db, merchant }: AtMerchant,
  { file, reason }: DeskApplyCommand,
): Promise<Preview> {
  const input = await openInputFile(file, 'FILE');
  const sheet = await readDeskSheet(input.open(), await detectEncoding(input.open()));
  const names = sheet.rows.map(({ item }) => item);
  const found = await findDeskItems(db, merchant.id, names);
  const earlier = await findDeskDecisions(db, merchant.id, names);
  // A reason may still be given with --confirm: a preview does not ask for it.
  const { accepted, problems } = judgeSheet(sheet, found, earlier, reason ?? '-');
  const { undecided } = sheet;
  return { totals: sumDecisions(accepted), undecided, problems, firstItem: names[0] ?? '' };
}

async function apply(
  at: AtMerchant,
  { file, reason = '' }: DeskApplyCommand,
  { firstItem }: Preview,
  confirmed: { readonly rows: number; readonly yen: number },
): Promise<DecisionTotals> {
  const { db, merchant, stack } = at;
  const open = await listCycles(db, merchant.id, { open: true });
  const months = open.map(({ billingMonth }) => billingMonth);
  const month = chooseTellingMonth(months, firstItem);
  if (month === null) throw new UnusableInputError('no month is open', '未締めの月がありません');
  const { sha256, actor } = await storeInput(db, merchant, stack, { kind: DESK_SHEET_KIND, file });
  const idempotencyKey = randomUUID();
  return await withTemporal(at, (client) =>
    client.workflow.getHandle(cycleWorkflowId(merchant.slug, month)).executeUpdate(applyDeskSheet, {
      args: [{ actor, idempotencyKey, reason, sha256, confirmed }],
      updateId: idempotencyKey,
    }),
  );
}

function show({ json }: DeskApplyCommand, preview: Preview, applied: boolean): void {
  const { totals, undecided, problems } = preview;
  if (json === true) {
    console.log(JSON.stringify({ applied, totals, undecided, problems }, null, 2));
    return;
  }
  for (const { line, ja } of problems) console.log(`${line} 行目  ${ja}`);
  for (const { name, rows, yen, effectYen } of totals.byAction) {
    console.log(`${name}  ${rows} 件  ${formatYen(yen)}  (増減 +${formatYen(effectYen)})`);
  }
  console.log(`判断なし  ${undecided} 件`);
  if (applied) console.log(`確定しました: ${totals.rows} 件、${formatYen(totals.yen)}。`);
  else if (problems.length > 0) console.log('何も変更していません。CSVを直してください。');
  else {
    console.log(
      `何も変更していません。確定するには --confirm ${totals.rows}:${totals.yen} --reason <理由> を付けてください。`,
    );
  }
}
