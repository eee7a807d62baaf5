import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Beyond this a list goes to a temporary file: a million rows must not stay in memory.
const memoryChars = 1_000_000;
const readBytes = 262_144;

/** A list of any length that is printed as JSON at the end; it keeps only its first items at hand. */
export class JsonList<T> {
  readonly #keep: number;
  readonly first: T[] = [];
  count = 0;
  #text: string[] = [];
  #chars = 0;
  #folder: string | null = null;
  #file: number | null = null;

  /** @param keep how many items `first` holds. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  add(item: T): void {
    if (this.count < this.#keep) this.first.push(item);
    const text = `${this.count === 0 ? '' : ','}\n  ${JSON.stringify(item)}`;
    this.count += 1;
    this.#text.push(text);
    this.#chars += text.length;
    if (this.#chars >= memoryChars) this.#spill();
  }

  /** The items as a JSON array, in pieces. */
  *pieces(): Generator<Uint8Array> {
    yield Buffer.from('[');
    if (this.#file !== null) {
      let position = 0;
      for (;;) {
        const piece = Buffer.alloc(readBytes);
        const length = readSync(this.#file, piece, 0, readBytes, position);
        if (length === 0) break;
        position += length;
        yield piece.subarray(0, length);
      }
    }
    yield Buffer.from(`${this.#text.join('')}]`);
  }

  /** Removes the temporary file, if there is one. */
  dispose(): void {
    if (this.#file !== null) closeSync(this.#file);
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#file = null;
    this.#folder = null;
  }

  #spill(): void {
    if (this.#file === null) {
      this.#folder = mkdtempSync(join(tmpdir(), 'tsukigime-'));
      this.#file = openSync(join(this.#folder, 'list.json'), 'wx+', 0o600);
    }
    writeSync(this.#file, this.#text.join(''));
    this.#text = [];
    this.#chars = 0;
  }
}

/** Prints an object as JSON whose values may be long lists. */
export async function printJson(values: Readonly<Record<string, unknown>>): Promise<void> {
  await print(Buffer.from('{'));
  let comma = '';
  for (const [key, value] of Object.entries(values)) {
    await print(Buffer.from(`${comma}\n "${key}": `));
    if (value instanceof JsonList) {
      for (const piece of value.pieces()) await print(piece);
    } else {
      await print(Buffer.from(JSON.stringify(value)));
    }
    comma = ',';
  }
  await print(Buffer.from('\n}\n'));
}

async function print(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}
