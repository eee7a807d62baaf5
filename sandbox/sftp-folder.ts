import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';
import type { SftpAccount, SftpFaults } from './sftp-server.ts';

const { STATUS_CODE: status, OPEN_MODE: mode } = ssh2.utils.sftp;

/** What a client holds open: a file, or a listing that is given once. */
type Held = { readonly file: FileHandle } | { readonly names: string[]; readonly path: string };

/**
 * Answers the SFTP requests of one login with a folder of this machine, which is `/` to the client:
 * `..` stops there. No links are made, so none lead out. `cut` breaks the connection.
 */
export function serveFolder(
  sftp: SFTPWrapper,
  account: SftpAccount,
  faults: SftpFaults,
  cut: () => void,
): void {
  const folder = new ServedFolder(sftp, account, faults, cut);
  /** An answer, or the status of what went wrong. */
  const answer = (id: number, work: () => Promise<void>): void => {
    if (!faults.silent) work().catch((error: unknown) => sftp.status(id, statusOf(error)));
  };
  sftp.on('REALPATH', (id, path) => folder.tellPath(id, path));
  sftp.on('STAT', (id, path) => answer(id, () => folder.stat(id, path)));
  sftp.on('LSTAT', (id, path) => answer(id, () => folder.stat(id, path)));
  sftp.on('FSTAT', (id, handle) => answer(id, () => folder.statOpen(id, handle)));
  sftp.on('SETSTAT', (id) => sftp.status(id, status.OK));
  sftp.on('FSETSTAT', (id) => sftp.status(id, status.OK));
  sftp.on('OPENDIR', (id, path) => answer(id, () => folder.openListing(id, path)));
  sftp.on('READDIR', (id, handle) => answer(id, () => folder.list(id, handle)));
  sftp.on('OPEN', (id, path, flags) => answer(id, () => folder.open(id, path, flags)));
  sftp.on('READ', (id, handle, at, length) =>
    answer(id, () => folder.read(id, handle, { at, length })),
  );
  sftp.on('WRITE', (id, handle, at, data) => answer(id, () => folder.write(id, handle, at, data)));
  sftp.on('CLOSE', (id, handle) => answer(id, () => folder.close(id, handle)));
  sftp.on('REMOVE', (id, path) => answer(id, () => folder.remove(id, path)));
  sftp.on('RENAME', (id, from, to) => answer(id, () => folder.rename(id, from, to)));
  sftp.on('close', () => folder.letGo());
}

class ServedFolder {
  private readonly sftp: SFTPWrapper;
  private readonly account: SftpAccount;
  private readonly faults: SftpFaults;
  private readonly cut: () => void;
  private readonly held = new Map<number, Held>();
  private handles = 0;

  constructor(sftp: SFTPWrapper, account: SftpAccount, faults: SftpFaults, cut: () => void) {
    this.sftp = sftp;
    this.account = account;
    this.faults = faults;
    this.cut = cut;
  }

