import type { BusinessCalendar } from './business-calendar.ts';
import {
  addDays,
  type BusinessDate,
  businessDateOf,
  parseBusinessDate,
  startOfBusinessDate,
} from './business-date.ts';
import type { CardBrand } from './card-service.ts';
import { type DeclineClass, declineLabels } from './decline.ts';
import { type LimitKind, NEVER_RETRIED_AS_IS, type PlannedStep } from './ng-case.ts';
import type { NgSettings } from './ng-settings.ts';
import { earliestWithinBudget, type RetryUsage } from './retry-budget.ts';

/** What the plan of a case follows from. */
export interface NgCaseFacts {
  readonly class: DeclineClass;
  /** As the PSP gave it; null where nothing came. */
  readonly code: string | null;
  readonly limitKind: LimitKind | null;
  /** ISO instant. */
  readonly openedAt: string;
  /** Retries of the order in its month so far. */
  readonly retries: number;
  /** How often the case's customer was asked so far. */
  readonly contacts: number;
  /** Whether a new card or registration was recorded since the latest decline. */
  readonly registered: boolean;
  /** Whether the time of notice of a carry-over is over since the latest decline. */
  readonly noticed: boolean;
  /** Null: the cards table does not know it, the strictest budget holds. */
  readonly brand: CardBrand | null;
  readonly usage: RetryUsage;
}

export interface PlanningContext {
  readonly settings: NgSettings;
  readonly calendar: BusinessCalendar;
  /** ISO instant. */
  readonly now: string;
}

/** A retry or a mail lies at least so long before a case is given up: its answer has to come back. */
const ANSWER_DAYS = 7;

/**
 * The plan of a declined charge, in the order of its steps: pure, so that the same case is planned the
 * same way wherever it is asked. Steps of the desk lie on business days, at the hour of the wave, and
 * never before `now`; a step of a person has no day and is the last.
 */
export function planCase(of: NgCaseFacts, context: PlanningContext): PlannedStep[] {
  if (of.class === 'unknown') {
    const why = `NGの理由(コード ${of.code ?? 'なし'})が分類表にありません。推測では処理せず、担当者の判断を待ちます。分類を指定してください。`;
    return [{ step: 'decide', dueAt: null, why }];
  }
  if (of.class === 'bad_request') {
    const why = `${name(of)}のため再オーソリしません。注文・登録データを確かめて直し、再オーソリを指示してください。`;
    return [{ step: 'fix_data', dueAt: null, why }];
  }
  if (of.class === 'limit_exceeded' && of.limitKind === 'monthly') {
    return planCarryOver(of, '1か月の利用限度額の超過のため、', context);
  }
  const contact = of.contacts === 0 && contactsFirst(of) ? [firstContact(of, context)] : [];
  const retry = planRetry(of, context);
  if (retry !== null) {
    return [...contact, retry, lastStep(of, context, retry.dueAt)].sort(byDueDate);
  }
  const asked = contact.length > 0 || of.contacts > 0 ? contact : [firstContact(of, context)];
  const again = asked.length === 0 ? [] : [secondContact(context)];
  const steps = [...asked, ...again];
  return [...steps, lastStep(of, context, steps.at(-1)?.dueAt ?? null)];
}

/** The plan of a case whose retry a person has set on a day. */
export function planRetryOn(
  of: NgCaseFacts,
  dueAt: string,
  context: PlanningContext,
): PlannedStep[] {
  const why = `担当者の指示により、${businessDateOf(dueAt)} に再オーソリします。`;
  return [{ step: 'retry', dueAt, why }, lastStep(of, context, dueAt)];
}

/**
 * The plan of a case that is carried over: the customer is told first, and only an order that is billed
 * after the time of notice takes the charge over.
 *
 * @param cause why it is carried over: the beginning of a Japanese sentence
 */
