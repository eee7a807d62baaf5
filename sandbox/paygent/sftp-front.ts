import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FormatError } from '../../psp/paygent/format-check.ts';
import { startKeptSftp } from '../kept-sftp.ts';
import type { SftpFaults } from '../sftp-server.ts';
import { readClock } from './clock.ts';
import type { Desk } from './desk.ts';
import { processDueUploads } from './processing.ts';
import { merchantOf, type TransactionKind, type Upload } from './state.ts';
import { checkUpload } from './transaction-files.ts';
import { acceptFile } from './uploads.ts';

/**
 * Paygent over SFTP, as we imagine it [assumed]: a file that gets its final name in `/drop` is taken
 * and stays there; its result appears in `/results`.
 */
export interface SftpFront {
  /** What a merchant has to set to use it. */
  loginOf(merchantId: string): SftpLogin;
  readonly faults: SftpFaults;
  /** How many connections the faults have cut. */
  readonly cuts: number;
  /** Puts the results that are due; to be called after anything may have been processed. */
  putResults(): void;
  stop(): Promise<void>;
}

export interface SftpLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly hostKey: string;
  readonly dropFolder: string;
  readonly resultFolder: string;
}

const dropFolder = '/drop';
const resultFolder = '/results';

export async function startSftpFront(
  desk: Desk,
  options: { readonly dataDir: string; readonly port: number; readonly afterChange: () => void },
): Promise<SftpFront> {
  const { dataDir, port, afterChange } = options;
  const { server, accounts, passwordOf } = await startKeptSftp(dataDir, port);
  const folderOf = (merchantId: string) => join(dataDir, 'sftp', merchantId);

  function open(merchantId: string): void {
    if (accounts.some(({ user }) => user === merchantId)) return;
    const folder = folderOf(merchantId);
    for (const each of [dropFolder, resultFolder])
      mkdirSync(join(folder, each), { recursive: true });
    const password = passwordOf(merchantId);
    const onRenamed = (path: string): void => {
      if (!path.startsWith(`${dropFolder}/`)) return;
      const droppedAs = path.slice(dropFolder.length + 1);
      // Read at once: what stands under this name later is another file.
      const bytes = readFileSync(join(folder, path));
      void takeFile(desk, { merchantId, bytes, droppedAs, folder }).then(afterChange);
    };
    accounts.push({ user: merchantId, password, folder, onRenamed });
  }

  for (const merchantId of desk.state.merchants.keys()) open(merchantId);
  return {
    loginOf(merchantId) {
      open(merchantOf(desk.state, merchantId).merchantId);
      const { hostKey } = server;
      const place = { host: '127.0.0.1', port: server.port, hostKey, dropFolder, resultFolder };
      return { ...place, user: merchantId, password: passwordOf(merchantId) };
    },
    faults: server.faults,
    get cuts() {
      return server.cuts;
    },
    putResults() {
      for (const upload of desk.state.uploads.values()) {
        if (upload.droppedAs === undefined || upload.processedAt === null) continue;
        const name = `${upload.droppedAs.replace(/\.csv$/, '')}-result.csv`;
        putResult(desk, upload, join(folderOf(upload.merchantId), resultFolder, name));
      }
    },
    stop: () => server.close(),
  };
}

/** A file that cannot be read as one of ours stays where it is; a notice beside the results says why. */
async function takeFile(
  desk: Desk,
  file: {
    readonly merchantId: string;
    readonly bytes: Buffer;
    readonly droppedAs: string;
    /** The merchant's own. */
    readonly folder: string;
  },
): Promise<void> {
  const { merchantId, bytes, droppedAs, folder } = file;
  await desk.inTurn(async () => {
    const merchant = merchantOf(desk.state, merchantId);
    const transactionKind: TransactionKind = bytes.subarray(0, 5).equals(captureHeader)
      ? '売上'
      : 'オーソリ';
    const form = { paymentKind: 'クレジットカード決済', transactionKind, bytes };
    const check = await checkUpload(merchant, form);
    if (!check.ok) {
      const name = `${droppedAs.replace(/\.csv$/, '')}-error.csv`;
      writeFileSync(join(folder, resultFolder, name), writeErrorNotice(check.errors));
      return;
    }
    acceptFile(desk, merchant, { ...check, bytes, droppedAs });
    await processDueUploads(desk, readClock(desk));
  });
}

/** What the portal's screen would show, a line each [assumed]. */
function writeErrorNotice(errors: readonly FormatError[]): string {
  const lines = errors.map(({ part, line, item, content }) =>
    [part, line ?? '', item, content].join(','),
  );
  return ['区分,行,項目,内容', ...lines, ''].join('\r\n');
}

const captureHeader = Buffer.from('1,021');

/** Puts the result whole, or as far as an ordered fault has let it come by now. */
function putResult(desk: Desk, upload: Upload, path: string): void {
  const whole = desk.readResult(upload.acceptanceNumber);
  const there = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  if (there.equals(whole)) return;
  const bytes = spoil(desk, upload, { whole, there });
  if (!bytes.equals(there)) writeFileSync(path, bytes);
}

function spoil(
  desk: Desk,
  { faults, processedAt }: Upload,
  { whole, there }: { readonly whole: Buffer; readonly there: Buffer },
): Buffer {
  for (const fault of faults) {
    if (fault.kind === 'result_growing') {
      const part = Math.ceil(whole.length / fault.parts);
      return whole.subarray(0, there.length + part);
    }
    if (fault.kind === 'result_of_another') {
      const rightAt = Date.parse(processedAt ?? '') + fault.minutes * 60_000;
      if (Date.parse(readClock(desk)) < rightAt) {
        return Buffer.from(
          whole.toString('latin1').replace(/^([^,]*,[^,]*),[^,\r]*/, '$1,99999'),
          'latin1',
        );
      }
    }
  }
  return whole;
}
