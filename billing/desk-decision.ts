import type { RowsAndYen } from './cycle.ts';
import { formatYen } from './money.ts';
import {
  type DeskItem,
  describeFile,
  isBilledAtPsp,
  parseDeskItem,
} from './reconciliation-desk.ts';

/** What an operator may decide about an item of the reconciliation desk, and what follows from it. */

export const DESK_ACTIONS = [
  'ok',
  'declined',
  'captured',
  'refused',
  'not_sent',
  'voided_at_psp',
  'record_holds',
  'acknowledge',
  'other_file',
  'inquire',
] as const;
export type DeskAction = (typeof DESK_ACTIONS)[number];

/** The word of a decision, on screens and in the column 判断 of the CSV. */
export const deskActionNames: Readonly<Record<DeskAction, string>> = {
  ok: 'オーソリOK',
  declined: 'オーソリNG',
  captured: '売上済',
  refused: '売上NG',
  not_sent: '未送信',
  voided_at_psp: 'PSPで取消済',
  record_holds: '記録どおり',
  acknowledge: '記録して無視',
  other_file: '別ファイルの行',
  inquire: '照会中',
};

/** Of these the fact stands in `outcomes` or `ending_results`. */
export const LINE_FACTS = ['ok', 'declined', 'captured', 'refused', 'not_sent'] as const;
export type LineFact = (typeof LINE_FACTS)[number];

export function isLineFact(action: DeskAction): action is LineFact {
  return (LINE_FACTS as readonly DeskAction[]).includes(action);
}

/** What may be decided about an item, the most likely first; the first three are suggested. */
export function allowedActions(item: DeskItem): readonly DeskAction[] {
  if (item.kind === 'contradiction') {
    return isBilledAtPsp(item)
      ? ['voided_at_psp', 'record_holds', 'inquire']
      : ['record_holds', 'inquire'];
  }
  if (item.kind === 'stray') {
    return item.knownIn === null || item.knownIn.length === 0
      ? ['inquire', 'acknowledge']
      : ['other_file', 'inquire', 'acknowledge'];
  }
  const { good, bad } = factsOf(item);
  if (item.kind === 'quarantined') return [good, bad, 'inquire', 'not_sent'];
  return ['inquire', good, bad, 'not_sent'];
}

function factsOf({ slot }: DeskItem): { readonly good: DeskAction; readonly bad: DeskAction } {
  return slot === 'capture'
    ? { good: 'captured', bad: 'refused' }
    : { good: 'ok', bad: 'declined' };
}

/** A decision on offer, and what it would do. */
export interface Suggestion {
  readonly action: DeskAction;
  readonly name: string;
  /** By how much it would change what is authorized or captured. */
  readonly effectYen: number;
  /** Japanese: what happens to the money and to the order. */
  readonly effect: string;
}

const SUGGESTED = 3;

export function suggestActions(item: DeskItem): Suggestion[] {
  return allowedActions(item)
    .slice(0, SUGGESTED)
    .map((action) => ({
      action,
      name: deskActionNames[action],
      effectYen: effectYen(action, item),
      effect: describeEffect(action, item),
    }));
}

/** By how much a decision changes what is authorized (`ok`) or captured (`captured`), in yen. */
export function effectYen(action: DeskAction, { amountYen }: DeskItem): number {
  return action === 'ok' || action === 'captured' ? (amountYen ?? 0) : 0;
}

function describeEffect(action: DeskAction, item: DeskItem): string {
  const yen = formatYen(item.amountYen ?? 0);
  switch (action) {
    case 'ok':
      return `オーソリOKとして確定: +${yen}が売上の対象になります。${warnOfAmount(item)}`;
    case 'declined':
      return `オーソリNGとして確定: ±0 円。${yen}は請求されず、NG の対応に移ります。`;
    case 'captured':
      return `売上済として確定: +${yen}が売上になります。${warnOfAmount(item)}`;
    case 'refused':
      return `売上NGとして確定: ±0 円。${yen}はオーソリOKに戻り、もう一度売上処理できます。`;
    case 'not_sent':
      return `未送信として確定: ±0 円。${yen}をもう一度ファイルに入れられます。二重に請求しないよう、ペイジェントに取引がないことを確かめてください。`;
    case 'voided_at_psp':
      return item.recorded === item.received
        ? `別の決済IDをペイジェントで取り消したと記録: ±0 円。${yen}は記録の決済IDで請求を続けます。`
        : `ペイジェントで取り消したと記録: ±0 円。${yen}は記録どおり請求されていない扱いで、対応を続けられます。`;
    case 'record_holds':
      return `記録が正しいと確認: ±0 円。届いた結果は無視し、${yen}の記録をそのまま使います。`;
    case 'acknowledge':
      return '記録して無視: ±0 円。この行は請求に含めません。理由が監査記録に残ります。';
    case 'other_file':
      return `別ファイル(${(item.knownIn ?? []).map(describeFile).join('、')})の行と確認: ±0 円。この行は請求に含めません。`;
    case 'inquire':
      return item.kind === 'contradiction' || item.kind === 'stray'
        ? 'ペイジェントに照会: ±0 円。照会中と記録し、確定するまで要確認のまま残します。'
        : '結果ファイルを待つ、またはペイジェントに照会: ±0 円。照会中と記録し、確定するまで要確認のまま残します。';
  }
}