  tellPath(id: number, path: string): void {
    const filename = posix.normalize(`/${path}`);
    this.sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }]);
  }

  async stat(id: number, path: string): Promise<void> {
    this.sftp.attrs(id, await attributesOf(this.onDisk(path)));
  }

  async statOpen(id: number, handle: Buffer): Promise<void> {
    this.sftp.attrs(id, toAttributes(await this.fileOf(handle).stat()));
  }

  async openListing(id: number, path: string): Promise<void> {
    const names = await readdir(this.onDisk(path));
    this.sftp.handle(id, this.hold({ names, path: this.onDisk(path) }));
  }

  async list(id: number, handle: Buffer): Promise<void> {
    const found = this.held.get(handle.readUInt32BE());
    if (found === undefined || !('names' in found)) throw new Error('no such handle');
    const names = found.names.splice(0, 100);
    if (names.length === 0) {
      this.sftp.status(id, status.EOF);
      return;
    }
    const entries = names.map(async (filename) => {
      const attrs = await attributesOf(join(found.path, filename));
      return { filename, longname: filename, attrs };
    });
    this.sftp.name(id, await Promise.all(entries));
  }

  async open(id: number, path: string, flags: number): Promise<void> {
    const file = await open(this.onDisk(path), openFlags(flags), 0o600);
    this.sftp.handle(id, this.hold({ file }));
  }

  async read(id: number, handle: Buffer, part: { at: number; length: number }): Promise<void> {
    const length = Math.min(part.length, this.faults.shortReads ?? part.length);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.fileOf(handle).read(buffer, 0, length, part.at);
    const left = this.faults.cutDownloadAfterBytes;
    if (left !== null) {
      if (left < bytesRead) {
        this.cut();
        return;
      }
      this.faults.cutDownloadAfterBytes = left - bytesRead;
    }
    if (bytesRead === 0) this.sftp.status(id, status.EOF);
    else this.sftp.data(id, buffer.subarray(0, bytesRead));
  }

  async write(id: number, handle: Buffer, at: number, data: Buffer): Promise<void> {
    const left = this.faults.cutUploadAfterBytes;
    const kept = left === null ? data : data.subarray(0, left);
    await this.fileOf(handle).write(kept, 0, kept.length, at);
    if (left !== null) this.faults.cutUploadAfterBytes = left - kept.length;
    if (kept.length < data.length) this.cut();
    else this.sftp.status(id, status.OK);
  }

  async close(id: number, handle: Buffer): Promise<void> {
    const found = this.held.get(handle.readUInt32BE());
    this.held.delete(handle.readUInt32BE());
    if (found !== undefined && 'file' in found) await found.file.close();
    this.sftp.status(id, status.OK);
  }

  async remove(id: number, path: string): Promise<void> {
    await rm(this.onDisk(path));
    this.sftp.status(id, status.OK);
  }

  async rename(id: number, from: string, to: string): Promise<void> {
    if (this.faults.cutBeforeRename) {
      this.faults.cutBeforeRename = false;
      this.cut();
      return;
    }
    if (this.faults.refusedRenames > 0) {
      this.faults.refusedRenames -= 1;
      this.sftp.status(id, status.PERMISSION_DENIED);
      return;
    }
    await rename(this.onDisk(from), this.onDisk(to));
    this.account.onRenamed?.(posix.normalize(`/${to}`));
    if (this.faults.cutAfterRename) {
      this.faults.cutAfterRename = false;
      this.cut();
      return;
    }
    this.sftp.status(id, status.OK);
  }

  /** The client is gone: nothing stays open. */
  letGo(): void {
    for (const thing of this.held.values()) {
      if ('file' in thing) void thing.file.close().catch(() => {});
    }
    this.held.clear();
  }

  private onDisk(path: string): string {
    return join(this.account.folder, posix.normalize(`/${path}`));
  }

  private hold(thing: Held): Buffer {
    this.handles += 1;
    this.held.set(this.handles, thing);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(this.handles);
    return handle;
  }

  private fileOf(handle: Buffer): FileHandle {
    const found = this.held.get(handle.readUInt32BE());
    if (found === undefined || !('file' in found)) throw new Error('no such handle');
    return found.file;
  }
}

async function attributesOf(path: string): Promise<Attributes> {
  return toAttributes(await stat(path));
}

function toAttributes(found: Awaited<ReturnType<typeof stat>>): Attributes {
  return {
    mode: Number(found.mode),
    uid: 0,
    gid: 0,
    size: Number(found.size),
    atime: Math.floor(found.atime.getTime() / 1000),
    mtime: Math.floor(found.mtime.getTime() / 1000),
  };
}

function openFlags(flags: number): number {
  const access =
    (flags & mode.READ) !== 0 && (flags & mode.WRITE) !== 0
      ? constants.O_RDWR
      : (flags & mode.WRITE) !== 0
        ? constants.O_WRONLY
        : constants.O_RDONLY;
  return (
    access |
    ((flags & mode.CREAT) === 0 ? 0 : constants.O_CREAT) |
    ((flags & mode.EXCL) === 0 ? 0 : constants.O_EXCL) |
    ((flags & mode.TRUNC) === 0 ? 0 : constants.O_TRUNC) |
    ((flags & mode.APPEND) === 0 ? 0 : constants.O_APPEND)
  );
}

function statusOf(error: unknown): number {
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT') return status.NO_SUCH_FILE;
  return code === 'EACCES' || code === 'EPERM' ? status.PERMISSION_DENIED : status.FAILURE;
}
