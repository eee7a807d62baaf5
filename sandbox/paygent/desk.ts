import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal, writeFileDurably } from './journal.ts';
import { applyEvent, openState, type PaygentState, type SandboxEvent } from './state.ts';

/**
 * The sandbox's state with what keeps it: a journal and the files beside it, all in one data
 * directory that belongs to one running sandbox.
 */
export interface Desk {
  readonly state: PaygentState;
  /** Writes an event to the disk, then adds it to the state. */
  commit(event: SandboxEvent): void;
  /** Adds an event to the state only; a restart forgets it. */
  note(event: SandboxEvent): void;
  /** One change at a time, in the order of the calls. */
  inTurn<T>(task: () => Promise<T> | T): Promise<T>;
  /** Keeps uploaded bytes; gives their sha256 in hex. */
  saveUpload(bytes: Buffer): string;
  readUpload(sha256: string): Buffer;
  saveResult(acceptanceNumber: string, bytes: Uint8Array): void;
  readResult(acceptanceNumber: string): Buffer;
  close(): Promise<void>;
}

export function openDesk(dataDir: string): Desk {
  const state = openState();
  const journal = openJournal<SandboxEvent>(join(dataDir, 'journal.ndjson'), (event) =>
    applyEvent(state, event),
  );
  const uploadPath = (sha256: string): string => join(dataDir, 'uploads', `${sha256}.csv`);
  const resultPath = (acceptanceNumber: string): string =>
    join(dataDir, 'results', `${acceptanceNumber}.csv`);
  let lastTurn: Promise<unknown> = Promise.resolve();
  return {
    state,
    commit(event) {
      journal.append(event);
      applyEvent(state, event);
    },
    note: (event) => applyEvent(state, event),
    inTurn(task) {
      const turn = lastTurn.then(task);
      // A refused change is its caller's business and does not stop the next one.
      lastTurn = turn.catch(() => {});
      return turn;
    },
    saveUpload(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (!existsSync(uploadPath(sha256))) writeFileDurably(uploadPath(sha256), bytes);
      return sha256;
    },
    readUpload: (sha256) => readFileSync(uploadPath(sha256)),
    saveResult: (acceptanceNumber, bytes) => writeFileDurably(resultPath(acceptanceNumber), bytes),
    readResult: (acceptanceNumber) => readFileSync(resultPath(acceptanceNumber)),
    async close() {
      await lastTurn;
      journal.close();
    },
  };
}
