import { captureDeadline } from '../billing/capture-window.ts';
import {
  type AcceptedChoice,
  type DecisionTotals,
  type DeskChoice,
  describeRefused,
  isLineFact,
  judgeChoices,
  sumDecisions,
} from '../billing/desk-decision.ts';
import { describeSheetProblems, judgeSheet, readDeskSheet } from '../billing/desk-sheet.ts';
import type { ExchangeName } from '../billing/exchange.ts';
import { UnusableFileError } from '../billing/row-reason.ts';
import { detectEncoding } from '../billing/text-encoding.ts';
import { lockMerchant, type Trx } from '../db/database.ts';
import {
  insertDeskDecisions,
  listDecided,
  type SettledLine,
  settleDeskLines,
  settleNamedContradictions,
  settleStrays,
} from '../db/queries/desk-settlements.ts';
import { requireExchange } from '../db/queries/exchanges.ts';
import { openFile } from '../db/queries/files.ts';
import {
  type FoundItem,
  findDeskDecisions,
  findDeskItems,
} from '../db/queries/reconciliation-desk.ts';
import { finishSettledExchange } from '../db/queries/settlements.ts';
import type { Act, OfCycle } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { loadMerchantWithSettings } from './merchant.ts';

type OfDesk = OfCycle & { readonly act: Act; readonly workflowId: string };

/** What was done, and the files whose turn may have ended by it. */
export interface DeskAnswer {
  readonly totals: DecisionTotals;
  readonly files: readonly ExchangeName[];
}

export function createDeskActivities(deps: ActivityDependencies) {
  return {
    /** An operator says what became of items of the desk, whatever their months: all of them or none. */
    async decideAtDesk(
      of: OfDesk & { decisions: readonly Omit<DeskChoice, 'reason'>[] },
    ): Promise<DeskAnswer> {
      const reason = of.act.reason ?? '';
      const body = { decisions: of.decisions };
      const choices = of.decisions.map((choice) => ({ ...choice, reason }));
      return await decideItems(deps, of, { act: 'decide-at-desk', body }, (trx, merchantId) =>
        acceptAll(trx, merchantId, choices),
      );
    },

    /** The same by a filled-in CSV: exactly what its preview counted, or nothing. */
    async applyDeskSheet(
      of: OfDesk & { sha256: string; confirmed: { rows: number; yen: number } },
    ): Promise<DeskAnswer> {
      const body = { sha256: of.sha256, confirmed: of.confirmed };
      return await decideItems(deps, of, { act: 'apply-desk-sheet', body }, (trx, merchantId) =>
        readSheet(trx, merchantId, deps, of),
      );
    },
  };
}

/** One decision about many items: lock, decide once, settle; all of it or nothing; then tell. */
async function decideItems(
  deps: ActivityDependencies,
  of: OfDesk & { readonly confirmed?: { readonly rows: number; readonly yen: number } },
  decision: { readonly act: string; readonly body: unknown },
  accept: (trx: Trx, merchantId: number) => Promise<readonly AcceptedChoice<FoundItem>[]>,
): Promise<DeskAnswer> {
  const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
  const { windowDays } = current.settings.capture;
  let decisionId = 0;
  try {
    await deps.db.transaction().execute(async (trx) => {
      await lockMerchant(trx, merchant.id);
      const recorded = await decide(trx, merchant.id, of, decision);
      decisionId = recorded.id;
      if (!recorded.fresh) return;
      const accepted = await accept(trx, merchant.id);
      const { rows, yen } = sumDecisions(accepted);
      if (of.confirmed && (of.confirmed.rows !== rows || of.confirmed.yen !== yen)) {
        throw refusal(
          'TotalsDiffer',
          `確認した内容は ${of.confirmed.rows} 件・${of.confirmed.yen} 円ですが、いまの内容は ${rows} 件・${yen} 円です。何も変更していません。もう一度プレビューで確かめてください。`,
        );
      }
      const at = { decisionId, now: of.now };
      await insertDeskDecisions(trx, merchant.id, { accepted, ...at });
      await settle(trx, merchant.id, accepted, { ...at, windowDays });
    });
  } catch (error) {
    throw asRefusal(error);
  }
  // Read back: a repetition after a crash must answer the same, and wake whom the first try did not.
  const done = await listDecided(deps.db, merchant.id, decisionId);
  const found = await findDeskItems(
    deps.db,
    merchant.id,
    done.map(({ item }) => item),
  );
  const decided = done.flatMap((choice) => {
    const item = found.get(choice.item);
    return item === undefined ? [] : [{ choice, item }];
  });
  const files = await wakeWorkflows(deps, of, decided);
  return { totals: sumDecisions(decided), files };
}