export function planCarryOver(
  { noticed }: Pick<NgCaseFacts, 'noticed'>,
  cause: string,
  context: PlanningContext,
): PlannedStep[] {
  const { noticeDays, waitDays } = context.settings.carryOver;
  const waveAfter = (instant: string, days: number) =>
    nextWave(startOfBusinessDate(addDays(businessDateOf(instant), days)), context);
  const told = nextWave(context.now, context);
  const readyAt = noticed ? context.now : waveAfter(told, noticeDays);
  const notice: PlannedStep[] = [
    {
      step: 'contact',
      dueAt: told,
      why: `${cause}翌月の請求にまとめること(繰越)を、${businessDateOf(told)} に顧客へ連絡します。`,
    },
    {
      step: 'carry_over',
      dueAt: readyAt,
      why: `連絡から ${noticeDays} 日たった ${businessDateOf(readyAt)} 以降の請求で、翌月の注文と合算します。`,
    },
  ];
  const untilAt = waveAfter(readyAt, waitDays);
  return [
    ...(noticed ? [] : notice),
    {
      step: 'await_order',
      dueAt: untilAt,
      why: `翌月の受注待ちです。次に請求する注文と合算し、${businessDateOf(untilAt)} までになければ担当者に戻します。`,
    },
    {
      step: 'decide',
      dueAt: null,
      why: `翌月の注文が ${businessDateOf(untilAt)} までに請求されなかったため、繰越していません。再オーソリ・断念などを指示するか、もう一度「翌月へ繰越」を指示してください。`,
    },
  ];
}

/** A wave of the desk: the first at or after an instant, on a business day. */
export function nextWave(instant: string, { settings, calendar }: PlanningContext): string {
  for (let date = businessDateOf(instant); ; date = calendar.nextBusinessDay(date)) {
    const wave = waveOn(date, settings);
    if (calendar.isBusinessDay(date) && Date.parse(wave) >= Date.parse(instant)) return wave;
  }
}

/** The instant of the wave of a date. */
export function waveOn(date: BusinessDate, { waveAt }: Pick<NgSettings, 'waveAt'>): string {
  const [hours = 0, minutes = 0] = waveAt.split(':').map(Number);
  const atMs = Date.parse(startOfBusinessDate(date)) + (hours * 60 + minutes) * 60_000;
  return new Date(atMs).toISOString();
}

/** The retry that the class calls for; null when the card must not or may no more be tried. */
function planRetry(of: NgCaseFacts, context: PlanningContext): PlannedStep | null {
  const { settings, now } = context;
  if (of.retries >= settings.maxRetries) return null;
  const wanted = wantedRetry(of, context);
  if (wanted === null) return null;
  const allowedAt = earliestWithinBudget(of.brand, of.usage, wanted.at, now);
  const dueAt = nextWave(allowedAt, context);
  const moved =
    Date.parse(allowedAt) > Date.parse(wanted.at)
      ? `国際ブランドの再試行回数の上限のため、${businessDateOf(dueAt)} まで遅らせます。`
      : '';
  const count = `(${settings.maxRetries} 回中 ${of.retries + 1} 回目)`;
  const why = `${wanted.why}${businessDateOf(dueAt)} に再オーソリします${count}。${moved}`;
  return { step: 'retry', dueAt, why };
}

/** When the class wants the retry, and why, up to the date. */
function wantedRetry(
  of: NgCaseFacts,
  context: PlanningContext,
): { readonly at: string; readonly why: string } | null {
  const { settings, calendar, now } = context;
  const today = businessDateOf(now);
  const after = (days: number) =>
    nextWave(waveOn(calendar.addBusinessDays(today, days), settings), context);
  if (of.registered) {
    return { at: nextWave(now, context), why: '新しいカード・登録が記録されたため、' };
  }
  if (NEVER_RETRIED_AS_IS.includes(of.class)) return null;
  switch (of.class) {
    case 'limit_exceeded':
      return of.limitKind === 'daily'
        ? { at: after(1), why: '1日の利用限度額の超過のため、翌営業日の ' }
        : {
            at: afterLimitReset(context),
            why: `${name(of)}のため、限度額が戻る日(毎月 ${settings.limitResetDays.join('・')} 日)以降の営業日 `,
          };
    case 'insufficient_funds': {
      const { payday, at } = afterPayday(context);
      return { at, why: `${name(of)}のため、給料日(${payday})の翌営業日 ` };
    }
    case 'held':
      return {
        at: after(settings.heldRetryDays),
        why: `${name(of)}のため、${settings.heldRetryDays} 営業日後の `,
      };
    case 'system':
      return {
        at: after(settings.systemRetryDays),
        why: `${name(of)}のため、${settings.systemRetryDays} 営業日後の `,
      };
    default:
      return null;
  }
}

