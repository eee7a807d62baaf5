import {
  type KeptOutAt,
  keptOutLabels,
  type LockMismatch,
  lockMismatchLabels,
  type UnlockedBy,
  unlockLabels,
} from './card-lock.ts';
import { refreshVerdictsJa } from './card-refresh.ts';
import { type CsvValue, csvInstant } from './csv-writer.ts';
import { formatCustomerId } from './customer-id.ts';

/**
 * The evidence of a lock as rows: one for each month, and how far the orders had come, that it kept
 * out; one where it kept none.
 */

export const CARD_LOCK_HEAD = [
  '停止番号',
  '顧客番号',
  '顧客ID',
  '決済代行会社',
  'カード番号下桁',
  '有効期限',
  '洗替判定結果',
  '判定',
  '洗替対象月',
  '洗替結果ファイル',
  '結果の行',
  '停止日時',
  '解除日時',
  '解除の理由',
  '申請者',
  '承認者',
  '停止中のオーソリ件数',
  '対象外とした請求月',
  '対象外とした時点',
  '対象外とした注文',
  '対象外の金額',
  '取り出し元のファイル',
  'その月のオーソリファイル',
] as const;

interface LockToWrite {
  readonly number: number;
  readonly customerNumber: string;
  readonly customerId: number;
  readonly service: string;
  readonly lastDigits: string;
  readonly expiry: string;
  readonly verdict: 1 | 2 | 3;
  readonly month: string;
  readonly resultSha256: string;
  readonly resultLine: number;
  readonly lockedAt: string;
  readonly unlockedAt: string | null;
  readonly unlockedBy: UnlockedBy | null;
  readonly override: {
    readonly mismatch: LockMismatch;
    readonly requestedBy: string;
    readonly answeredBy: string | null;
  } | null;
  readonly claimedWhileLocked: number;
  readonly keptOut: readonly {
    readonly month: string;
    readonly at: KeptOutAt;
    readonly orderNumbers: readonly string[];
    readonly yen: number;
    readonly files: readonly { readonly sha256: string }[];
    readonly takenFrom: readonly { readonly sha256: string }[];
  }[];
}

export function cardLockRows(lock: LockToWrite): CsvValue[][] {
  const { override, unlockedBy } = lock;
  const why =
    unlockedBy === 'override' && override !== null
      ? `${unlockLabels.override}: ${lockMismatchLabels[override.mismatch]}`
      : unlockedBy === null
        ? null
        : unlockLabels[unlockedBy];
  const head: CsvValue[] = [
    lock.number,
    lock.customerNumber,
    formatCustomerId(lock.customerId),
    lock.service,
    lock.lastDigits,
    lock.expiry,
    lock.verdict,
    refreshVerdictsJa[lock.verdict],
    lock.month,
    lock.resultSha256,
    lock.resultLine,
    csvInstant(lock.lockedAt),
    csvInstant(lock.unlockedAt),
    why,
    override?.requestedBy ?? null,
    override?.answeredBy ?? null,
    lock.claimedWhileLocked,
  ];
  if (lock.keptOut.length === 0) return [[...head, null, null, null, null, null, null]];
  return lock.keptOut.map(({ month, at, orderNumbers, yen, files, takenFrom }) => [
    ...head,
    month,
    keptOutLabels[at],
    orderNumbers.join(' '),
    yen,
    hashesOf(takenFrom),
    hashesOf(files),
  ]);
}

const hashesOf = (files: readonly { readonly sha256: string }[]) =>
  files.map(({ sha256 }) => sha256).join(' ');
