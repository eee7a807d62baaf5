import type { ExchangeKind, ExchangeName } from './exchange.ts';
import { EXCHANGE_KINDS } from './exchange.ts';
import { formatYen } from './money.ts';
import type { FieldReason } from './result-merge.ts';

/**
 * The reconciliation desk (要確認): what results left open and a person has to look at. Files whose
 * answer has not come are no items: they wait, nothing is wrong with them (spec 1.6).
 */

export const DESK_ITEM_KINDS = [
  /** A result that contradicts the record: possibly billed twice. */
  'contradiction',
  /** A row of a result that answers no sent line: possibly billed without our asking. */
  'stray',
  /** A sent line whose row came back different, twice or unreadable. */
  'quarantined',
  /** A sent line without a row in the result. */
  'missing',
  /** A sent line that came back without a result. */
  'unknown',
] as const;
export type DeskItemKind = (typeof DESK_ITEM_KINDS)[number];

export const deskKindNames: Readonly<Record<DeskItemKind, string>> = {
  contradiction: '記録と矛盾',
  stray: '送信していない行',
  quarantined: '内容の相違',
  missing: '結果に行がない',
  unknown: '結果が空',
};

/** What of a charge an item is about; null = of none that we know. */
export type DeskSlot = 'authorization' | 'capture' | null;

export interface DeskItem {
  /** Public ID, stable: see `DeskItemName`. */
  readonly item: string;
  readonly kind: DeskItemKind;
  /** Billing month that it holds open. */
  readonly month: string;
  /** The file whose result it is about; null for a contradiction that no file brought. */
  readonly exchange: ExchangeName | null;
  /** Physical line in the file that was sent. */
  readonly line: number | null;
  /** Physical line in the result file. */
  readonly resultLine: number | null;
  /** The how-manieth result of the file, from 1. */
  readonly round: number | null;
  readonly slot: DeskSlot;
  readonly orderNumber: string | null;
  readonly customerNumber: string | null;
  readonly previousOrderNumber: string | null;
  /** As sent; for a stray as the result says; null = it says none. */
  readonly amountYen: number | null;
  readonly responseCode: string | null;
  readonly responseDetail: string | null;
  readonly reasons: readonly FieldReason[];
  /** For a contradiction: the fact on record and the one that came. */
  readonly recorded: string | null;
  readonly received: string | null;
  /** For a stray whose order we know: the files that carried it, or none when none did. */
  readonly knownIn: readonly ExchangeName[] | null;
  /** Whether it still waits for a person. */
  readonly open: boolean;
  /** The latest 照会中 of an open item; null = nobody has asked the PSP. */
  readonly inquiry: { readonly actor: string; readonly at: string; readonly reason: string } | null;
}

/**
 * How people name an item: `line.2026-11.auth.1.5` is line 5 of the first authorization file,
 * `stray.2026-11.auth.1.2.7` line 7 of its second result, and a contradiction names its slot, what
 * came, by which file (`none`: by no file) and the order:
 * `contradiction.2026-11.1.0.ok.2026-11-auth-1.0901`.
 */
export type DeskItemName =
  | { readonly source: 'line'; readonly exchange: ExchangeName; readonly line: number }
  | {
      readonly source: 'stray';
      readonly exchange: ExchangeName;
      readonly round: number;
      readonly resultLine: number;
    }
  | {
      readonly source: 'contradiction';
      readonly month: string;
      readonly n: number;
      /** 0 = the authorization itself. */
      readonly k: number;
      readonly received: string;
      readonly exchange: ExchangeName | null;
      readonly orderNumber: string;
    };

const month = String.raw`(\d{4}-\d{2})`;
const kind = `(${EXCHANGE_KINDS.join('|')})`;
const lineName = new RegExp(String.raw`^line\.${month}\.${kind}\.(\d{1,3})\.(\d{1,8})$`);
const strayName = new RegExp(
  String.raw`^stray\.${month}\.${kind}\.(\d{1,3})\.(\d{1,6})\.(\d{1,8})$`,
);
const contradictionName = new RegExp(
  String.raw`^contradiction\.${month}\.(\d{1,6})\.(\d{1,6})\.([a-z_]{1,20})\.(?:none|${month}-${kind}-(\d{1,3}))\.(.{1,100})$`,
);

