import { CHARGE_STATE_LABELS_JA, type ChargeState } from '../../billing/charge.ts';
import { exclusionLabels } from '../../billing/select-orders.ts';
import {
  type ChargeView,
  type CycleView,
  listCharges,
  listExchanges,
  listOrders,
  type OperatorDesk,
} from '../operator.ts';

/** What a run of the demo leaves behind; `--report` writes it as JSON. */
export interface DemoReport {
  readonly month: string;
  /** The month stood billed before this run, which billed nobody. */
  readonly alreadyBilled: boolean;
  readonly orders: number;
  readonly selected: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly quarantined: readonly {
    readonly record: number;
    readonly line: number;
    readonly orderNumber: string | null;
    readonly column: string | null;
    readonly reason: string | null;
    readonly reasonJa: string | null;
  }[];
  readonly amountYen: number;
  readonly files: readonly {
    readonly kind: string;
    readonly name: string;
    readonly records: number;
    readonly amountYen: number;
    readonly sha256: string;
    readonly acceptanceNumber: string | null;
    readonly stage: string;
  }[];
  /** Charges whose authorization was granted, captured ones included. */
  readonly authorized: number;
  readonly declined: number;
  readonly captured: number;
  readonly capturedYen: number;
  readonly charges: CycleView['charges'];
  readonly conservation: { readonly rows: boolean; readonly yen: boolean };
  readonly ng: readonly {
    readonly orderNumber: string;
    readonly amountYen: number;
    readonly code: string | null;
    readonly detail: string | null;
  }[];
  /** Why the month stands still until a person acts; null when it does not. */
  readonly trouble: string | null;
  readonly waitsFor: string;
  readonly urls: Readonly<Record<string, string>>;
}

/** States of a charge whose authorization was granted. */
const GRANTED = ['authorized', 'capture_sent', 'captured', 'void_sent', 'voided', 'expired'];

export async function makeReport(
  desk: OperatorDesk,
  cycle: CycleView,
  run: { readonly alreadyBilled: boolean; readonly urls: Readonly<Record<string, string>> },
): Promise<DemoReport> {
  const { month, selection, charges } = cycle;
  const rowsOf = (states: readonly string[]) =>
    states.reduce((sum, state) => sum + (charges[state]?.rows ?? 0), 0);
  const quarantined = await listOrders(desk, month, { verdict: 'quarantined' });
  const declined = await listCharges(desk, month, { state: 'declined' });
  const exchanges = await listExchanges(desk, month);
  return {
    month,
    alreadyBilled: run.alreadyBilled,
    orders: selection?.orders ?? 0,
    selected: selection?.selected ?? 0,
    excluded: selection?.excluded ?? {},
    quarantined: quarantined.map(({ record, line, orderNumber, column, ...row }) => ({
      record,
      line,
      orderNumber,
      column,
      reason: row.reasonEn ?? row.reason,
      reasonJa: row.reasonJa,
    })),
    amountYen: selection?.amountYen ?? 0,
    files: exchanges.map((exchange) => ({
      kind: exchange.kind,
      name: exchange.fileName,
      records: exchange.records,
      amountYen: exchange.amountYen,
      sha256: exchange.sha256,
      acceptanceNumber: exchange.acceptanceNumber,
      stage: exchange.stage,
    })),
    authorized: rowsOf(GRANTED),
    declined: rowsOf(['declined']),
    captured: rowsOf(['captured']),
    capturedYen: charges.captured?.yen ?? 0,
    charges,
    conservation: { rows: cycle.conservation.rows, yen: cycle.conservation.yen },
    ng: declined.map(toNgRow),
    trouble: cycle.trouble,
    waitsFor: cycle.waitsFor,
    urls: run.urls,
  };
}

function toNgRow(charge: ChargeView): DemoReport['ng'][number] {
  const { orderNumber, amountYen, responseCode, responseDetail } = charge;
  return { orderNumber, amountYen, code: responseCode, detail: responseDetail };
}

const yen = (amount: number) => `¥${amount.toLocaleString('ja-JP')}`;
const rows = (count: number) => `${count.toLocaleString('ja-JP')} rows`;

function headline(report: DemoReport): string {
  if (report.trouble !== null) return `${report.month} is NOT billed: it waits for a person.`;
  return report.alreadyBilled
    ? `${report.month} is already billed (請求済み): this run billed nobody.`
    : `${report.month} is billed.`;
}

/** The summary that a person reads at the end. */
export function describeReport(
  report: DemoReport,
  { staysUp }: { readonly staysUp: boolean },
): string {
  const yenOf = (states: readonly string[]) =>
    yen(states.reduce((sum, state) => sum + (report.charges[state]?.yen ?? 0), 0));
  const lines = [
    '',
    headline(report),
    '',
    `  orders       ${rows(report.orders)}`,
    `  selected     ${rows(report.selected)}  ${yen(report.amountYen)}`,
    `  authorized   ${rows(report.authorized)}  ${yenOf(GRANTED)}`,
    `  declined     ${rows(report.declined)}  ${yenOf(['declined'])}`,
    `  captured     ${rows(report.captured)}  ${yen(report.capturedYen)}`,
    `  conservation rows ${holds(report.conservation.rows)}, yen ${holds(report.conservation.yen)}`,
    ...section('excluded 請求対象外', Object.entries(report.excluded), ([reason, count]) => {
      const label = exclusionLabels[reason as keyof typeof exclusionLabels] ?? reason;
      return `${String(count).padStart(6)}  ${reason} (${label})`;
    }),
    ...section('quarantined 要確認', report.quarantined, (row) => {
      const place = `record ${row.record}, line ${row.line}, ${row.column ?? 'row'}`;
      return `order ${row.orderNumber ?? '?'}: ${place}: ${row.reasonJa ?? ''} / ${row.reason ?? ''}`;
    }),
    ...section('declined NG', report.ng, (row) => {
      return `order ${row.orderNumber}  ${yen(row.amountYen)}  ${row.detail ?? row.code ?? ''}`;
    }),
    ...section('files', report.files, (file) => {
      const sums = `${rows(file.records)}  ${yen(file.amountYen)}`;
      return `${file.name}  ${sums}  受付番号 ${file.acceptanceNumber ?? '-'}  ${file.stage}`;
    }),
    ...section('charges by state', Object.entries(report.charges), ([state, count]) => {
      const label = CHARGE_STATE_LABELS_JA[state as ChargeState];
      return `${state} (${label})  ${rows(count.rows)}  ${yen(count.yen)}`;
    }),
    '',
    `  now: ${report.waitsFor}`,
    ...section(
      'open',
      staysUp ? Object.entries(report.urls) : [],
      ([name, url]) => `${name.padEnd(12)} ${url}`,
    ),
    '',
  ];
  return lines.join('\n');
}

/** More rows than this are in the report file and the API, not on the screen. */
const SHOWN_ROWS = 20;

function section<Row>(
  title: string,
  list: readonly Row[],
  show: (row: Row) => string,
): readonly string[] {
  if (list.length === 0) return [];
  const shown = list.slice(0, SHOWN_ROWS).map((row) => `    ${show(row)}`);
  const more = list.length - shown.length;
  return ['', `  ${title}:`, ...shown, ...(more > 0 ? [`    … and ${more} more`] : [])];
}

function holds(value: boolean): string {
  return value ? 'hold' : 'BROKEN';
}
