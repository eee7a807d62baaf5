import type { Attributes, SFTPWrapper } from 'ssh2';
import { type DropFile, type FileDrop, isPlainName, requirePlain } from './file-drop.ts';
import { OutsideError } from './outside-error.ts';
import { connectSftp, type SftpConnection, type SftpTarget } from './sftp-connection.ts';

export {
  fingerprintOf,
  readSftpCredential,
  type SftpCredential,
  type SftpTarget,
  type SftpTimeouts,
} from './sftp-connection.ts';

/**
 * A folder over SFTP.
 * @throws OutsideError: host_key_changed (before any credential left), login_refused, unreachable,
 * timed_out, address_refused …
 */
export async function openSftp(target: SftpTarget): Promise<FileDrop> {
  const { connection, sftp } = await connectSftp(target);
  const folder = target.folder.replace(/\/+$/, '');
  const at = (name: string) => `${folder}/${requirePlain(name)}`;
  const stat = async (name: string): Promise<DropFile | undefined> => {
    try {
      const attributes = await connection.act<Attributes>((done) => sftp.lstat(at(name), done));
      return toDropFile(name, attributes);
    } catch (error) {
      if (error instanceof OutsideError && error.problem === 'missing') return undefined;
      throw error;
    }
  };
  return {
    stat,
    async list() {
      const entries = await connection.act<readonly Entry[]>((done) =>
        sftp.readdir(target.folder, done),
      );
      return entries
        .filter(({ filename }) => isPlainName(filename))
        .map(({ filename, attrs }) => toDropFile(filename, attrs))
        .filter((file) => file !== undefined)
        .sort((one, other) => (one.name < other.name ? -1 : 1));
    },
    async *read(name) {
      yield* read(connection, sftp, at(name));
    },
    async write(name, content) {
      await write(connection, sftp, at(name), content);
    },
    async rename(from, to) {
      // Version 3 of the protocol leaves open whether a rename replaces what is there.
      if ((await stat(to)) !== undefined) throw alreadyThere(target.host, to);
      await connection.actOnce((done) => sftp.rename(at(from), at(to), done));
    },
    async remove(name) {
      await connection.act<void>((done) => sftp.unlink(at(name), done));
    },
    close: () => connection.close(),
  };
}

interface Entry {
  readonly filename: string;
  readonly attrs: Attributes;
}

async function* read(
  connection: SftpConnection,
  sftp: SFTPWrapper,
  path: string,
): AsyncGenerator<Buffer, void, undefined> {
  const handle = await connection.act<Buffer>((done) => sftp.open(path, 'r', done));
  const asked: { readonly from: number; readonly piece: Promise<Buffer> }[] = [];
  try {
    for (let next = 0; ; ) {
      for (; asked.length < piecesAhead; next += pieceBytes) {
        const piece = readPiece(connection, sftp, handle, next);
        // It is told to the reader in its turn, if there is one by then.
        piece.catch(() => {});
        asked.push({ from: next, piece });
      }
      const first = asked.shift();
      const piece = await first?.piece;
      if (first === undefined || piece === undefined || piece.byteLength === 0) return;
      yield piece;
      if (piece.byteLength === pieceBytes) continue;
      // A server may give less than was asked for: what was asked after it is asked anew.
      await Promise.allSettled(asked.splice(0).map((each) => each.piece));
      next = first.from + piece.byteLength;
    }
  } finally {
    await Promise.allSettled(asked.map((each) => each.piece));
    if (!connection.isBroken) sftp.close(handle, () => {});
  }
}

/** Up to `pieceBytes` from a place of a file; none at its end. */
async function readPiece(
  connection: SftpConnection,
  sftp: SFTPWrapper,
  handle: Buffer,
  from: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(pieceBytes);
  const bytes = await connection.act<number>((done) => {
    sftp.read(handle, buffer, 0, pieceBytes, from, (error, count) => {
      // Status 1 is the end of the file.
      if ((error as { code?: unknown } | undefined)?.code === 1) done(undefined, 0);
      else done(error, count);
    });
  });
  return buffer.subarray(0, bytes);
}

async function write(
  connection: SftpConnection,
  sftp: SFTPWrapper,
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const handle = await connection.act<Buffer>((done) => sftp.open(path, 'wx', done));
  let position = 0;
  for await (const piece of content) {
    for (let from = 0; from < piece.byteLength; from += pieceBytes) {
      const part = Buffer.from(piece.subarray(from, from + pieceBytes));
      const at = position;
      await connection.act<void>((done) => sftp.write(handle, part, 0, part.byteLength, at, done));
      position += part.byteLength;
    }
  }
  await connection.act<void>((done) => sftp.close(handle, done));
}

/** What every server takes in one packet. */
const pieceBytes = 32 * 1024;

/** Pieces under way at a time: one by one, a distant server takes a round trip for each. */
const piecesAhead = 8;

function toDropFile(name: string, attributes: Attributes): DropFile | undefined {
  // S_IFMT and S_IFREG of POSIX; a server that tells no mode tells no type either.
  const type = attributes.mode & 0o170000;
  if (type !== 0o100000 && type !== 0) return undefined;
  const mark = new Date(attributes.mtime * 1000).toISOString();
  return { name, bytes: attributes.size, mark };
}

function alreadyThere(host: string, name: string): OutsideError {
  return new OutsideError('refused', `${name} is there already.`, {
    ja: `ホスト ${host} に同じ名前のファイル ${name} がすでにあります。上書きしていません。`,
  });
}
