import { basename } from 'node:path';
import { createFileGuard } from '../activities/file-guard.ts';
import { fileNameSchema } from '../api/contract/files.ts';
import type { Db } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { FileRefusedError, FileTooLargeError, storeFile } from '../db/queries/files.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { findSettings } from '../db/queries/settings.ts';
import type { RunningStackInfo } from '../stack/running-stack.ts';
import { openInputFile } from './input-file.ts';
import { readActor } from './record-access.ts';
import { UnusableInputError } from './unusable-input.ts';

/** As the API's own limit. */
const maxBytes = 512 * 1024 * 1024;

/** The servers and keys that a command needs which has a worker do something with a file. */
export type Stack = {
  readonly [Name in 'appDatabaseUrl' | 'temporalAddress' | 'payloadKeys' | 'fileKeys']: NonNullable<
    RunningStackInfo[Name]
  >;
} & Pick<RunningStackInfo, 'temporalNamespace' | 'temporalAccess'>;

export function requireStack(found: RunningStackInfo): Stack {
  const { appDatabaseUrl, temporalAddress, payloadKeys, fileKeys } = found;
  if (!appDatabaseUrl || !temporalAddress || !payloadKeys || !fileKeys) {
    throw new UnusableInputError(
      'Postgres or Temporal is not running: start `tsukigime up` first, or give ' +
        'TSUKIGIME_DATABASE_URL_APP, TEMPORAL_ADDRESS, TSUKIGIME_PAYLOAD_KEYS and TSUKIGIME_FILE_KEYS',
      'サーバーが動いていません',
    );
  }
  const { temporalNamespace, temporalAccess } = found;
  const servers = { appDatabaseUrl, temporalAddress, temporalNamespace, temporalAccess };
  return { ...servers, payloadKeys, fileKeys };
}

/**
 * Leaves a file with Tsukigime as an upload does: past its guard, encrypted, audited.
 *
 * @param kind as an upload is called
 * @throws UnusableInputError for a file that cannot be read or may not be kept
 */
export async function storeInput(
  db: Db,
  merchant: Merchant,
  { fileKeys }: Pick<Stack, 'fileKeys'>,
  { kind, file }: { readonly kind: string; readonly file: string },
): Promise<{ fileId: number; sha256: string; fileName: string; actor: string; now: string }> {
  const settings = (await findSettings(db, merchant.id))?.settings;
  if (settings === undefined) throw unknownMerchant(merchant.slug);
  const input = await openInputFile(file, 'FILE');
  const actor = readActor();
  const now = new Date(Date.now() + merchant.clockOffsetMs).toISOString();
  const fileName = readFileName(file);
  // The name is kept in the clear, so it passes a guard as well: one that exempts nothing.
  const nameGuard = createFileGuard('name', settings);
  nameGuard.write(Buffer.from(fileName));
  if (nameGuard.end() !== null) {
    throw new UnusableInputError(
      'the name of the file looks like a card number',
      'ファイル名にカード番号と思われる値があります',
    );
  }
  const stored = await storeFile(db, merchant.id, {
    name: fileName,
    kind,
    direction: 'inbound',
    guard: createFileGuard(kind, settings),
    source: input.open(),
    keys: fileKeys,
    ...{ maxBytes, actor, now },
  }).catch((error: unknown) => {
    if (error instanceof FileRefusedError) {
      throw new UnusableInputError(error.message, 'カード番号と思われる値があります');
    }
    if (error instanceof FileTooLargeError) {
      throw new UnusableInputError(error.message, 'ファイルが大きすぎます');
    }
    throw error;
  });
  if (!stored.alreadyStored) {
    await appendAudit(db, merchant.id, {
      ...{ at: now, actor, act: 'file.stored', subject: stored.sha256, reason: null },
      details: { kind: stored.kind, bytes: stored.bytes },
    });
  }
  return { fileId: stored.fileId, sha256: stored.sha256, fileName, actor, now };
}

/** The history is searched by names: they are of the shape that the API takes. */
function readFileName(file: string): string {
  const parsed = fileNameSchema.safeParse(basename(file));
  if (parsed.success) return parsed.data;
  throw new UnusableInputError(
    `the name of the file ${parsed.error.issues[0]?.message ?? 'cannot be used'}`,
    'このファイル名は使えません',
  );
}

export function unknownMerchant(slug: string): UnusableInputError {
  return new UnusableInputError(`there is no merchant ${slug}`, 'この加盟店は登録されていません');
}
