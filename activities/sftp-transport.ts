import { STILL_FOR_MS } from '../billing/order-source.ts';
import { type PaygentSftp, resultNameOf } from '../billing/paygent-sftp.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { noteSighting } from '../db/queries/sends.ts';
import { type FileDrop, hashOf, putFile, readUnchanged } from '../outside/file-drop.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { openSftp, readSftpCredential } from '../outside/sftp.ts';
import { callerOf, requireSecret } from './source-access.ts';
import type { OutgoingFile, Transport, TransportAccess } from './transport.ts';

/**
 * Files over SFTP [assumed]: put under a temporary name, read back, renamed; the result appears in
 * another folder. A final name that is there is never written over, and that is what makes a late
 * sending harmless: whichever comes second finds the first.
 */
export function createSftpTransport(
  access: TransportAccess,
  merchant: Merchant,
  settings: PaygentSftp,
): Transport {
  const { host, port, user, hostKeys, secretName } = settings;
  async function within<Answer>(
    folder: string,
    signal: AbortSignal | undefined,
    act: (drop: FileDrop) => Promise<Answer>,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    const drop = await openSftp({
      ...{ host, port, user, hostKeys, folder },
      credential: readSftpCredential(await requireSecret(access, merchant, secretName)),
      caller: await callerOf(access, merchant),
      ...(access.resolve === undefined ? {} : { resolve: access.resolve }),
    });
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
        return await within(settings.dropFolder, file.signal, (drop) => put(drop, file));
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
      const fileName = resultNameOf(settings, file.fileName);
      try {
        return await within(settings.resultFolder, file.signal, async (drop) => {
          const seen = await drop.stat(fileName);
          if (seen === undefined) return { kind: 'waiting' };
          const { bytes, mark } = seen;
          const sighting = { fileName, bytes, mark, now: file.now };
          const since = await noteSighting(access.db, merchant.id, sighting);
          const stillMs = Date.parse(file.now) - Date.parse(since);
          if (bytes === 0 || stillMs < STILL_FOR_MS) return { kind: 'waiting', settling: true };
          if (bytes > MAX_RESULT_BYTES) return { kind: 'failed', why: explainSize(fileName) };
          // The connection ends with this look, so the bytes are read within it.
          const pieces: Uint8Array[] = [];
          for await (const piece of readUnchanged(drop, seen)) pieces.push(piece);
          return { kind: 'result', fileName, content: given(pieces) };
        });
      } catch (error) {
        if (!(error instanceof OutsideError)) throw error;
        return { kind: 'failed', why: error.ja };
      }
    },
  };
}

/** A request has 10 MB at most [seen], and a result appends some columns to it. */
export const MAX_RESULT_BYTES = 64 * 1024 * 1024;

function explainSize(fileName: string): string {
  return `結果ファイル ${fileName} が大きすぎます（上限 ${MAX_RESULT_BYTES / 1024 / 1024} MB）。取り込んでいません。送信先に確認してください。`;
}

async function put(drop: FileDrop, file: OutgoingFile) {
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
async function compare(drop: FileDrop, file: OutgoingFile): Promise<'nothing' | 'same' | 'other'> {
  const there = await drop.stat(file.fileName);
  if (there === undefined) return 'nothing';
  if (there.bytes !== file.bytes) return 'other';
  return (await hashOf(drop.read(file.fileName))) === file.sha256 ? 'same' : 'other';
}

function explainOther({ fileName }: OutgoingFile): string {
  return `送信先に同じ名前で内容の異なるファイル ${fileName} があります。上書きしていません。送信先のフォルダーを確かめてください。`;
}

async function* given(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces;
}
