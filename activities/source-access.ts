import { join } from 'node:path';
import { fillMonth, type OrderSource } from '../billing/order-source.ts';
import type { Db } from '../db/database.ts';
import type { FileKey } from '../db/file-chunks.ts';
import { listAllowedHosts } from '../db/queries/allowed-hosts.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { readSecret, SecretError } from '../db/queries/secrets.ts';
import type { Caller, ResolveName } from '../outside/address-guard.ts';
import { openDirectory } from '../outside/directory.ts';
import type { FileDrop } from '../outside/file-drop.ts';
import { type OutsideResponse, sendRequest } from '../outside/https.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { openSftp, readSftpCredential } from '../outside/sftp.ts';

/** What a visit to a merchant's order source needs. */
export interface SourceAccess {
  readonly db: Db;
  /** Newest first: they open secrets and store files. */
  readonly fileKeys: readonly FileKey[];
  /** Exports are looked for in a folder of it that bears the merchant's slug; undefined = nowhere. */
  readonly inboxDir: string | undefined;
  readonly resolve?: ResolveName;
}

/** The largest export that is taken, as for uploads. */
export const MAX_EXPORT_BYTES = 512 * 1024 * 1024;

type Kind<Name extends OrderSource['kind']> = Extract<OrderSource, { kind: Name }>;

/** @throws OutsideError: what stands in the way, in words for operators */
export async function openSourceFolder(
  access: SourceAccess,
  merchant: Merchant,
  source: Kind<'directory'> | Kind<'sftp'>,
): Promise<FileDrop> {
  if (source.kind === 'directory') {
    if (access.inboxDir === undefined) {
      throw new OutsideError('refused', 'TSUKIGIME_INBOX_DIR is not set.', {
        ja: '受け渡し用フォルダー（TSUKIGIME_INBOX_DIR）がこのサーバーに設定されていません。読み取っていません。管理者に設定を依頼してください。',
      });
    }
    // Each merchant has a folder of its own: settings of one must not lead to the orders of another.
    return await openDirectory(join(access.inboxDir, merchant.slug), source.path);
  }
  return await openMerchantSftp(access, merchant, source, source.folder);
}

/** An SFTP server of a merchant's settings, whatever it is for. */
export interface MerchantSftp {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeys: readonly string[];
  /** A password or a private key. */
  readonly secretName: string;
}

/** @throws OutsideError: what stands in the way, in words for operators */
export async function openMerchantSftp(
  access: Pick<SourceAccess, 'db' | 'fileKeys' | 'resolve'>,
  merchant: Merchant,
  { host, port, user, hostKeys, secretName }: MerchantSftp,
  folder: string,
): Promise<FileDrop> {
  return await openSftp({
    ...{ host, port, user, hostKeys, folder },
    credential: readSftpCredential(await requireSecret(access, merchant, secretName)),
    caller: await callerOf(access, merchant),
    ...(access.resolve === undefined ? {} : { resolve: access.resolve }),
  });
}

/**
 * Asks an address for the month's export.
 * @param mark what the month had last: then an unchanged export answers 304
 */
export async function requestExport(
  access: SourceAccess,
  merchant: Merchant,
  source: Kind<'https'>,
  { month, mark }: { readonly month: string; readonly mark: string | undefined },
): Promise<OutsideResponse> {
  return await sendRequest({
    url: fillMonth(source.url, month),
    method: 'GET',
    headers: { ...(await authorizationOf(access, merchant, source)), ...conditionOf(mark) },
    caller: await callerOf(access, merchant),
    maxResponseBytes: MAX_EXPORT_BYTES,
    ...(source.certificateAuthority === null
      ? {}
      : { trustedAuthorities: [source.certificateAuthority] }),
    ...(access.resolve === undefined ? {} : { resolve: access.resolve }),
  });
}

/** What an answer says about its version; undefined when it says nothing. */
export function markOfAnswer({ headers }: OutsideResponse): string | undefined {
  if (headers.etag !== undefined) return `etag:${headers.etag.slice(0, 200)}`;
  const modified = headers['last-modified'];
  return modified === undefined ? undefined : `modified:${modified.slice(0, 100)}`;
}

/** The name under which the export of an address is kept. */
export function nameOfExport(source: Kind<'https'>, month: string): string {
  const path = new URL(fillMonth(source.url, month)).pathname;
  const last = path.slice(path.lastIndexOf('/') + 1);
  return /^[\w.-]{1,150}$/.test(last) ? last : `orders-${month}.csv`;
}

/** On whose behalf connections of a merchant are made. */
export async function callerOf(
  access: Pick<SourceAccess, 'db'>,
  merchant: Merchant,
): Promise<Caller> {
  const hosts = await listAllowedHosts(access.db, merchant.id);
  return {
    kind: merchant.kind,
    allowedHosts: hosts.filter(({ allowed }) => allowed).map(({ host }) => host),
  };
}

function conditionOf(mark: string | undefined): Record<string, string> {
  if (mark?.startsWith('etag:')) return { 'If-None-Match': mark.slice('etag:'.length) };
  if (mark?.startsWith('modified:')) return { 'If-Modified-Since': mark.slice('modified:'.length) };
  return {};
}

async function authorizationOf(
  access: SourceAccess,
  merchant: Merchant,
  { auth }: Kind<'https'>,
): Promise<Record<string, string>> {
  if (auth.kind === 'none') return {};
  const secret = await requireSecret(access, merchant, auth.secretName);
  if (auth.kind === 'bearer') return { Authorization: `Bearer ${secret}` };
  const pair = Buffer.from(`${auth.user}:${secret}`).toString('base64');
  return { Authorization: `Basic ${pair}` };
}

/** @throws OutsideError login_refused when the merchant has no such secret */
export async function requireSecret(
  access: Pick<SourceAccess, 'db' | 'fileKeys'>,
  merchant: Merchant,
  name: string,
): Promise<string> {
  const value = await readSecret(access.db, merchant.id, name, access.fileKeys).catch(
    (error: unknown) => {
      if (error instanceof SecretError) return null;
      throw error;
    },
  );
  if (value !== null) return value;
  throw new OutsideError('login_refused', `The secret ${name} is not set or cannot be opened.`, {
    ja: `秘密情報「${name}」が登録されていないか、開けません。接続していません。管理者が登録してください。`,
  });
}
