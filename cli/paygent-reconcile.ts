import { formatYen } from '../billing/money.ts';
import { detectEncoding } from '../billing/text-encoding.ts';
import { ownNumberColumnNumbers, transactionKinds } from '../psp/paygent/layouts.ts';
import {
  type ReconciledRow,
  type ReconcileEvent,
  type ReconcileSummary,
  reconcileFiles,
  type StrayRow,
} from '../psp/paygent/reconcile.ts';
import { decodeRequestFile } from '../psp/paygent/request-file.ts';
import type { ResultFileFinding } from '../psp/paygent/result-file.ts';
import { guardInputFile, type InputFile, openInputFile } from './input-file.ts';
import { JsonList, printJson } from './json-list.ts';
import { runReporting } from './unusable-input.ts';

export interface ReconcileOptions {
  readonly request: string;
  readonly result: string;
  readonly json?: boolean;
}

// An operator reads this many rows of a kind on a screen; --json prints all.
const shownRows = 50;

/** The rows that need a word; OK rows are only counted. */
class Lists {
  readonly ng = new JsonList<ReconciledRow>(shownRows);
  readonly unknown = new JsonList<ReconciledRow>(shownRows);
  readonly quarantined = new JsonList<ReconciledRow>(shownRows);
  readonly strays = new JsonList<StrayRow>(shownRows);
  readonly findings = new JsonList<ResultFileFinding>(shownRows);

  add(event: Exclude<ReconcileEvent, ReconcileSummary>): void {
    if (event.kind === 'stray') this.strays.add(event);
    else if (event.kind === 'finding') this.findings.add(event);
    else if (event.kind !== 'ok') this[event.kind].add(event);
  }

  dispose(): void {
    for (const list of [this.ng, this.unknown, this.quarantined, this.strays, this.findings]) {
      list.dispose();
    }
  }
}

/**
 * `tsukigime paygent reconcile`: says of every record that was sent whether it came back OK, NG,
 * unknown or quarantined, in rows and yen, with the reasons.
 * @returns the exit code: 0, or 2 for a file that cannot be used.
 */
export function runReconcile(options: ReconcileOptions): Promise<number> {
  return runReporting(async () => {
    const request = await openInputFile(options.request, '--request');
    const result = await openInputFile(options.result, '--result');
    const width = await widthOf(request);
    const guard = { header: false, exemptColumnNumbers: ownNumberColumnNumbers(width) };
    await guardInputFile(request, guard);
    await guardInputFile(result, guard);
    const encoding = await detectEncoding(result.open());
    const lists = new Lists();
    try {
      let summary: ReconcileSummary | null = null;
      for await (const event of reconcileFiles(
        { request: request.open, result: result.open },
        { encoding },
      )) {
        if (event.kind === 'summary') summary = event;
        else lists.add(event);
      }
      if (!summary) throw new Error('reconciling ended without a summary');
      if (options.json) await printJson(toJson(summary, lists));
      else console.log(describe(summary, lists));
    } finally {
      lists.dispose();
    }
    return 0;
  });
}

async function widthOf(request: InputFile): Promise<number | undefined> {
  for await (const entry of decodeRequestFile(request.open())) {
    if (entry.kind === 'record') return entry.columns.length;
  }
  return undefined;
}

function toJson(summary: ReconcileSummary, lists: Lists): Record<string, unknown> {
  const { fileKind, merchantId, sent, ok, ng, unknown, quarantined, conservation } = summary;
  return {
    fileKind,
    merchantId,
    sent,
    ok,
    ng,
    unknown,
    quarantined,
    stray: { rows: summary.stray },
    findings: { rows: summary.findings },
    conservation,
    ngRows: lists.ng,
    unknownRows: lists.unknown,
    quarantinedRows: lists.quarantined,
    strayRows: lists.strays,
    fileFindings: lists.findings,
  };
}

function describe(summary: ReconcileSummary, lists: Lists): string {
  const { code, nameJa } = transactionKinds[summary.fileKind];
  const holds = summary.conservation.rows && summary.conservation.yen;
  const lines = [
    `${nameJa} (${code})  マーチャントID ${summary.merchantId}`,
    `送信        ${amount(summary.sent)}`,
    `OK          ${amount(summary.ok)}`,
    `NG          ${amount(summary.ng)}`,
    ...rowLines(lists.ng),
    `結果不明    ${amount(summary.unknown)}`,
    ...rowLines(lists.unknown),
    `保留        ${amount(summary.quarantined)}`,
    ...rowLines(lists.quarantined),
    `収支の一致 (送信 = OK + NG + 結果不明 + 保留)  ${holds ? '一致' : '不一致'}`,
  ];
  if (summary.stray > 0) {
    lines.push(`取引ファイルにない行  ${summary.stray.toLocaleString('en-US')} 件`);
    for (const row of lists.strays.first) {
      lines.push(`  ${row.resultLine} 行目 注文番号 ${row.orderNumber}`);
    }
  }
  if (summary.findings > 0) {
    lines.push(`結果ファイルの誤り  ${summary.findings.toLocaleString('en-US')} 件`);
    for (const { line, reason } of lists.findings.first) lines.push(`  ${line} 行目 ${reason.ja}`);
  }
  return lines.join('\n');
}

function rowLines(list: JsonList<ReconciledRow>): string[] {
  const lines = list.first.map((row) => {
    const detail = [row.outcome?.responseCode, row.outcome?.responseDetail].filter(Boolean);
    const reasons = [...detail, ...row.reasons.map((reason) => reason.ja)].join('、');
    const line = row.resultLine === null ? '' : `${row.resultLine} 行目 `;
    return `  ${line}注文番号 ${row.orderNumber}  ${formatYen(row.amountYen)}  ${reasons}`;
  });
  const rest = list.count - list.first.length;
  if (rest > 0) lines.push(`  ほか ${rest.toLocaleString('en-US')} 件 (--json ですべて表示します)`);
  return lines;
}

function amount(total: { readonly rows: number; readonly yen: number }): string {
  return `${total.rows.toLocaleString('en-US')} 件  ${formatYen(total.yen)}`;
}
