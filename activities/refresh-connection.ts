import {
  type CardRefreshSettings,
  findMissingRefreshSetting,
  type RefreshSftp,
  refreshRequestName,
} from '../billing/card-refresh-settings.ts';
import { explainUnusable } from '../billing/payment-methods.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { findSettings } from '../db/queries/settings.ts';
import type { DropFile } from '../outside/file-drop.ts';
import { OutsideError, type OutsideProblem } from '../outside/outside-error.ts';
import { createSftpTransport } from './sftp-transport.ts';
import { openMerchantSftp, requireSecret } from './source-access.ts';
import { type Transport, type TransportAccess, withRetries } from './transport.ts';

/** A million results of 13 columns have some 120 MB. */
export const MAX_REFRESH_RESULT_BYTES = 512 * 1024 * 1024;

/** How requests travel to GMO and results back: as files do over SFTP, under the refresh's settings. */
export function createRefreshTransport(
  access: TransportAccess,
  merchant: Merchant,
  sftp: RefreshSftp,
): Transport {
  const { requestFolder, ...rest } = sftp;
  const settings = { ...rest, dropFolder: requestFolder, maxResultBytes: MAX_REFRESH_RESULT_BYTES };
  return withRetries(createSftpTransport(access, merchant, settings));
}

/** What a try of the settings found; the sentences are Japanese. */
export type RefreshConnectionTest =
  | {
      readonly works: true;
      readonly detail: string;
      readonly requestFolder: readonly DropFile[];
      readonly resultFolder: readonly DropFile[];
    }
  | {
      readonly works: false;
      readonly problem: OutsideProblem | 'settings';
      readonly detail: string;
      /** Whether it may go away by itself: a person need not change a setting. */
      readonly passing: boolean;
    };

/**
 * Connects now with the settings of 自動洗替 and looks into both folders. Writes nothing: what is put
 * into a PSP's folder may be taken for a request.
 *
 * @param month whose request is looked for by its name; null = none
 */
export async function testRefreshConnection(
  access: TransportAccess,
  merchant: Merchant,
  month: string | null,
): Promise<RefreshConnectionTest> {
  const current = (await findSettings(access.db, merchant.id))?.settings;
  const settings = current?.cardRefresh;
  const missing =
    current === undefined || settings === undefined
      ? '設定がありません。'
      : (explainUnusable(current.paymentMethods, 'GMO') ?? findMissingRefreshSetting(settings));
  if (settings === undefined || missing !== null || settings.sftp === null) {
    return { works: false, problem: 'settings', detail: missing ?? '', passing: false };
  }
  try {
    await requireSecrets(access, merchant, settings);
    const requestFolder = await listFolder(access, merchant, settings.sftp, 'requestFolder');
    const resultFolder = await listFolder(access, merchant, settings.sftp, 'resultFolder');
    const name = month === null ? null : refreshRequestName(settings.sftp, month);
    const detail = describeFound(settings.sftp, { requestFolder, resultFolder, name });
    return { works: true, detail, requestFolder, resultFolder };
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const { problem } = error;
    // A folder that is not there, or not ours to read, is a setting that is wrong.
    const passing = error.isPassing && problem !== 'missing' && problem !== 'refused';
    return { works: false, problem, detail: error.ja, passing };
  }
}

/** `testRefreshConnection` over the connections and keys of one process. */
export function refreshTester(access: TransportAccess) {
  return (merchant: Merchant, month: string | null) =>
    testRefreshConnection(access, merchant, month);
}

/** The passwords of ショップ and サイト are for GMO's other services: that they are there is all we know. */
async function requireSecrets(
  access: TransportAccess,
  merchant: Merchant,
  settings: CardRefreshSettings,
): Promise<void> {
  for (const name of [settings.shopPasswordSecret, settings.sitePasswordSecret]) {
    if (name !== null) await requireSecret(access, merchant, name);
  }
}

async function listFolder(
  access: TransportAccess,
  merchant: Merchant,
  sftp: RefreshSftp,
  folder: 'requestFolder' | 'resultFolder',
): Promise<DropFile[]> {
  const names = { requestFolder: '依頼用フォルダー', resultFolder: '結果用フォルダー' };
  try {
    const drop = await openMerchantSftp(access, merchant, sftp, sftp[folder]);
    try {
      return await drop.list();
    } finally {
      await drop.close();
    }
  } catch (error) {
    if (!(error instanceof OutsideError) || error.problem !== 'missing') throw error;
    throw new OutsideError('missing', `${folder} is missing`, {
      ja: `${names[folder]} ${sftp[folder]} がありません。設定 cardRefresh.sftp.${folder} を確かめてください。`,
      cause: error,
    });
  }
}

function describeFound(
  { host }: RefreshSftp,
  found: {
    readonly requestFolder: readonly DropFile[];
    readonly resultFolder: readonly DropFile[];
    readonly name: string | null;
  },
): string {
  const { requestFolder, resultFolder, name } = found;
  const there = requestFolder.some((file) => file.name === name);
  const request = there ? `今月の依頼ファイル ${name} はすでにあります。` : '';
  return `${host} に接続できました（ホスト鍵は登録どおりです）。依頼用フォルダーに ${requestFolder.length} 件、結果用フォルダーに ${resultFolder.length} 件のファイルがあります。${request}何も書き込んでいません。`;
}
