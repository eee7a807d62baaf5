import { STILL_FOR_MS } from '../billing/order-source.ts';
import { errorNameOf, type PaygentSftp, resultNameOf } from '../billing/paygent-sftp.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { noteSighting } from '../db/queries/sends.ts';
import {
  type DropFile,
  type FileDrop,
  hashOf,
  putFile,
  readUnchanged,
} from '../outside/file-drop.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { type MerchantSftp, openMerchantSftp } from './source-access.ts';
import type { OutgoingFile, Transport, TransportAccess } from './transport.ts';

/** Where files are put and their results appear, as a merchant's settings say it. */
type SftpExchange = MerchantSftp &
  Pick<PaygentSftp, 'dropFolder' | 'resultFolder' | 'resultName' | 'filesStay'> & {
    readonly maxResultBytes?: number;
    /** Without it a file that cannot be read has no answer. */
    readonly errorName?: string | null;
  };

/**
 * Files over SFTP [assumed]: put under a temporary name, read back, renamed; the result appears in
 * another folder. A final name that is there is never written over, and that is what makes a late
 * sending harmless: whichever comes second finds the first.
 */
export function createSftpTransport(
  access: TransportAccess,
  merchant: Merchant,
  settings: SftpExchange,
): Transport {
  const { maxResultBytes = MAX_RESULT_BYTES } = settings;
  async function within<Answer>(
    folder: string,
    signal: AbortSignal | undefined,
    act: (drop: FileDrop) => Promise<Answer>,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    const drop = await openMerchantSftp(access, merchant, settings, folder);
    const stop = () => void drop.close();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await act(drop);
    } finally {
      signal?.removeEventListener('abort', stop);
      await drop.close();
    }
  }

  return {
    async send(file) {
      try {
        return await within(settings.dropFolder, file.signal, (drop) => putOnce(drop, file));
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        return { kind: error.mayHaveReached ? 'unclear' : 'not_sent', why: error.ja };
      }
    },

    async inquire(file) {
      try {
        const result = resultNameOf(settings, file.fileName);
        const has = (folder: string, name: string) =>
          within(folder, file.signal, async (drop) => (await drop.stat(name)) !== undefined);
        // A result is the best proof that its file came, whether or not that is still there.
        if (await has(settings.resultFolder, result)) return found(true);
        const there = await within(settings.dropFolder, file.signal, (drop) => compare(drop, file));
        if (there === 'same') return found(false);
        if (there === 'other') return { kind: 'unclear', why: explainOther(file) };
        if (settings.filesStay) return { kind: 'absent' };
        return {
          kind: 'unclear',
          why: 'ファイルは送信先のフォルダーにありませんが、取り込まれて移動した可能性があります。',
        };
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        return { kind: 'unclear', why: error.ja };
      }
    },

    async fetchResult(file) {
      try {
        const drop = await openMerchantSftp(access, merchant, settings, settings.resultFolder);
        let content: ReturnType<typeof readAndClose> | undefined;
        try {
          const found = await findReply(drop, settings, file.fileName);
          if (found === undefined) {
            await requireFolder(drop, settings.resultFolder);
            return { kind: 'waiting' };
          }
          const { kind, fileName, seen } = found;
          const { bytes, mark } = seen;
          const sighting = { fileName, bytes, mark, now: file.now };
          const since = await noteSighting(access.db, merchant.id, sighting);
          const stillMs = Date.parse(file.now) - Date.parse(since);
          if (bytes === 0 || stillMs < STILL_FOR_MS) return { kind: 'waiting', settling: true };
          if (bytes > maxResultBytes) {
            return { kind: 'failed', why: explainSize(fileName, maxResultBytes) };
          }
          content = readAndClose(drop, seen);
          return { kind, fileName, content };
        } finally {
          if (content === undefined) await drop.close();
        }
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        return { kind: 'failed', why: error.ja };
      }
    },
  };
}

/** The bytes as they come: a result of a million cards is not held. The connection ends with them. */
async function* readAndClose(
  drop: FileDrop,
  seen: DropFile,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* readUnchanged(drop, seen);
  } finally {
    await drop.close();
  }
}

/** In a folder that is not there no result would ever be found: nobody waits for one in silence. */
async function requireFolder(drop: FileDrop, folder: string): Promise<void> {
  try {
    await drop.list();
  } catch (error) {
    if (!(error instanceof OutsideError) || error.problem !== 'missing') throw error;
    throw new OutsideError('missing', `The folder ${folder} is missing.`, {
      ja: `結果を受け取るフォルダー ${folder} がありません。SFTPの設定 resultFolder を確かめてください。`,
      cause: error,
    });
  }
}

/** A request has 10 MB at most [seen], and a result appends some columns to it. */
export const MAX_RESULT_BYTES = 64 * 1024 * 1024;

/** The result of a file; where there is none, the PSP's word that it could not read it. */
async function findReply(drop: FileDrop, settings: SftpExchange, sent: string) {
  const result = resultNameOf(settings, sent);
  const seen = await drop.stat(result);
  if (seen !== undefined) return { kind: 'result', fileName: result, seen } as const;
  const notice = errorNameOf({ errorName: settings.errorName ?? null }, sent);
  const refused = notice === null ? undefined : await drop.stat(notice);
  if (notice === null || refused === undefined) return undefined;
  return { kind: 'refused', fileName: notice, seen: refused } as const;
}

function explainSize(fileName: string, maxBytes: number): string {
  return `結果ファイル ${fileName} が大きすぎます（上限 ${maxBytes / 1024 / 1024} MB）。取り込んでいません。送信先に確認してください。`;
}

/** What putting a file needs to know of it. */
export type PutFile = Pick<OutgoingFile, 'fileName' | 'bytes' | 'sha256' | 'content'>;

/** Puts a file that may be there already; another one under its name is left alone. */
export async function putOnce(drop: FileDrop, file: PutFile) {
  const there = await compare(drop, file);
  if (there === 'same') return accepted;
  if (there === 'other') return { kind: 'unclear', why: explainOther(file) } as const;
  // Halves of earlier tries; taking one away from a try that still runs ends that try.
  for (const { name } of await drop.list()) {
    if (name.startsWith(`${file.fileName}.`) && name.endsWith('.part')) {
      await drop.remove(name).catch(() => {});
    }
  }
  await putFile(drop, file.fileName, file.content());
  return accepted;
}

/** No PSP gives an acceptance number for a file in a folder: its name stands for it. */
const accepted = { kind: 'accepted', acceptanceNumber: null } as const;

function found(completed: boolean) {
  return { kind: 'found', acceptanceNumber: null, completed, records: null } as const;
}

/** What stands under the file's final name. */
async function compare(drop: FileDrop, file: PutFile): Promise<'nothing' | 'same' | 'other'> {
  const there = await drop.stat(file.fileName);
  if (there === undefined) return 'nothing';
  if (there.bytes !== file.bytes) return 'other';
  return (await hashOf(drop.read(file.fileName))) === file.sha256 ? 'same' : 'other';
}

function explainOther({ fileName }: PutFile): string {
  return `送信先に同じ名前で内容の異なるファイル ${fileName} があります。上書きしていません。送信先のフォルダーを確かめてください。`;
}
