import { ownCopy } from '../billing/doubled-orders.ts';
import { formatYen } from '../billing/money.ts';
import type { Order } from '../billing/order.ts';
import { findDoubledOrders, readOrderExport } from '../billing/order-export.ts';
import {
  cagolabProfile,
  type OrderField,
  type OrderProfile,
  ownNumberColumns,
} from '../billing/order-profile.ts';
import type { QuarantinedRow } from '../billing/row-reason.ts';
import {
  type ExclusionReason,
  exclusionLabels,
  selectOrder,
  toQuarantinedRow,
} from '../billing/select-orders.ts';
import { detectEncoding, type TextEncoding } from '../billing/text-encoding.ts';
import {
  encodeTransactionFiles,
  type TransactionFileEvent,
  transactionFileName,
} from '../psp/paygent/transaction-file.ts';
import { guardInputFile, openInputFile } from './input-file.ts';
import { JsonList, printJson } from './json-list.ts';
import { OutputFolder } from './output-folder.ts';
import { runReporting, UnusableInputError } from './unusable-input.ts';

export interface AuthFileOptions {
  readonly orders: string;
  readonly merchantId: string;
  readonly out: string;
  readonly maxRecords?: number;
  readonly width?: number;
  readonly encoding?: 'auto' | TextEncoding;
  readonly json?: boolean;
}

interface BuiltFile {
  readonly name: string;
  readonly records: number;
  readonly amountYen: number;
  readonly sha256: string;
}

/** A quarantined row as it is printed. */
interface PrintedRow {
  readonly record: number;
  readonly line: number;
  readonly column: string | null;
  readonly value: string | null;
  readonly orderNumber: string | null;
  readonly reason: string;
  readonly reasonEn: string;
  readonly reasonCode: string;
}

interface Report {
  orders: number;
  selected: number;
  readonly excluded: Partial<Record<ExclusionReason, number>>;
  readonly quarantined: JsonList<PrintedRow>;
  amountYen: number;
  readonly files: BuiltFile[];
  movedAside: readonly string[];
}

// An operator reads this many rows on a screen; --json prints all.
const shownRows = 50;
const ownFiles = /^auth-\d{3,}\.csv$/;
const profile: OrderProfile = cagolabProfile;

/**
 * `tsukigime paygent auth-file`: reads an order export, writes the authorization files of those who
 * are billed and prints what became of every row.
 * @returns the exit code: 0, or 2 for a file or argument that cannot be used.
 */
export function runAuthFile(options: AuthFileOptions): Promise<number> {
  return runReporting(async () => {
    const report: Report = {
      orders: 0,
      selected: 0,
      excluded: {},
      quarantined: new JsonList(shownRows),
      amountYen: 0,
      files: [],
      movedAside: [],
    };
    try {
      await build(options, report);
      if (options.json) await printJson({ ...report });
      else console.log(describe(report));
    } finally {
      report.quarantined.dispose();
    }
    return 0;
  });
}

async function build(options: AuthFileOptions, report: Report): Promise<void> {
  const file = await openInputFile(options.orders, '--orders');
  if (options.width !== undefined && (options.width < 14 || options.width > 26)) {
    throw new UnusableInputError('--width must be 14 to 26', '--width は 14 から 26 です');
  }
  await guardInputFile(file, { header: true, exemptColumns: ownNumberColumns(profile) });
  const encoding =
    options.encoding === undefined || options.encoding === 'auto'
      ? await detectEncoding(file.open())
      : options.encoding;
  const { records, doubled } = await findDoubledOrders(file.open(), profile, { encoding });
  const rows = readOrderExport(file.open(), profile, { encoding, doubled });
  const folder = new OutputFolder(options.out, ownFiles);
  try {
    const events = encodeTransactionFiles(selectRows(rows, report), {
      kind: 'authorization',
      ...options,
    });
    for await (const event of events) await take(event, folder, report);
    if (report.orders !== records) {
      throw new UnusableInputError('the file changed while it was read', '読込中に変更されました');
    }
    report.movedAside = await folder.publish();
  } finally {
    await folder.discard();
  }
}

