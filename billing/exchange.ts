import type { RowsAndYen } from './cycle.ts';
import { describeHeldBack } from './exchange-admission.ts';

/** The kinds of file that go to a PSP and come back. */
export const EXCHANGE_KINDS = ['auth', 'capture', 'retry', 'link', 'refresh'] as const;
export type ExchangeKind = (typeof EXCHANGE_KINDS)[number];

export const EXCHANGE_STAGES = [
  'built',
  'handing_over',
  'awaiting_result',
  'reconciling',
  'unknown',
  'reconciled',
  'rejected',
  'cancelled',
] as const;
export type ExchangeStage = (typeof EXCHANGE_STAGES)[number];

/** Stages after which nothing more happens to a file. */
export const FINISHED_EXCHANGE_STAGES = ['reconciled', 'rejected', 'cancelled'] as const;

export function isFinishedExchange(stage: ExchangeStage): boolean {
  return (FINISHED_EXCHANGE_STAGES as readonly ExchangeStage[]).includes(stage);
}

/** One line of a format check, as the portal's screen shows it. */
export interface FormatError {
  readonly part: 'header' | 'data' | 'trailer';
  /** Physical line in the file; null where the screen names none. */
  readonly line: number | null;
  readonly item: string;
  readonly content: string;
}

/** The portal shows the first 51 errors and no more [manual]: as many recorded may mean more. */
export const SHOWN_FORMAT_ERRORS = 51;

/** What an exchange's workflow needs to know to choose its next step. */
export interface ExchangeFacts {
  readonly stage: ExchangeStage;
  readonly acceptanceNumber: string | null;
  /** Whether the PSP said that it has processed the file. */
  readonly completed: boolean;
  /** Lines without a definite outcome, once a result has come; 0 before. */
  readonly unsettled: number;
  /** ISO instant since which it waits where it stands. */
  readonly waitsSince: string;
  readonly attention: boolean;
  /** Who carries it, and of a machine when it acts next (billing/exchange-transport.ts). */
  readonly transport: 'portal' | 'telegram' | 'sftp';
  readonly dueAt: string | null;
  readonly note: string | null;
  readonly sendOpen: boolean;
}

/** An upload in a browser that has no answer by then has failed: 10 MB take ten minutes at most. */
export const SEND_LIMIT_MINUTES = 10;
/** What the PSP took just in time shows in its lists a while later (spec 1.5). */
export const UNCLEAR_WAIT_MINUTES = 15;

/**
 * From when on "it is not there" says anything about an upload that was reported as unclear.
 *
 * @param unclearAt ISO instant on the business clock
 */
export function absenceCountsFrom(unclearAt: string): string {
  const waitMinutes = SEND_LIMIT_MINUTES + UNCLEAR_WAIT_MINUTES;
  return new Date(Date.parse(unclearAt) + waitMinutes * 60_000).toISOString();
}

/** What a result said in one round, in rows and in yen: sent = ok + ng + unknown + quarantined. */
export interface ResultSummary {
  /** The how-manieth result file of the exchange, from 1. */
  readonly round: number;
  readonly sent: RowsAndYen;
  readonly ok: RowsAndYen;
  readonly ng: RowsAndYen;
  readonly unknown: RowsAndYen;
  readonly quarantined: RowsAndYen;
  /** Rows that answer no sent line. */
  readonly strays: number;
  /** Lines without a definite outcome on record: what a person must still settle. */
  readonly unsettled: number;
}

/** What a file that was ingested said, in whose month it may be too late for the record. */
export interface IngestedResult extends Omit<ResultSummary, 'round'> {
  /** Null: its month is closed and stays as it is. */
  readonly round: number | null;
  /** What the act added beside the record of a closed month; null: the file is in the record. */
  readonly corrections: RowsAndYen | null;
}

/** A way to name an exchange to people: 2026-11 auth 001. */
export interface ExchangeName {
  readonly billingMonth: string;
  readonly kind: ExchangeKind;
  readonly number: number;
}

/** The name of the file that an operator downloads. */
export function exchangeFileName(name: ExchangeName): string {
  return `${name.kind}-${name.billingMonth}-${String(name.number).padStart(3, '0')}.csv`;
}

/** What the exchange waits for, as an operator reads it. */
export function describeExchange(
  stage: ExchangeStage,
  unsettled: number,
  formatErrors = 0,
): string {
  switch (stage) {
    case 'built':
      return describeHeldBack(null);
    case 'handing_over':
      return 'ファイルをダウンロードしてペイジェントオンラインにアップロードし、受付番号を記録してください。';
    case 'awaiting_result':
      return unsettled > 0
        ? `結果を取り込みましたが、${unsettled} 件が要確認です。訂正された結果ファイルを取り込むか、「要確認」で確定してください。`
        : '処理完了メールと結果ファイルを待っています。';
    case 'reconciling':
      return '結果ファイルを照合しています。';
    case 'unknown':
      return 'アップロードできたかどうか不明です。もう一度アップロードせず、ペイジェントの一覧で日時・取引種別・件数を確かめてください。受け付けられていれば受付番号を、受け付けられていないと確認できたら「未送信」を、理由とともに記録してください。';
    case 'reconciled':
      return '照合が完了しました。';
    case 'rejected':
      return `書式エラーで受け付けられませんでした。請求は行われていません。原因を取り除き、ファイルを作り直してください。${
        formatErrors >= SHOWN_FORMAT_ERRORS
          ? `画面に表示されるのは先頭の ${SHOWN_FORMAT_ERRORS} 件までです。ほかにもエラーがある可能性があります。`
          : ''
      }`;
    case 'cancelled':
      return '取り消されました。';
  }
}
