import { formatJstMinute } from './business-date.ts';
import { describeExchange, type ExchangeStage } from './exchange.ts';

/**
 * Who carries a file: an operator over the PSP's portal, or a machine. When a machine acts next, and
 * what operators read of it meanwhile.
 */
export const TRANSPORTS = ['portal', 'telegram', 'sftp'] as const;
export type ExchangeTransport = (typeof TRANSPORTS)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a machine knows of a file that it carries. */
export interface CarriedFile {
  readonly transport: ExchangeTransport;
  readonly stage: ExchangeStage;
  readonly attention: boolean;
  /** ISO instant; null = now, or never again by itself (`attention`). */
  readonly dueAt: string | null;
  /** Whether a sending was begun of which no answer is on record. */
  readonly sendOpen: boolean;
}

/** What the machine does next with a file; `wait` = nothing before its row changes. */
export type MachineAct = 'send' | 'note-unclear' | 'inquire' | 'look' | 'wait';

/**
 * The next act of the machine, and when: an instant, or null for at once.
 *
 * A sending without an answer is never followed by another one: it becomes unclear, and asking settles
 * it.
 */
export function planCarriage(file: CarriedFile): { act: MachineAct; at: string | null } {
  const { transport, stage, attention, dueAt: at, sendOpen } = file;
  const wait = { act: 'wait', at: null } as const;
  if (transport === 'portal') return wait;
  switch (stage) {
    case 'built':
      return at === null && attention ? wait : { act: 'send', at };
    case 'handing_over':
      if (sendOpen) return { act: 'note-unclear', at: null };
      return at === null && attention ? wait : { act: 'send', at };
    case 'unknown':
      return { act: 'inquire', at };
    case 'awaiting_result':
      return { act: 'look', at };
    default:
      return wait;
  }
}

/** The sending after which a person is told that files do not leave: the first hiccups pass. */
export const TOLD_AFTER_SENDS = 3;

/**
 * When a file is sent again that surely did not arrive: soon at first, then hourly.
 *
 * @param sendNumber of the sending that failed, from 1
 */
export function nextSendAt(sendNumber: number, now: string): string {
  const minutes = [1, 5, 15][sendNumber - 1] ?? 60;
  return later(now, minutes * MINUTE_MS);
}

/** When an unclear sending is asked for next: 1, 5 and 15 minutes after it became so, then hourly. */
export function nextInquiryAt(unclearAt: string, now: string): string {
  const passedMs = Date.parse(now) - Date.parse(unclearAt);
  const early = [1, 5, 15].map((minutes) => minutes * MINUTE_MS).find((ms) => ms > passedMs);
  return early === undefined ? later(now, HOUR_MS) : later(unclearAt, early);
}

/**
 * When a result is looked for next: the pause grows with the time that has passed since the file was
 * taken, up to an hour. While a result is still being written, a minute; once one has left lines open,
 * a corrected one is looked for from hourly to daily.
 */
export function nextLookAt(of: {
  readonly acceptedAt: string;
  readonly now: string;
  readonly pollMinutes: number;
  readonly settling: boolean;
  readonly answered: boolean;
}): string {
  const { acceptedAt, now, pollMinutes, settling, answered } = of;
  if (settling) return later(now, MINUTE_MS);
  const passedMs = Date.parse(now) - Date.parse(acceptedAt);
  if (answered) return later(now, Math.min(Math.max(passedMs, HOUR_MS), DAY_MS));
  return later(now, Math.min(Math.max(passedMs, pollMinutes * MINUTE_MS), HOUR_MS));
}

/**
 * Until when a machine may send a file by itself: an order that was approved long ago, or a window
 * that has closed, is looked at by a person first.
 *
 * @param captureBefore of a capture file, when the first of its windows closes: the PSP would refuse that
 *   line; else null
 */
export function sendDeadline(
  createdAt: string,
  sendWithinDays: number,
  captureBefore: string | null,
): string {
  const own = later(createdAt, sendWithinDays * DAY_MS);
  if (captureBefore === null || Date.parse(own) < Date.parse(captureBefore)) return own;
  return new Date(captureBefore).toISOString();
}

/** What a file waits for, whoever carries it, as an operator reads it. */
export function describeCarriage(
  file: CarriedFile & { readonly note: string | null },
  unsettled: number,
  formatErrors = 0,
): string {
  const { transport, stage, attention, dueAt, sendOpen } = file;
  const otherwise = describeExchange(stage, unsettled, formatErrors);
  if (transport === 'portal') return otherwise;
  const note = file.note ?? '';
  const next = dueAt === null ? '' : `次回は ${formatJstMinute(dueAt)} です。`;
  switch (stage) {
    case 'built':
    case 'handing_over':
      if (sendOpen) return 'ファイルを自動で送信しています。';
      if (note === '') return 'ファイルを作成しました。まもなく自動で送信します。';
      if (dueAt === null && attention) {
        return `ファイルは送信されていません。${note}自動では送信しません。内容を確かめ、取り下げて作り直してください。`;
      }
      return `ファイルは送信されていません。${note}自動で再送します。${next}`;
    case 'unknown':
      return `送信できたかどうか不明です。${note}再送はせず、自動で照会しています。${next}急ぐ場合はペイジェントに確認し、受け付けられていれば受付番号を、受け付けられていないと確認できたら「未送信」を、理由とともに記録してください。`;
    case 'awaiting_result':
      if (unsettled > 0) return otherwise;
      return `ファイルを送信しました。結果ファイルを自動で確認しています。${note}${next}`;
    default:
      return otherwise;
  }
}

function later(instant: string, ms: number): string {
  return new Date(Date.parse(instant) + ms).toISOString();
}
