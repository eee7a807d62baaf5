import { type BillingMonth, compareBillingMonths, nextBillingMonth } from './billing-month.ts';
import { businessDateOf, formatJstMinute, startOfBusinessDate } from './business-date.ts';
import { laterInstant } from './instant.ts';

/**
 * 洗替, the monthly refresh of a merchant's cards (account updater): where it stands, what the machine
 * does next, and what operators read of it.
 */

/**
 * `planned`: the connection is tried until the request leaves. `built`: the request is stored and not
 * sent. `unknown`: nobody knows whether it arrived. `done`: every card is judged, or a person has
 * closed the month. `not_run`: no request left this month.
 */
export const REFRESH_STAGES = [
  'planned',
  'built',
  'unknown',
  'awaiting_result',
  'done',
  'not_run',
] as const;
export type RefreshStage = (typeof REFRESH_STAGES)[number];

/** 洗替判定結果 (manual 004). */
export const refreshVerdictsJa = {
  0: '有効性OK',
  1: '有効性NG',
  2: '照合エラー',
  3: '入力データエラー',
} as const;
export type RefreshVerdict = keyof typeof refreshVerdictsJa;

/**
 * What a verdict did. `no_newer_data`: valid, but the card expires and the issuer gave no newer data,
 * so it is not renewed. `card_changed`, `card_gone`: it was replaced or deleted since it was asked for.
 */
export const REFRESH_OUTCOMES = [
  'renewed',
  'valid',
  'no_newer_data',
  'refused',
  'card_changed',
  'card_gone',
] as const;
export type RefreshOutcome = (typeof REFRESH_OUTCOMES)[number];

export const REFRESH_QUARANTINE_REASONS = [
  'unmatched',
  'doubled',
  'other_month',
  'bad_verdict',
  'bad_columns',
  'bad_data',
  'unreadable',
] as const;
export type RefreshQuarantineReason = (typeof REFRESH_QUARANTINE_REASONS)[number];

/** Why a card is asked for. */
export type RefreshWhy = 'first_refresh' | 'expires_this_month' | 'expires_next_month';

/** Cards, after the newest result file: targets = judged + missing, lines = merged + quarantined. */
export interface RefreshCounts {
  readonly targets: number;
  /** Of the file. */
  readonly lines: number;
  readonly merged: number;
  /** Of the merged lines, those that said what was not known before. */
  readonly news: number;
  readonly quarantined: number;
  readonly missing: number;
  /** The newest judgements of all targets, by what they did. */
  readonly renewed: number;
  readonly valid: number;
  readonly noNewerData: number;
  readonly cardChanged: number;
  readonly cardGone: number;
  /** Those with verdicts 1, 2 and 3 that lock their card. */
  readonly invalid: number;
  readonly mismatched: number;
  readonly inputErrors: number;
}

/** What the workflow knows of a month's refresh. */
export interface RefreshFacts {
  readonly month: BillingMonth;
  readonly stage: RefreshStage;
  /** A person should look. */
  readonly attention: boolean;
  /** What it was hindered by, for operators. */
  readonly note: string | null;
  /** ISO instant at which the request is to leave. */
  readonly requestAt: string;
  /** ISO instant of the machine's next act; null = when the stage says. */
  readonly dueAt: string | null;
  /** Whether a sending was begun of which no answer is on record. */
  readonly sendOpen: boolean;
  readonly targets: number;
  /** Of the newest result file; null before the first. */
  readonly counts: RefreshCounts | null;
}

export function isFinishedRefresh(stage: RefreshStage): boolean {
  return stage === 'done' || stage === 'not_run';
}

/** What the machine does next with a refresh. */
export type RefreshStep = 'check' | 'build' | 'send' | 'note-unclear' | 'inquire' | 'look' | 'wait';

/** The next act of the machine, and when: an instant, or null for at once. */
export function planRefresh(facts: RefreshFacts): { step: RefreshStep; at: string | null } {
  const { stage, dueAt, requestAt, sendOpen } = facts;
  switch (stage) {
    case 'planned':
      return dueAt !== null && Date.parse(dueAt) < Date.parse(requestAt)
        ? { step: 'check', at: dueAt }
        : { step: 'build', at: laterInstant(dueAt, requestAt) };
    case 'built':
      return sendOpen ? { step: 'note-unclear', at: null } : { step: 'send', at: dueAt };
    case 'unknown':
      return { step: 'inquire', at: dueAt };
    case 'awaiting_result':
      return { step: 'look', at: laterInstant(dueAt, refreshResultDueAt(facts.month)) };
    default:
      return { step: 'wait', at: null };
  }
}