/** Reads the public ID of an item; null when it is none. */
export function parseDeskItem(item: string): DeskItemName | null {
  const asLine = lineName.exec(item);
  if (asLine) {
    const [, billingMonth = '', kind = '', number, line] = asLine;
    return { source: 'line', exchange: nameOf(billingMonth, kind, number), line: Number(line) };
  }
  const asStray = strayName.exec(item);
  if (asStray) {
    const [, billingMonth = '', kind = '', number, round, resultLine] = asStray;
    return {
      source: 'stray',
      exchange: nameOf(billingMonth, kind, number),
      round: Number(round),
      resultLine: Number(resultLine),
    };
  }
  const [, billingMonth, n, k, received, fileMonth, kind, number, orderNumber] =
    contradictionName.exec(item) ?? [];
  if (billingMonth === undefined || received === undefined || orderNumber === undefined)
    return null;
  return {
    source: 'contradiction',
    month: billingMonth,
    n: Number(n),
    k: Number(k),
    received,
    exchange:
      fileMonth === undefined || kind === undefined ? null : nameOf(fileMonth, kind, number),
    orderNumber,
  };
}

function nameOf(billingMonth: string, kind: string, number: string | undefined): ExchangeName {
  return { billingMonth, kind: kind as ExchangeKind, number: Number(number) };
}

/**
 * The open month whose workflow is told a decision: it does it for all. That of the item where it is
 * open, else any; null when no month is.
 */
export function chooseTellingMonth(openMonths: readonly string[], item: string): string | null {
  const name = parseDeskItem(item);
  const month = name?.source === 'contradiction' ? name.month : name?.exchange.billingMonth;
  return openMonths.find((open) => open === month) ?? openMonths[0] ?? null;
}

/** What was sent beside what came back, as a table for the operator. */
export interface FieldComparison {
  readonly nameJa: string;
  readonly sent: string | null;
  /** Null where the result says nothing readable. */
  readonly returned: string | null;
  readonly differs: boolean;
}

/** Reasons that speak of the row as a whole: nothing can be said of its single fields. */
const WHOLE_ROW = ['duplicate_row', 'missing_from_result', 'cut_off', 'unmatched_order'];

/** Field by field what an item sent and got back; the differing ones come from its reasons. */
export function compareFields(item: DeskItem): FieldComparison[] {
  const byName = new Map(item.reasons.map((reason) => [reason.nameJa, reason]));
  if (item.kind === 'stray') {
    return [
      { nameJa: '注文番号', sent: null, returned: item.orderNumber, differs: true },
      { nameJa: '請求金額', sent: null, returned: textOf(item.amountYen), differs: true },
    ];
  }
  if (item.kind === 'contradiction') {
    const [sent, returned] = [factName(item.recorded), receivedName(item)];
    return [{ nameJa: '結果(記録 / 届いたもの)', sent, returned, differs: true }];
  }
  const readable = !item.reasons.some(({ code }) => WHOLE_ROW.includes(code));
  const sent: readonly (readonly [string, string | null])[] = [
    ['注文番号', item.orderNumber],
    ['請求金額', textOf(item.amountYen)],
    ['顧客番号', item.customerNumber],
    ['直前回の注文番号', item.previousOrderNumber],
  ];
  const rows = sent.map(([nameJa, value]) => {
    const reason = byName.get(nameJa);
    byName.delete(nameJa);
    return {
      nameJa,
      sent: value,
      returned: reason !== undefined ? reason.returned : readable ? value : null,
      differs: reason !== undefined,
    };
  });
  const more = [...byName.values()].map(({ nameJa, sent, returned }) => {
    return { nameJa, sent, returned, differs: true };
  });
  return [...rows, ...more];
}

/** The differences of an item in one line, for lists and the CSV. */
export function describeDifference(item: DeskItem): string {
  if (item.kind === 'contradiction') {
    return `記録は「${factName(item.recorded)}」、届いた結果は「${receivedName(item)}」です`;
  }
  return item.reasons.map(({ ja }) => ja).join(' / ');
}