function afterLimitReset(context: PlanningContext): string {
  const today = businessDateOf(context.now);
  const date = daysOfMonths(today, context.settings.limitResetDays).find((day) => day > today);
  if (date === undefined) throw new Error('every month has such a day');
  return nextWave(waveOn(date, context.settings), context);
}

/** The business day after the next payday: salaries are on the account by then. */
function afterPayday(context: PlanningContext): { payday: BusinessDate; at: string } {
  const { settings, calendar, now } = context;
  for (const day of daysOfMonths(businessDateOf(now), settings.paydays)) {
    const payday = calendar.applyRule(day, 'previous');
    const at = waveOn(calendar.nextBusinessDay(payday), settings);
    if (Date.parse(at) > Date.parse(now)) return { payday, at };
  }
  throw new Error('every month has a payday');
}

/** The days of the month before, of this month and the two after, in order; 31 is the last day. */
function daysOfMonths(today: BusinessDate, days: readonly number[]): BusinessDate[] {
  const [year, month] = today.split('-').map(Number) as [number, number];
  const found = new Set<BusinessDate>();
  for (const offset of [-1, 0, 1, 2]) {
    const index = year * 12 + (month - 1) + offset;
    const start = `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
    for (const day of days) found.add(dayWithin(start, day));
  }
  return [...found].sort();
}

function dayWithin(month: string, day: number): BusinessDate {
  for (let last = day; ; last -= 1) {
    const date = parseBusinessDate(`${month}-${String(last).padStart(2, '0')}`);
    if (date !== null) return date;
  }
}

/** Whether the customer is told before anything else: of what only the customer can put right. */
function contactsFirst({ class: name, registered }: NgCaseFacts): boolean {
  return !registered && name !== 'held' && name !== 'system';
}

function firstContact(of: NgCaseFacts, context: PlanningContext): PlannedStep {
  const dueAt = nextWave(context.now, context);
  const why = `${name(of)}です。${businessDateOf(dueAt)} に顧客へ連絡します。`;
  return { step: 'contact', dueAt, why };
}

function secondContact(context: PlanningContext): PlannedStep {
  const { askAgainAfterDays } = context.settings;
  const first = businessDateOf(nextWave(context.now, context));
  const dueAt = nextWave(startOfBusinessDate(addDays(first, askAgainAfterDays)), context);
  const why = `返答がなければ、${businessDateOf(dueAt)} に顧客へもう一度連絡します。`;
  return { step: 'contact', dueAt, why };
}

/** What happens when nothing else has brought the money in. */
function lastStep(of: NgCaseFacts, context: PlanningContext, lastAt: string | null): PlannedStep {
  const { giveUpAfterDays } = context.settings;
  if (giveUpAfterDays === null) {
    const why = '自動で断念しない設定のため、入金がなければ担当者の判断を待ちます。';
    return { step: 'decide', dueAt: null, why };
  }
  const earliest = addDays(businessDateOf(of.openedAt), giveUpAfterDays);
  // Whatever was asked for last gets the time for an answer, also when the set day has long passed.
  const answered = addDays(businessDateOf(lastAt ?? context.now), ANSWER_DAYS);
  const [date = earliest] = [earliest, answered].sort().reverse();
  const dueAt = nextWave(startOfBusinessDate(date), context);
  const why = `入金がなければ、${businessDateOf(dueAt)} に請求を断念し、ショップに通知します。`;
  return { step: 'give_up', dueAt, why };
}

const name = ({ class: declined, code }: NgCaseFacts) =>
  `${declineLabels[declined]}${code === null ? '' : `(${code})`}`;

/** Steps of people last: they have no day. */
function byDueDate(one: PlannedStep, other: PlannedStep): number {
  if (one.dueAt === null || other.dueAt === null) return one.dueAt === null ? 1 : -1;
  return Date.parse(one.dueAt) - Date.parse(other.dueAt);
}