async function* selectRows(
  rows: ReturnType<typeof readOrderExport>,
  report: Report,
): AsyncGenerator<Order> {
  for await (const row of rows) {
    report.orders += 1;
    if (row.kind === 'quarantined') {
      report.quarantined.add(toPrinted(row));
      continue;
    }
    const selection = selectOrder(row.order, profile);
    if (selection.kind === 'selected') yield row.order;
    else if (selection.kind === 'excluded') {
      report.excluded[selection.reason] = (report.excluded[selection.reason] ?? 0) + 1;
    } else {
      report.quarantined.add(toPrinted(toQuarantinedRow(row.order, selection, profile)));
    }
  }
}

async function take(
  event: TransactionFileEvent<Order>,
  folder: OutputFolder,
  report: Report,
): Promise<void> {
  if (event.kind === 'refused') {
    const { record: order, findings } = event;
    const [finding] = findings;
    if (!finding) return;
    const column = profile.columns[finding.field as OrderField]?.name ?? finding.nameJa;
    const { record, line, orderNumber } = order;
    const { value, reason } = finding;
    report.quarantined.add(
      toPrinted({ kind: 'quarantined', record, line, column, value, reason, orderNumber }),
    );
    return;
  }
  const name = transactionFileName('authorization', event.file);
  if (event.kind === 'bytes') {
    await folder.write(name, event.bytes);
    return;
  }
  const { records, amountYen, sha256 } = event;
  await folder.complete(sha256);
  report.files.push({ name, records, amountYen, sha256 });
  report.selected += records;
  report.amountYen += amountYen;
}

function toPrinted(row: QuarantinedRow): PrintedRow {
  const { record, line, column, reason } = row;
  return {
    record,
    line,
    column,
    value: row.value === null ? null : ownCopy(row.value),
    orderNumber: row.orderNumber === null ? null : ownCopy(row.orderNumber),
    reason: reason.ja,
    reasonEn: reason.en,
    reasonCode: reason.code,
  };
}

function describe(report: Report): string {
  const { quarantined } = report;
  const excluded = Object.values(report.excluded).reduce((sum, count) => sum + count, 0);
  const lines = [
    `注文データ      ${count(report.orders)}`,
    `請求対象        ${count(report.selected)}  ${formatYen(report.amountYen)}`,
    `対象外          ${count(excluded)}`,
  ];
  for (const [reason, label] of Object.entries(exclusionLabels)) {
    const orders = report.excluded[reason as ExclusionReason];
    if (orders) lines.push(`  ${label}  ${count(orders)}`);
  }
  lines.push(`保留 (要確認)   ${count(quarantined.count)}`);
  for (const row of quarantined.first) lines.push(`  ${describeRow(row)}`);
  if (quarantined.count > quarantined.first.length) {
    const rest = quarantined.count - quarantined.first.length;
    lines.push(`  ほか ${count(rest)} (--json ですべて表示します)`);
  }
  if (report.files.length === 0) {
    lines.push('請求対象の注文がないため、オーソリファイルは作成しませんでした。');
  }
  for (const file of report.files) {
    const size = `${count(file.records)}  ${formatYen(file.amountYen)}`;
    lines.push(`${file.name}  ${size}  sha256 ${file.sha256}`);
  }
  if (report.movedAside.length > 0) {
    lines.push(`以前のファイルは次の名前で残しました: ${report.movedAside.join(', ')}`);
  }
  return lines.join('\n');
}

function describeRow(row: PrintedRow): string {
  const order = row.orderNumber === null ? '' : `注文番号 ${row.orderNumber} `;
  const column = row.column === null ? '' : `${row.column}「${row.value ?? ''}」 `;
  return `${row.record} 件目 (${row.line} 行目) ${order}${column}${row.reason}`;
}

function count(rows: number): string {
  return `${rows.toLocaleString('en-US')} 件`;
}
