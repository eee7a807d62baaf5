import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, realpath, unlink } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type DropFile, type FileDrop, isPlainName, requirePlain } from './file-drop.ts';
import { errorCode, OutsideError } from './outside-error.ts';

/**
 * A folder of this machine under the root that the operator of Tsukigime allowed. `path` is meant
 * from the root, or whole; neither `..` nor a link may lead out of the root, and links in the folder
 * are no files.
 *
 * @throws OutsideError: address_refused, missing, refused
 */
export async function openDirectory(root: string, path: string): Promise<FileDrop> {
  const base = await atFolder(path, () => realpath(root));
  const folder = await atFolder(path, () => realpath(resolve(base, path)));
  const inside = relative(base, folder);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new OutsideError('address_refused', `${path} leads out of the inbox folder.`, {
      ja: `フォルダー ${path} は受け渡し用フォルダーの外を指しています。読み取っていません。`,
    });
  }
  return directoryDrop(folder);
}

function directoryDrop(folder: string): FileDrop {
  const at = (name: string) => join(folder, requirePlain(name));
  const stat = async (name: string): Promise<DropFile | undefined> => {
    const found = await lstat(at(name)).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw explain(error, name);
    });
    return found?.isFile()
      ? { name, bytes: found.size, mark: found.mtime.toISOString() }
      : undefined;
  };
  return {
    stat,
    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        throw explain(error, 'フォルダー');
      });
      const files = await Promise.all(names.filter(isPlainName).sort().map(stat));
      return files.filter((file) => file !== undefined);
    },
    async *read(name) {
      const file = await openFile(at(name), constants.O_RDONLY, name);
      try {
        yield* file.createReadStream({ highWaterMark: pieceBytes }) as AsyncIterable<Buffer>;
      } catch (error) {
        throw explain(error, name);
      } finally {
        await file.close().catch(() => {});
      }
    },
    async write(name, content) {
      const file = await openFile(at(name), newFile, name);
      try {
        for await (const piece of content) await file.writeFile(piece);
        await file.sync();
      } catch (error) {
        throw explain(error, name);
      } finally {
        await file.close();
      }
    },
    async rename(from, to) {
      // A rename would replace what is there; a second link to the same file cannot.
      await link(at(from), at(to)).catch((error: unknown) => {
        throw explain(error, to);
      });
      await unlink(at(from));
    },
    async remove(name) {
      await unlink(at(name)).catch((error: unknown) => {
        throw explain(error, name);
      });
    },
    async close() {},
  };
}

const pieceBytes = 256 * 1024;
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** A link is not followed, not even one that took the file's place a moment ago. */
async function openFile(path: string, flags: number, name: string): Promise<FileHandle> {
  return await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600).catch(
    (error: unknown) => {
      throw explain(error, name);
    },
  );
}

async function atFolder(path: string, look: () => Promise<string>): Promise<string> {
  return await look().catch((error: unknown) => {
    throw explain(error, path);
  });
}

function explain(error: unknown, name: string): unknown {
  const code = errorCode(error);
  if (error instanceof OutsideError || !/^E[A-Z]+$/.test(code)) return error;
  const problem = code === 'ENOENT' ? 'missing' : 'refused';
  return new OutsideError(problem, `${name}: ${code}`, {
    ja:
      problem === 'missing'
        ? `${name} が見つかりません。何も変更していません。`
        : `${name} を読み書きできません（${code}）。何も変更していません。権限を確かめてください。`,
    cause: error,
  });
}