/** What to find out before anything is decided, in an operator's words. */
export function adviseItem(item: DeskItem): string {
  switch (item.kind) {
    case 'contradiction':
      if (item.recorded === 'voided' && item.received === 'ok') {
        return '「取消済」と記録しましたが、ペイジェントではオーソリのまま残っています。取消は行われていません。情報照会から取り消すか、取り消さない場合は決めた内容を記録してください。それまで、この注文は請求も売上処理もされません。';
      }
      if (item.recorded === item.received) {
        return `記録は「${factName(item.recorded)}」ですが、同じ注文が別の決済IDでも成立しています。二重に請求されるおそれがあります。ペイジェントの情報照会で 2 件とも確かめ、記録と異なる決済IDの 1 件を取り消してから記録してください。それまで、この注文は請求も売上処理もされません。`;
      }
      return isBilledAtPsp(item)
        ? `記録は「${factName(item.recorded)}」ですが、届いた結果は「${factName(item.received)}」です。二重に請求されるおそれがあります。ペイジェントの情報照会で取引を確かめ、成立していれば取り消してから記録してください。それまで、この注文は請求も売上処理もされません。`
        : `記録は「${factName(item.recorded)}」ですが、届いた結果は「${factName(item.received)}」です。ペイジェントの情報照会でどちらが正しいか確かめてください。それまで、この注文は請求も売上処理もされません。`;
    case 'stray':
      return adviseStray(item);
    case 'missing':
      return '結果ファイルにこの注文の行がありません。結果ファイルを取得し直して取り込むと自動で確定します。届かないときは、ペイジェントの情報照会で結果を確かめて確定してください。';
    case 'unknown':
      return '処理結果が空です。処理が終わってから結果ファイルを取得し直して取り込むと自動で確定します。変わらないときは、ペイジェントに照会してください。';
    case 'quarantined':
      return '送信した内容と結果の行が一致しません。ペイジェントの情報照会で金額と結果を確かめてください。訂正された結果ファイルを取り込むと自動で確定します。';
  }
}

function adviseStray({ knownIn, amountYen }: DeskItem): string {
  const yen = amountYen === null ? '' : `(${formatYen(amountYen)})`;
  if (knownIn === null) {
    return `この注文番号${yen}は、この店のどの月の請求にもありません。身に覚えのない請求の可能性があります。ペイジェントの情報照会で取引を確かめてください。`;
  }
  if (knownIn.length === 0) {
    return `この注文${yen}はどのファイルでも送信していません。送信前に請求された可能性があります。ペイジェントの情報照会で確かめ、成立していれば取り消してください。`;
  }
  const files = knownIn.map(describeFile).join('、');
  return `この注文${yen}は別のファイル(${files})で送信しています。その結果に同じ行があるか確かめてください。両方で請求されていれば、ペイジェントで取り消してください。`;
}

/** Whether what came means that the PSP has billed while the record says otherwise. */
export function isBilledAtPsp({ received }: Pick<DeskItem, 'received'>): boolean {
  return received === 'ok' || received === 'captured';
}

/** A file as operators name it: 2026-11 の auth-1. */
export function describeFile({ billingMonth, kind, number }: ExchangeName): string {
  return `${billingMonth} の ${kind}-${number}`;
}

const factNames: Readonly<Record<string, string>> = {
  ok: 'オーソリOK',
  declined: 'オーソリNG',
  rejected: '書式エラー',
  not_sent: '未送信',
  captured: '売上済',
  refused: '売上NG',
  voided: '取消済',
  expired: '期限切れ',
};

/** A fact of the record as operators read it. */
/** What came of a contradiction; the same as on record, it came under another 決済ID. */
export function receivedName({
  recorded,
  received,
}: {
  readonly recorded: string | null;
  readonly received: string | null;
}): string {
  return `${factName(received)}${recorded === received ? '(別の決済ID)' : ''}`;
}

export function factName(fact: string | null): string {
  return fact === null ? '(なし)' : (factNames[fact] ?? fact);
}

function textOf(amountYen: number | null): string | null {
  return amountYen === null ? null : String(amountYen);
}
