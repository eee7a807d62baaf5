import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startKeptSftp } from '../kept-sftp.ts';
import { writeFileDurably } from '../paygent/journal.ts';
import type { SftpFaults } from '../sftp-server.ts';
import { writeAnswer } from './answer.ts';
import { answerName, type LinkerDesk } from './desk.ts';
import { accountOf } from './state.ts';

/** What a merchant sets to hand link files over. */
export interface LinkerLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly hostKey: string;
  readonly dropFolder: string;
  readonly answerFolder: string;
}

export interface LinkerSftp {
  loginOf(merchantId: string): LinkerLogin;
  readonly faults: SftpFaults;
  /** Puts the answers that are due. */
  putAnswers(): void;
  stop(): Promise<void>;
}

const dropFolder = '/drop';
const answerFolder = '/answers';

/**
 * The linker over SFTP, as we imagine it [assumed]: a file that gets its final name in `/drop` is taken
 * and stays there; its answer appears in `/answers` as `NAME-cards.csv`.
 */
export async function startLinkerSftp(
  desk: LinkerDesk,
  { dataDir, port }: { readonly dataDir: string; readonly port: number },
): Promise<LinkerSftp> {
  const { server, accounts, passwordOf } = await startKeptSftp(dataDir, port);
  const folderOf = (merchantId: string) => join(dataDir, 'sftp', merchantId);

  function putAnswers(): void {
    for (const merchantId of desk.state.accounts.keys()) {
      for (const file of desk.listReady(merchantId)) {
        const path = join(folderOf(merchantId), answerFolder, answerName(file));
        if (!existsSync(path)) writeFileDurably(path, writeAnswer(file));
      }
    }
  }

  function take(merchantId: string, path: string): void {
    if (!path.startsWith(`${dropFolder}/`)) return;
    const fileName = path.slice(dropFolder.length + 1);
    try {
      desk.take(merchantId, { fileName, bytes: readFileSync(join(folderOf(merchantId), path)) });
    } catch (error) {
      // Nobody answers in a folder: what cannot be read is left there, and said on the console.
      console.error(`sandbox linker: ${fileName}: ${(error as Error).message}`);
    }
    putAnswers();
  }

  function open(merchantId: string): void {
    if (accounts.some(({ user }) => user === merchantId)) return;
    const folder = folderOf(merchantId);
    for (const each of [dropFolder, answerFolder]) {
      mkdirSync(join(folder, each), { recursive: true });
    }
    const onRenamed = (path: string): void => take(merchantId, path);
    accounts.push({ user: merchantId, password: passwordOf(merchantId), folder, onRenamed });
  }

  for (const merchantId of desk.state.accounts.keys()) open(merchantId);
  return {
    loginOf(merchantId) {
      open(accountOf(desk.state, merchantId).merchant.merchantId);
      const { port: listening, hostKey } = server;
      return {
        ...{ host: '127.0.0.1', port: listening, user: merchantId, hostKey },
        ...{ password: passwordOf(merchantId), dropFolder, answerFolder },
      };
    },
    faults: server.faults,
    putAnswers,
    stop: () => server.close(),
  };
}
