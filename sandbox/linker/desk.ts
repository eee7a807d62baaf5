import { join } from 'node:path';
import { openJournal } from '../paygent/journal.ts';
import { Refusal } from '../paygent/refusal.ts';
import { readLinkFile } from './link-file.ts';
import {
  accountOf,
  applyLinkerEvent,
  type LinkerEvent,
  type LinkerState,
  openLinkerState,
  type TakenFile,
} from './state.ts';

/** The simulated linker's state with what keeps it. */
export interface LinkerDesk {
  readonly state: LinkerState;
  commit(event: LinkerEvent): void;
  /** The sandbox never looks at a wall clock; refuses when nobody has set its own yet. */
  now(): string;
  /** Time only moves forward. `kept` false: a restart forgets it. */
  moveClock(now: string, kept: boolean): void;
  /** Takes a link file; throws a Refusal for one that cannot be read, and forgets it. */
  take(merchantId: string, file: { fileName: string; bytes: Uint8Array }): TakenFile;
  /** The files whose answers are ready by now. */
  listReady(merchantId: string): readonly TakenFile[];
  close(): void;
}

/** @param dataDir belongs to one running sandbox; undefined = everything is forgotten at the end. */
export function openLinkerDesk(dataDir: string | undefined): LinkerDesk {
  const state = openLinkerState();
  const journal =
    dataDir === undefined
      ? null
      : openJournal<LinkerEvent>(join(dataDir, 'journal.ndjson'), (event) =>
          applyLinkerEvent(state, event),
        );
  const commit = (event: LinkerEvent): void => {
    journal?.append(event);
    applyLinkerEvent(state, event);
  };
  const now = (): string => {
    if (state.now !== null) return state.now;
    throw new Refusal(
      409,
      'clock_not_set',
      '時計がまだ合わされていません。PUT /clock に {"now": "2026-11-22T00:00:00Z"} の形で時刻を送ってください。',
    );
  };
  return {
    state,
    commit,
    now,
    moveClock(to, kept) {
      if (state.now !== null && to <= state.now) return;
      if (kept) commit({ type: 'clock', now: to });
      else applyLinkerEvent(state, { type: 'clock', now: to });
    },
    take(merchantId, { fileName, bytes }) {
      const { merchant, files } = accountOf(state, merchantId);
      const pairs = readLinkFile(bytes, merchant.encoding);
      commit({ type: 'taken', merchantId, fileName, at: now(), pairs });
      const taken = files.at(-1);
      if (taken === undefined) throw new Error('a file that was taken is the last one');
      return taken;
    },
    listReady(merchantId) {
      const { files } = accountOf(state, merchantId);
      return files.filter(({ dueAt }) => state.now !== null && dueAt <= state.now);
    },
    close: () => journal?.close(),
  };
}

/** The name under which the answer to a link file appears. */
export function answerName({ n, fileName }: TakenFile): string {
  return `${fileName.replace(/\.csv$/i, '') || `link-${n}`}-cards.csv`;
}
