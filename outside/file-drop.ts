import { createHash, randomBytes } from 'node:crypto';
import { OutsideError } from './outside-error.ts';

/** A file as its folder lists it. */
export interface DropFile {
  readonly name: string;
  readonly bytes: number;
  /** The time of its last change as the other side tells it; only ever compared, its clock is not ours. */
  readonly mark: string;
}

/**
 * One folder on another machine, or on this one: the same few acts over SFTP (sftp.ts) and in a
 * directory (directory.ts). All of them throw OutsideError. Names are names, never paths.
 */
export interface FileDrop {
  /** The plain files of the folder, by name. */
  list(): Promise<DropFile[]>;
  stat(name: string): Promise<DropFile | undefined>;
  read(name: string): AsyncGenerator<Buffer, void, undefined>;
  /** Makes a new file; one that is there is not overwritten. */
  write(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Refused when `to` is there. */
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Whether a name from a listing is one file of its folder and can be shown to people. */
export function isPlainName(name: string): boolean {
  return /^[^\p{C}/\\]{1,200}$/u.test(name) && name !== '.' && name !== '..';
}

/** @throws OutsideError for a name that is a path: it would lead somewhere else. */
export function requirePlain(name: string): string {
  if (isPlainName(name)) return name;
  throw new OutsideError('address_refused', 'A file name holds a path or control characters.', {
    ja: 'ファイル名に使えない文字があります。読み書きしていません。',
  });
}

/**
 * The bytes of a file as it was listed.
 * @throws OutsideError `changed` after the last byte when the file is another one by now: what was
 * read must be thrown away then. Also `cut`, `missing` and what the connection gives.
 */
export async function* readUnchanged(
  drop: FileDrop,
  file: DropFile,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  for await (const piece of drop.read(file.name)) {
    bytes += piece.byteLength;
    if (bytes > file.bytes) break;
    yield piece;
  }
  const after = await drop.stat(file.name);
  if (bytes === file.bytes && after?.bytes === file.bytes && after.mark === file.mark) return;
  throw new OutsideError('changed', `${file.name} changed while it was read.`, {
    ja: `ファイル ${file.name} は読み取り中に変わりました。読み取った分は保存していません。書き込みが終わってから再度読み取ります。`,
  });
}

/**
 * Uploads a file so that nobody sees half of it: under a temporary name, read back and compared, then
 * renamed. `mayHaveReached` of an error is true only when the rename was asked for and not answered.
 *
 * @throws OutsideError `mismatch` when it reads back differently; the temporary file is removed then
 */
export async function putFile(
  drop: FileDrop,
  name: string,
  content: AsyncIterable<Uint8Array>,
): Promise<{ bytes: number; sha256: string }> {
  const temporary = `${name}.${randomBytes(4).toString('hex')}.part`;
  const sent = new Digest();
  try {
    await drop.write(temporary, sent.over(content));
    const back = new Digest();
    for await (const _piece of back.over(drop.read(temporary)));
    if (back.sha256 !== sent.sha256) {
      throw new OutsideError(
        'mismatch',
        `${name} read back ${back.bytes} of ${sent.bytes} bytes.`,
        {
          ja: `アップロードしたファイル ${name} を読み戻すと内容が一致しません。仮のファイルを削除しました。相手には渡っていません。`,
        },
      );
    }
    await drop.rename(temporary, name);
  } catch (error) {
    const mayBeThere = error instanceof OutsideError && error.mayHaveReached;
    // Half a file under a temporary name harms nobody, so a connection that is gone may leave it.
    if (!mayBeThere) await drop.remove(temporary).catch(() => {});
    throw error;
  }
  return { bytes: sent.bytes, sha256: sent.sha256 };
}

/** sha256 in hex of all that comes. */
export async function hashOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = new Digest();
  for await (const _piece of digest.over(content));
  return digest.sha256;
}

/** Counts and hashes what passes. */
class Digest {
  bytes = 0;
  private readonly hash = createHash('sha256');
  private digest: string | undefined;

  async *over(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of content) {
      this.bytes += piece.byteLength;
      this.hash.update(piece);
      yield piece;
    }
  }

  get sha256(): string {
    this.digest ??= this.hash.digest('hex');
    return this.digest;
  }
}
