import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from './paygent/journal.ts';
import {
  makeHostKey,
  type SandboxSftpServer,
  type SftpAccount,
  startSftpServer,
} from './sftp-server.ts';

/** An SFTP server whose port, host key and passwords outlive a restart. */
export interface KeptSftp {
  readonly server: SandboxSftpServer;
  /** Logins may be added later. */
  readonly accounts: SftpAccount[];
  /** The same after a restart, without being kept anywhere. */
  passwordOf(user: string): string;
}

/** @param port 0 takes the port of before, or a free one */
export async function startKeptSftp(dataDir: string, port: number): Promise<KeptSftp> {
  const hostPrivateKey = keepHostKey(join(dataDir, 'sftp-host-key'));
  const accounts: SftpAccount[] = [];
  const portPath = join(dataDir, 'sftp-port');
  const earlier = existsSync(portPath) ? Number(readFileSync(portPath, 'utf8')) : 0;
  // Settings of merchants name the port: a restart takes the same one, unless somebody else has it.
  const server = await startSftpServer(accounts, port || earlier, hostPrivateKey).catch(() =>
    startSftpServer(accounts, port, hostPrivateKey),
  );
  writeFileDurably(portPath, Buffer.from(String(server.port)));
  return {
    server,
    accounts,
    passwordOf: (user) =>
      createHash('sha256').update(`${hostPrivateKey} ${user}`).digest('hex').slice(0, 24),
  };
}

function keepHostKey(path: string): string {
  if (!existsSync(path)) writeFileDurably(path, Buffer.from(makeHostKey()));
  return readFileSync(path, 'utf8');
}