/** Whoever confirms the amount that was sent must know that another one came back. */
function warnOfAmount({ reasons }: DeskItem): string {
  const amount = reasons.find(({ code }) => code === 'amountYen_differs');
  return amount === undefined
    ? ''
    : `ただし結果の金額は ${amount.returned || '(空)'} です。ペイジェント側の金額が送信どおりの場合だけ選んでください。`;
}

/** What an operator chose for one item. */
export interface DeskChoice {
  readonly item: string;
  readonly action: DeskAction;
  /** Why, in the operator's words. */
  readonly reason: string;
}

export interface AcceptedChoice<Item extends DeskItem = DeskItem> {
  readonly choice: DeskChoice;
  readonly item: Item;
}
export interface RefusedChoice {
  /** Its place among the choices, from 0. */
  readonly at: number;
  readonly item: string;
  readonly ja: string;
}

/** An earlier decision about an item, for whom comes later. */
export interface EarlierDecision {
  readonly action: string;
  readonly actor: string;
  /** ISO instant. */
  readonly decidedAt: string;
}

/** What of the chosen may be done. All of them or none: one refused refuses all. */
export function judgeChoices<Item extends DeskItem>(
  choices: readonly DeskChoice[],
  found: ReadonlyMap<string, Item>,
  earlier: ReadonlyMap<string, EarlierDecision>,
): {
  readonly accepted: readonly AcceptedChoice<Item>[];
  readonly refused: readonly RefusedChoice[];
} {
  const accepted: AcceptedChoice<Item>[] = [];
  const refused: RefusedChoice[] = [];
  const seen = new Set<string>();
  for (const [at, choice] of choices.entries()) {
    const item = found.get(choice.item);
    const ja = seen.has(choice.item)
      ? '同じ項目が2回指定されています'
      : findHindrance(choice, item, earlier.get(choice.item));
    seen.add(choice.item);
    if (ja === null && item !== undefined) accepted.push({ choice, item });
    else refused.push({ at, item: choice.item, ja: ja ?? '' });
  }
  return { accepted, refused };
}

function findHindrance(
  { item: name, action }: DeskChoice,
  item: DeskItem | undefined,
  earlier: EarlierDecision | undefined,
): string | null {
  if (parseDeskItem(name) === null) return '項目IDではありません';
  if (item === undefined) {
    return '要確認の項目にありません。締めた月、別の加盟店、または別の一覧のものです';
  }
  if (!item.open) {
    if (earlier === undefined) return '結果ファイルまたは別の操作で確定済みです';
    const name = deskActionNames[earlier.action as DeskAction] ?? earlier.action;
    return `${earlier.actor} が「${name}」と判断済みです`;
  }
  if (allowedActions(item).includes(action)) return null;
  const words = allowedActions(item).map((allowed) => deskActionNames[allowed]);
  return `「${deskActionNames[action]}」は選べません。${words.join('、')} のいずれかです`;
}

/** How many refused rows a sentence names; the others are counted. */
const NAMED = 20;

/** Why nothing was done, naming the rows. */
export function describeRefused(refused: readonly RefusedChoice[]): string {
  const named = refused.slice(0, NAMED).map(({ item, ja }) => `${item}: ${ja}`);
  const more = refused.length > NAMED ? `。ほか ${refused.length - NAMED} 件` : '';
  return `次の項目は確定できません: ${named.join('。')}${more}。何も変更していません。一覧を読み直してください。`;
}

/** What decisions would do, counted: what an operator confirms. */
export interface DecisionTotals extends RowsAndYen {
  /** By how much the authorized and captured yen would change. */
  readonly effectYen: number;
  readonly byAction: readonly (RowsAndYen & {
    readonly action: DeskAction;
    readonly name: string;
    readonly effectYen: number;
  })[];
}

export function sumDecisions(accepted: readonly AcceptedChoice[]): DecisionTotals {
  const byAction = DESK_ACTIONS.flatMap((action) => {
    const rows = accepted.filter(({ choice }) => choice.action === action);
    if (rows.length === 0) return [];
    return [
      {
        action,
        name: deskActionNames[action],
        rows: rows.length,
        yen: sum(rows.map(({ item }) => item.amountYen ?? 0)),
        effectYen: sum(rows.map(({ item }) => effectYen(action, item))),
      },
    ];
  });
  return {
    rows: accepted.length,
    yen: sum(byAction.map(({ yen }) => yen)),
    effectYen: sum(byAction.map((one) => one.effectYen)),
    byAction,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
