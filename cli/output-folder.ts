import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UnusableInputError } from './unusable-input.ts';

/**
 * Files that appear in a folder together, complete, or not at all: they are written under temporary
 * names and renamed at the end. Files of an earlier run are moved aside, never mixed with new ones:
 * a left-over file that is uploaded by mistake would charge customers twice.
 */
export class OutputFolder {
  readonly #path: string;
  /** Names of files that this kind of run may have left. */
  readonly #pattern: RegExp;
  readonly #written: { name: string; temporary: string; sha256: string }[] = [];
  #current: { name: string; temporary: string; handle: FileHandle } | null = null;

  constructor(path: string, pattern: RegExp) {
    this.#path = path;
    this.#pattern = pattern;
  }

  /** Appends to a file; the folder is made at the first byte. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.#current) {
      await this.#asUsable(() => mkdir(this.#path, { recursive: true }));
      const temporary = join(this.#path, `.${name}.${process.pid}.tmp`);
      const handle = await this.#asUsable(() => open(temporary, 'w'));
      this.#current = { name, temporary, handle };
    }
    await this.#current.handle.writeFile(bytes);
  }

  /** Ends the file that is being written. */
  async complete(sha256: string): Promise<void> {
    if (!this.#current) throw new Error('no file is being written');
    const { name, temporary, handle } = this.#current;
    await handle.sync();
    await handle.close();
    this.#written.push({ name, temporary, sha256 });
    this.#current = null;
  }

  /** Gives the files their names. Returns the new names of the files that were moved aside. */
  async publish(): Promise<readonly string[]> {
    const movedAside: string[] = [];
    const fresh = new Map(this.#written.map(({ name, sha256 }) => [name, sha256]));
    for (const name of await this.#earlierFiles()) {
      const sha256 = await sha256Of(join(this.#path, name));
      if (sha256 === fresh.get(name)) continue;
      const aside = `${name}.old-${sha256.slice(0, 8)}`;
      await rename(join(this.#path, name), join(this.#path, aside));
      movedAside.push(aside);
    }
    for (const { name, temporary } of this.#written.splice(0)) {
      await rename(temporary, join(this.#path, name));
    }
    return movedAside;
  }

  /** Removes what was not published. */
  async discard(): Promise<void> {
    await this.#current?.handle.close();
    const temporaries = [...this.#written, ...(this.#current ? [this.#current] : [])];
    for (const { temporary } of temporaries) await rm(temporary, { force: true });
  }

  async #earlierFiles(): Promise<string[]> {
    const names = await readdir(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw this.#unusable(error);
    });
    return names.filter((name) => this.#pattern.test(name)).sort();
  }

  async #asUsable<T>(act: () => Promise<T>): Promise<T> {
    return act().catch((error: NodeJS.ErrnoException) => {
      throw this.#unusable(error);
    });
  }

  #unusable(error: NodeJS.ErrnoException): UnusableInputError {
    const en = `--out ${this.#path}: cannot write there (${error.code ?? error.message})`;
    return new UnusableInputError(en, '出力先フォルダに書き込めません');
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
