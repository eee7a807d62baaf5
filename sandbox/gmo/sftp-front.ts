import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startKeptSftp } from '../kept-sftp.ts';
import type { SandboxSftpServer } from '../sftp-server.ts';
import type { GmoDesk } from './desk.ts';
import { accountOf } from './state.ts';

/** What a shop's settings name: 「SFTPサーバ設定のお知らせ」. */
export interface GmoLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly hostKey: string;
  readonly requestFolder: string;
  readonly resultFolder: string;
}

export interface GmoSftp {
  readonly server: SandboxSftpServer;
  loginOf(shopId: string): GmoLogin;
}

const requestFolder = '/request';
const resultFolder = '/result';

export function resultFolderIn(dataDir: string): (shopId: string) => string {
  return (shopId) => join(dataDir, 'sftp', shopId, resultFolder);
}

/**
 * The file exchange of GMO as we imagine it [assumed]: each shop sees its own folder and no other; a
 * file `*.csv` that gets its final name in `/request` is taken and stays there, its result appears in
 * `/result`.
 *
 * @param beforeLogin whoever looks finds what is due by then
 */
export async function startGmoSftp(
  desk: GmoDesk,
  options: {
    readonly dataDir: string;
    readonly port: number;
    readonly beforeLogin: () => void;
  },
): Promise<GmoSftp> {
  const { dataDir, port, beforeLogin } = options;
  const { server, accounts, passwordOf } = await startKeptSftp(dataDir, port);

  function open(shopId: string): void {
    if (accounts.some(({ user }) => user === shopId)) return;
    const folder = join(dataDir, 'sftp', shopId);
    for (const each of [requestFolder, resultFolder]) {
      mkdirSync(join(folder, each), { recursive: true });
    }
    const onRenamed = (path: string): void => {
      if (!path.startsWith(`${requestFolder}/`) || !path.endsWith('.csv')) return;
      const name = path.slice(requestFolder.length + 1);
      // Read at once: what stands under this name later is another file.
      desk.takeRequest(shopId, name, readFileSync(join(folder, path)));
    };
    accounts.push({
      user: shopId,
      password: passwordOf(shopId),
      folder,
      onRenamed,
      onLogin: beforeLogin,
    });
  }

  for (const shopId of desk.state.accounts.keys()) open(shopId);
  return {
    server,
    loginOf(shopId) {
      open(accountOf(desk.state, shopId).shop.shopId);
      const { port: listening, hostKey } = server;
      return {
        ...{ host: '127.0.0.1', port: listening, user: shopId, password: passwordOf(shopId) },
        ...{ hostKey, requestFolder, resultFolder },
      };
    },
  };
}
