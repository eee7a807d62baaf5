import type { MerchantSettings } from '../billing/merchant-settings.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { putOnce } from './sftp-transport.ts';
import { openMerchantSftp } from './source-access.ts';

/** A released link file with its stored bytes, which are read once. */
export interface StoredLinkFile {
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What handing it over came to; `why` is a sentence for operators. */
export type LinkFileSending =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Puts a link file into the PSP's folder: under a temporary name, read back, renamed. Doing it again is
 * harmless, unlike with transaction files: the same bytes under the name are found, others are never
 * written over, and nobody is billed for either.
 */
export async function sendLinkFile(
  { db, fileKeys, sources }: Pick<ActivityDependencies, 'db' | 'fileKeys' | 'sources'>,
  merchant: Merchant,
  { cardMigration }: Pick<MerchantSettings, 'cardMigration'>,
  { content, ...file }: StoredLinkFile,
): Promise<LinkFileSending> {
  const { sftp } = cardMigration.linkFile;
  if (sftp === null) return { kind: 'failed', why: 'SFTPの接続先が設定されていません。' };
  const resolve = sources.resolve === undefined ? {} : { resolve: sources.resolve };
  try {
    const drop = await openMerchantSftp({ db, fileKeys, ...resolve }, merchant, sftp, sftp.folder);
    try {
      const put = await putOnce(drop, { ...file, content: () => content });
      return put.kind === 'accepted' ? { kind: 'accepted' } : { kind: 'failed', why: put.why };
    } finally {
      await drop.close();
    }
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { kind: 'failed', why: error.ja };
  }
}