async function acceptAll(
  trx: Trx,
  merchantId: number,
  choices: readonly DeskChoice[],
): Promise<readonly AcceptedChoice<FoundItem>[]> {
  const { found, earlier } = await findItems(
    trx,
    merchantId,
    choices.map(({ item }) => item),
  );
  const { accepted, refused } = judgeChoices(choices, found, earlier);
  if (refused.length > 0) throw refusal('DeskItemsRefused', describeRefused(refused));
  return accepted;
}

/** The named items as they are now, and who settled those that are not open. */
async function findItems(trx: Trx, merchantId: number, names: readonly string[]) {
  const found = await findDeskItems(trx, merchantId, names);
  const closed = names.filter((name) => found.get(name)?.open === false);
  return { found, earlier: await findDeskDecisions(trx, merchantId, closed) };
}

/** Writes each fact once; the exchanges that have none left to settle are reconciled. */
async function settle(
  trx: Trx,
  merchantId: number,
  accepted: readonly AcceptedChoice<FoundItem>[],
  at: { readonly decisionId: number; readonly now: string; readonly windowDays: number },
): Promise<void> {
  const { decisionId, now, windowDays } = at;
  const deadlines = new Map<number, string>();
  const lines: SettledLine[] = [];
  for (const { choice, item } of accepted) {
    const { exchangeId, exchange, line } = item;
    if (!isLineFact(choice.action) || exchangeId === null || exchange === null || line === null) {
      continue;
    }
    if (!deadlines.has(exchangeId)) {
      const { acceptedAt, createdAt } = await requireExchange(trx, merchantId, exchange);
      deadlines.set(exchangeId, captureDeadline(acceptedAt ?? createdAt, windowDays));
    }
    const deadline = deadlines.get(exchangeId) ?? null;
    const captureBefore = choice.action === 'ok' ? deadline : null;
    lines.push({ exchangeId, line, fact: choice.action, captureBefore });
  }
  const strays = accepted.flatMap(({ choice, item }) => {
    const { exchangeId, round, resultLine } = item;
    const { action } = choice;
    return (action === 'acknowledge' || action === 'other_file') &&
      exchangeId !== null &&
      round !== null &&
      resultLine !== null
      ? [{ exchangeId, round, resultLine, action }]
      : [];
  });
  const contradictionIds = accepted.flatMap(({ choice, item }) =>
    choice.action === 'voided_at_psp' || choice.action === 'record_holds'
      ? (item.contradictionId ?? [])
      : [],
  );
  const wanted = lines.length + strays.length + contradictionIds.length;
  let written = 0;
  if (lines.length > 0) {
    written += await settleDeskLines(trx, merchantId, { lines, decisionId, now });
  }
  if (strays.length > 0) {
    written += await settleStrays(trx, merchantId, { strays, decisionId, now });
  }
  if (contradictionIds.length > 0) {
    const settlement = { contradictionIds, decisionId, now };
    written += await settleNamedContradictions(trx, merchantId, settlement);
  }
  if (written !== wanted) throw new Error(`${wanted} items were open, ${written} were settled`);
  for (const exchangeId of deadlines.keys()) {
    await finishSettledExchange(trx, merchantId, { exchangeId, now });
  }
}

/** What a stored sheet asks for; a row at fault refuses the file. */
async function readSheet(
  trx: Trx,
  merchantId: number,
  { fileKeys }: ActivityDependencies,
  of: OfDesk & { readonly sha256: string },
): Promise<readonly AcceptedChoice<FoundItem>[]> {
  const open = async () => {
    const file = await openFile(trx, merchantId, of.sha256, fileKeys);
    if (file !== undefined) return file.content;
    throw refusal(
      'UnknownFile',
      '指定されたファイルは保存されていません。先にアップロードしてください。',
    );
  };
  try {
    const encoding = await detectEncoding(await open());
    const sheet = await readDeskSheet(await open(), encoding);
    const { found, earlier } = await findItems(
      trx,
      merchantId,
      sheet.rows.map(({ item }) => item),
    );
    const { accepted, problems } = judgeSheet(sheet, found, earlier, of.act.reason);
    if (problems.length > 0) throw refusal('DeskItemsRefused', describeSheetProblems(problems));
    return accepted;
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    throw refusal('UnusableFile', `${error.ja}。何も変更していません。`, error.code);
  }
}

/** Every file and month that the decision touched reads its rows again. @returns the files */
async function wakeWorkflows(
  { workflows }: ActivityDependencies,
  { merchant }: OfDesk,
  decided: readonly AcceptedChoice[],
): Promise<ExchangeName[]> {
  const files = new Map<string, ExchangeName>();
  const months = new Set<string>();
  for (const { item } of decided) {
    months.add(item.month);
    const { exchange } = item;
    if (item.line === null || exchange === null) continue;
    files.set(`${exchange.billingMonth}-${exchange.kind}-${exchange.number}`, exchange);
  }
  for (const file of files.values()) await workflows.wakeExchange(merchant, file);
  for (const month of months) await workflows.wakeCycle(merchant, month, 'desk');
  return [...files.values()];
}