/** When the results of a month are due: the 27th, 00:00 in Japan (manual 004). */
export function refreshResultDueAt(month: BillingMonth): string {
  return startOfBusinessDate(`${month}-27`);
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const later = (instant: string, ms: number) => new Date(Date.parse(instant) + ms).toISOString();

/** When a result counts as late, and people are told. */
export function refreshLateAt(month: BillingMonth, lateDays: number): string {
  return later(refreshResultDueAt(month), lateDays * DAY_MS);
}

/** Until when a request that cannot leave is tried again: never into the day of the results. */
export function refreshSendDeadline(
  { month, requestAt }: Pick<RefreshFacts, 'month' | 'requestAt'>,
  sendWithinDays: number,
): string {
  const own = later(requestAt, sendWithinDays * DAY_MS);
  const due = refreshResultDueAt(month);
  return Date.parse(own) < Date.parse(due) ? own : due;
}

/** The next try of a connection that is tried before the request leaves; null = none before it. */
export function nextRefreshCheckAt(requestAt: string, now: string): string | null {
  const next = later(now, DAY_MS);
  return Date.parse(next) < Date.parse(requestAt) ? next : null;
}

/**
 * When a result is looked for next: while it is still being written in a minute, in the first days as
 * the settings say, later every hour; one that has left cards open is corrected within days.
 */
export function nextRefreshLookAt(of: {
  readonly month: BillingMonth;
  readonly now: string;
  readonly pollMinutes: number;
  readonly lateDays: number;
  readonly settling: boolean;
  readonly answered: boolean;
}): string {
  const { month, now, pollMinutes, lateDays, settling, answered } = of;
  if (settling) return later(now, MINUTE_MS);
  if (answered) return later(now, 6 * HOUR_MS);
  const late = Date.parse(now) >= Date.parse(refreshLateAt(month, lateDays));
  return later(now, late ? 6 * HOUR_MS : pollMinutes * MINUTE_MS);
}

/**
 * When a request may leave that a person starts: at once in its own month, on its first day in the
 * month before; null = no more, or not yet: results of the month are due, or it is too far ahead.
 */
export function refreshStartAt(month: BillingMonth, now: string): string | null {
  const current = businessDateOf(now).slice(0, 7);
  if (compareBillingMonths(month, current) === 0) {
    return Date.parse(now) < Date.parse(refreshResultDueAt(month)) ? now : null;
  }
  return month === nextBillingMonth(current) ? startOfBusinessDate(`${month}-01`) : null;
}

const count = (n: number) => n.toLocaleString('en-US');

/** What a month's refresh waits for or came to, as operators read it. */
export function describeRefresh(facts: RefreshFacts): string {
  const { month, stage, targets, counts } = facts;
  const note = facts.note ?? '';
  const { at } = planRefresh(facts);
  const next = at === null ? '' : `次回は ${formatJstMinute(at)} です。`;
  switch (stage) {
    case 'planned':
      return note === ''
        ? `${formatJstMinute(facts.requestAt)} に洗替を依頼します。それまで毎日、接続を確かめます。`
        : `洗替はまだ依頼していません。${note}${next}`;
    case 'built':
      if (facts.sendOpen) return '洗替依頼ファイルを送信しています。';
      return note === ''
        ? `洗替依頼ファイル（${count(targets)} 件）を作成しました。まもなく送信します。`
        : `洗替依頼ファイルは送信されていません。${note}自動で再送します。${next}`;
    case 'unknown':
      return `洗替依頼ファイルを送信できたかどうか不明です。${note}再送はせず、自動で照会しています。${next}急ぐ場合はGMOペイメントゲートウェイに確認し、届いていたかどうかを理由とともに記録してください。`;
    case 'awaiting_result':
      if (counts !== null) return `${describeRefreshCounts(counts)}${note}${next}`;
      return `洗替を依頼しました（${count(targets)} 件）。結果は ${month}-27 の0時以降に届きます。${note}${next}`;
    case 'done':
      return counts === null
        ? `結果を取り込まずに終了しました。${note}カードは変更していません。`
        : `${describeRefreshCounts(counts)}${note}`;
    case 'not_run':
      return `${month} の洗替は実施していません。${note}`;
  }
}

/** What a result came to, in a sentence or two. */
export function describeRefreshCounts(of: RefreshCounts): string {
  const locked = of.invalid + of.mismatched + of.inputErrors;
  const parts = [
    `有効 ${count(of.valid)} 件`,
    `更新 ${count(of.renewed)} 件`,
    `更新データなし ${count(of.noNewerData)} 件`,
    `請求停止 ${count(locked)} 件（有効性NG ${count(of.invalid)}、照合エラー ${count(of.mismatched)}、入力データエラー ${count(of.inputErrors)}）`,
  ];
  if (of.cardChanged + of.cardGone > 0) {
    parts.push(`依頼後に変更・削除 ${count(of.cardChanged + of.cardGone)} 件`);
  }
  const open = [
    ...(of.missing > 0 ? [`結果のないカードが ${count(of.missing)} 件あります。`] : []),
    ...(of.quarantined > 0
      ? [`照合できない行 ${count(of.quarantined)} 件を隔離しました（カードは変更していません）。`]
      : []),
  ];
  return `洗替結果を取り込みました（対象 ${count(of.targets)} 件）: ${parts.join('、')}。${open.join('')}`;
}
