import { createHash } from 'node:crypto';
import { nextLookAt } from '../billing/exchange-transport.ts';
import { type Exchange, hasResult } from '../db/queries/exchanges.ts';
import { FileRefusedError, FileTooLargeError } from '../db/queries/files.ts';
import { findResultRound } from '../db/queries/result-file.ts';
import { noteCarriage } from '../db/queries/sends.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { ReadExchange } from './acts.ts';
import { type Carriage, openCarriage, tellOfFile } from './carriage.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { MAX_RESULT_BYTES } from './sftp-transport.ts';
import { storeFetched } from './store-fetched.ts';
import type { Fetched } from './transport.ts';

export function createFetchResultActivities(deps: ActivityDependencies) {
  return {
    /**
     * Looks for the result of a file and stores what is new through the card-number guard.
     * @returns the sha256 of what the month has not read; null = nothing yet
     */
    async fetchResultFile(of: ReadExchange): Promise<{ sha256: string | null }> {
      const carriage = await openCarriage(deps, of);
      const { exchange, transport, file } = carriage;
      if (exchange.stage !== 'awaiting_result') return { sha256: null };
      const fetched: Fetched =
        transport instanceof OutsideError
          ? { kind: 'failed', why: transport.ja }
          : await withHeartbeat(() => transport.fetchResult(file));
      const taken = await takeResult(deps, carriage, fetched, of.now);
      const dueAt = nextLookAt({
        acceptedAt: exchange.acceptedAt ?? exchange.createdAt,
        now: of.now,
        pollMinutes: carriage.settings.paygent.resultPollMinutes,
        settling: fetched.kind === 'waiting' && fetched.settling === true,
        answered: await hasResult(deps.db, carriage.merchant.id, exchange.id),
      });
      const { id: exchangeId, stage } = exchange;
      const carried = { exchangeId, stage, dueAt, note: taken.note };
      await noteCarriage(deps.db, carriage.merchant.id, carried);
      return { sha256: taken.sha256 };
    },

    /** A result that was fetched is not this file's: people are told once, and looking goes on. */
    async noteWrongResult(of: ReadExchange & { sha256: string; why: string }): Promise<void> {
      const { merchant, exchange } = await openCarriage(deps, of);
      if (exchange.stage !== 'awaiting_result') return;
      const note = `届いた結果ファイルは取り込めませんでした。${of.why}`;
      const { id: exchangeId, stage, dueAt } = exchange;
      await noteCarriage(deps.db, merchant.id, { exchangeId, stage, dueAt, note });
      const occasion = `wrong-result-${of.sha256.slice(0, 16)}`;
      await tellOfFile(deps, merchant, of.exchange, { occasion, sentence: note, now: of.now });
    },
  };
}

interface Taken {
  readonly sha256: string | null;
  readonly note: string | null;
}

async function takeResult(
  deps: ActivityDependencies,
  carriage: Carriage,
  fetched: Fetched,
  now: string,
): Promise<Taken> {
  if (fetched.kind === 'failed') return { sha256: null, note: fetched.why };
  if (fetched.kind === 'waiting') return { sha256: null, note: null };
  if (fetched.kind === 'refused') return await takeRefusal(deps, carriage, fetched, now);
  const { merchant, exchange } = carriage;
  try {
    const reply = { ...fetched, kind: kindOfResult(exchange) };
    const stored = await storeFetched(deps, carriage, {
      ...reply,
      maxBytes: MAX_RESULT_BYTES,
      now,
    });
    const key = { exchangeId: exchange.id, fileId: stored.fileId };
    const known = await findResultRound(deps.db, merchant.id, key);
    return { sha256: known === undefined ? stored.sha256 : null, note: null };
  } catch (error) {
    if (error instanceof OutsideError) return { sha256: null, note: error.ja };
    const note = explainRefusal(error);
    if (note === null) throw error;
    const occasion = `result-refused-${createHash('sha256').update(note).digest('hex').slice(0, 16)}`;
    await tellOfFile(deps, merchant, exchange, { occasion, sentence: note, now });
    return { sha256: null, note };
  }
}

/**
 * Keeps what the PSP says of a file that it could not read, and tells people. Nobody knows the layout of
 * such a notice: a person reads it and records the format errors, as after an upload at the portal.
 */
async function takeRefusal(
  deps: ActivityDependencies,
  carriage: Carriage,
  fetched: Extract<Fetched, { kind: 'refused' }>,
  now: string,
): Promise<Taken> {
  const { merchant, exchange } = carriage;
  const tell = async (occasion: string, note: string): Promise<Taken> => {
    await tellOfFile(deps, merchant, exchange, { occasion, sentence: note, now });
    return { sha256: null, note };
  };
  try {
    const { sha256 } = await storeFetched(deps, carriage, {
      ...fetched,
      ...{ kind: NOTICE_KIND, maxBytes: MAX_RESULT_BYTES, now },
    });
    return await tell(
      `format-errors-${sha256.slice(0, 16)}`,
      `送信先が書式エラーの通知 ${fetched.fileName} を返しました。このファイルの請求は処理されていない見込みです。通知(ファイル ${sha256})の内容を確かめ、「書式エラー」として記録してから、原因を直してファイルを作り直してください。記録するまで、請求は別のファイルに入りません。`,
    );
  } catch (error) {
    if (error instanceof OutsideError) return { sha256: null, note: error.ja };
    const note = explainRefusal(error);
    if (note === null) throw error;
    return await tell('format-errors-refused', note);
  }
}

/** Of stored notices: no layout of them is known. */
const NOTICE_KIND = 'format-error-notice';

/** As uploads of results are called; a retry's result is laid out as an authorization's. */
function kindOfResult({ kind }: Exchange): string {
  return kind === 'capture' ? 'capture-result' : 'auth-result';
}

/** Why a result is not kept; null for an error that says nothing about the file. */
function explainRefusal(error: unknown): string | null {
  if (error instanceof FileRefusedError) {
    const { line, columnNumber } = error.finding;
    const place = columnNumber === null ? `${line} 行目` : `${line} 行目の ${columnNumber} 列目`;
    return `届いた結果ファイルの${place}にカード番号と思われる数字があります。ファイルは保存していません。ペイジェントに連絡してください。`;
  }
  if (error instanceof FileTooLargeError) {
    return '届いた結果ファイルが大きすぎます。ファイルは保存していません。ペイジェントに連絡してください。';
  }
  return null;
}
