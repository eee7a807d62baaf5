import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** An append-only file of events, one JSON object a line: the sandbox's whole memory. */
export interface Journal<Event> {
  /** Returns when the event is on the disk: what is answered afterwards survives a kill. */
  append(event: Event): void;
  close(): void;
}

const lineFeed = 0x0a;

/**
 * Opens a journal and replays what it holds, oldest first. A last line without its line feed was
 * cut by a kill before anyone was answered: it is removed. A line in the middle that cannot be
 * read is damage and throws, naming the line.
 */
export function openJournal<Event>(path: string, replay: (event: Event) => void): Journal<Event> {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+');
  const bytes = readFileSync(path);
  let start = 0;
  let lineNumber = 0;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    lineNumber += 1;
    replay(parseLine<Event>(path, lineNumber, bytes.subarray(start, end)));
    start = end + 1;
  }
  if (start < bytes.length) ftruncateSync(file, start);
  return {
    append(event) {
      writeWhole(file, Buffer.from(`${JSON.stringify(event)}\n`));
      fsyncSync(file);
    },
    close() {
      closeSync(file);
    },
  };
}

function parseLine<Event>(path: string, lineNumber: number, line: Buffer): Event {
  try {
    // Only this program writes the journal, so its shape is taken as written.
    return JSON.parse(line.toString('utf8')) as Event;
  } catch (error) {
    throw new Error(
      `${path} line ${lineNumber} is damaged. Move the sandbox's data directory away and start anew.`,
      { cause: error },
    );
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

/** Writes a file so that it is there whole or not at all. */
export function writeFileDurably(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w');
  try {
    writeWhole(file, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
