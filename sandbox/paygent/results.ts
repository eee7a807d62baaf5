import type { Desk } from './desk.ts';
import { formatPortalTime } from './portal-time.ts';
import { Refusal } from './refusal.ts';
import { merchantOf, type Upload } from './state.ts';

/** The search for processed files and the download of their results. */

/** Older uploads of the account stand in the list at most as a row without a file [manual]. */
const searchableUploads = 10;

/** One row of the result list, in the portal's six columns. */
export interface ResultRow {
  /** 取引種別: the portal writes カード決済 for authorizations and captures alike. */
  readonly transactionKind: 'カード決済';
  /** 受付番号 */
  readonly acceptanceNumber: string;
  /** 受付日時, `yyyy/MM/dd HH:mm:ss` in JST. */
  readonly acceptedAt: string;
  /** 処理種別; the number of data records, by our reading of the manual's picture. */
  readonly processingKind: string;
  /** NG件数; 0 until the processing has ended. */
  readonly ngCount: number;
  /** ステータス */
  readonly status: '決済処理中' | '完了処理済';
}

export interface ResultSearch {
  readonly acceptanceNumber?: string | undefined;
  /** ISO instants, inclusive. */
  readonly acceptedFrom?: string | undefined;
  readonly acceptedTo?: string | undefined;
  /** オーソリ or 売上. */
  readonly transactionKind?: string | undefined;
}

function uploadsOf(desk: Desk, merchantId: string): Upload[] {
  merchantOf(desk.state, merchantId);
  return [...desk.state.uploads.values()].filter((upload) => upload.merchantId === merchantId);
}

/**
 * Searches by 受付番号, or by 受付日時 and 取引種別 among the last ten uploads; newest first. A 受付番号
 * finds an older upload too, but its file is gone.
 */
export function searchResults(desk: Desk, merchantId: string, search: ResultSearch): ResultRow[] {
  const uploads = uploadsOf(desk, merchantId);
  const { acceptanceNumber, acceptedFrom, acceptedTo, transactionKind } = search;
  const found =
    acceptanceNumber !== undefined
      ? uploads.filter((upload) => upload.acceptanceNumber === acceptanceNumber)
      : uploads
          .slice(-searchableUploads)
          .filter(({ at }) => acceptedFrom === undefined || at >= acceptedFrom)
          .filter(({ at }) => acceptedTo === undefined || at <= acceptedTo)
          .filter((upload) => !transactionKind || upload.transactionKind === transactionKind);
  return found.reverse().map(showRow);
}

function showRow(upload: Upload): ResultRow {
  return {
    transactionKind: 'カード決済',
    acceptanceNumber: upload.acceptanceNumber,
    acceptedAt: formatPortalTime(upload.at),
    processingKind: String(upload.records),
    ngCount: upload.ngCount,
    status: upload.processedAt === null ? '決済処理中' : '完了処理済',
  };
}

/** The result file of one of the last ten uploads. */
export function downloadResult(desk: Desk, merchantId: string, acceptanceNumber: string): Buffer {
  const uploads = uploadsOf(desk, merchantId).slice(-searchableUploads);
  const upload = uploads.find((candidate) => candidate.acceptanceNumber === acceptanceNumber);
  if (!upload) throw new Refusal(404, 'no_file', 'ファイルがありません');
  if (upload.processedAt === null) {
    throw new Refusal(409, 'still_processing', '決済処理中です。処理完了メールをお待ちください。');
  }
  return desk.readResult(acceptanceNumber);
}
