import { createHash } from 'node:crypto';
import {
  describeRefreshCounts,
  nextRefreshLookAt,
  type RefreshCounts,
  type RefreshFacts,
  refreshLateAt,
} from '../billing/card-refresh.ts';
import { exchangeFileName } from '../billing/exchange.ts';
import { lockMerchant } from '../db/database.ts';
import { listFilesOfLocked } from '../db/queries/card-locks.ts';
import { changeRefresh, changeUnhastened, requireRefresh } from '../db/queries/card-refresh.ts';
import {
  FileRefusedError,
  FileTooLargeError,
  findFile,
  type StoredFile,
} from '../db/queries/files.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { wakeForCardLocks } from './card-locks.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { mergeRefreshResult, type RefreshMerge } from './merge-refresh-result.ts';
import { type OfRefreshAct, refuse, settleRefreshSend, toFacts } from './refresh-act.ts';
import {
  type OfRefresh,
  openRefreshCarriage,
  type RefreshCarriage,
  tellOfRefresh,
} from './refresh-carriage.ts';
import { MAX_REFRESH_RESULT_BYTES } from './refresh-connection.ts';
import { storeFetched } from './store-fetched.ts';
import type { Fetched } from './transport.ts';

export const REFRESH_RESULT_KIND = 'refresh-result';

export function createRefreshResultActivities(deps: ActivityDependencies) {
  return {
    /**
     * Looks for the month's result; what is new is stored through the card-number guard and merged.
     * Results that are late, wrong or incomplete are told to people, and looking goes on.
     */
    lookForRefreshResult: (of: OfRefresh): Promise<void> =>
      withHeartbeat(async () => {
        const carriage = await openRefreshCarriage(deps, of);
        if (carriage.refresh.stage !== 'awaiting_result') return;
        const { transport, file } = carriage;
        const fetched: Fetched =
          transport instanceof OutsideError
            ? { kind: 'failed', why: transport.ja }
            : await transport.fetchResult(file);
        const taken = await takeResult(deps, carriage, fetched, of.now);
        if (typeof taken !== 'string' && taken !== null) {
          const merge = await mergeStored(deps, carriage, taken, of.now);
          await followMerge(deps, carriage, { merge, sha256: taken.sha256, now: of.now });
          return;
        }
        await noteLook(deps, carriage, { fetched, why: taken, now: of.now });
      }),

    /** A result that a person brings: the same way into the record, with its decision. */
    ingestRefreshResult: (of: OfRefreshAct & { sha256: string }): Promise<RefreshFacts> =>
      withHeartbeat(async () => {
        const carriage = await openRefreshCarriage(deps, of);
        const { merchant } = carriage;
        const stored = await findFile(deps.db, merchant.id, of.sha256);
        if (stored === undefined) {
          throw refusal(
            'UnknownFile',
            '指定されたファイルは保存されていません。先にアップロードしてください。',
          );
        }
        await decideIngest(deps, carriage, of);
        const merge = await mergeStored(deps, carriage, stored, of.now);
        if (merge.kind === 'refused') {
          throw refusal(
            'WrongResultFile',
            `${merge.why}ファイルは保存しましたが、取り込んでいません。`,
          );
        }
        const now = await requireRefresh(deps.db, merchant.id, of.month);
        await followMerge(deps, { ...carriage, refresh: now }, { merge, ...of });
        return toFacts(await requireRefresh(deps.db, merchant.id, of.month));
      }),
  };
}

/** Written down first. A result proves that its request arrived, whatever was known of that. */
async function decideIngest(
  deps: ActivityDependencies,
  { merchant }: RefreshCarriage,
  of: OfRefreshAct & { sha256: string },
): Promise<void> {
  try {
    await deps.db.transaction().execute(async (trx) => {
      await lockMerchant(trx, merchant.id);
      const refresh = await requireRefresh(trx, merchant.id, of.month);
      const { stage } = refresh;
      if (stage !== 'unknown' && stage !== 'awaiting_result' && stage !== 'done') {
        throw refuse(refresh, 'この月の洗替はまだ依頼していません');
      }
      await decide(trx, merchant.id, of, {
        act: 'ingest-refresh-result',
        body: { sha256: of.sha256 },
      });
      if (stage === 'unknown') {
        await settleRefreshSend(trx, merchant.id, refresh, { arrived: true, now: of.now });
      }
    });
  } catch (error) {
    throw asRefusal(error);
  }
}

/** @returns the stored result, why there is none in a sentence, or null = nothing yet */
async function takeResult(
  deps: ActivityDependencies,
  { merchant, settings }: RefreshCarriage,
  fetched: Fetched,
  now: string,
): Promise<StoredFile | string | null> {
  if (fetched.kind === 'failed') return fetched.why;
  if (fetched.kind === 'waiting') return null;
  try {
    return await storeFetched(
      deps,
      { merchant, settings },
      { ...fetched, kind: REFRESH_RESULT_KIND, maxBytes: MAX_REFRESH_RESULT_BYTES, now },
    );
  } catch (error) {
    if (error instanceof OutsideError) return error.ja;
    if (error instanceof FileRefusedError) {
      return `届いた結果ファイルの ${error.finding.line} 行目にカード番号と思われる数字があります。ファイルは保存していません。GMOペイメントゲートウェイに連絡してください。`;
    }
    if (error instanceof FileTooLargeError) {
      return '届いた結果ファイルが大きすぎます。ファイルは保存していません。GMOペイメントゲートウェイに連絡してください。';
    }
    throw error;
  }
}

async function mergeStored(
  deps: ActivityDependencies,
  { merchant, settings, refresh }: RefreshCarriage,
  { fileId, sha256 }: StoredFile,
  now: string,
): Promise<RefreshMerge> {
  const { id: refreshId, month } = refresh;
  const layout = settings.cardRefresh.resultLayout;
  return await mergeRefreshResult(deps, merchant.id, {
    ...{ refreshId, month, fileId, sha256, layout, now },
  });
}

/** What a merged, known or refused file means for the month. */
async function followMerge(
  deps: ActivityDependencies,
  carriage: RefreshCarriage,
  of: { readonly merge: RefreshMerge; readonly sha256: string; readonly now: string },
): Promise<void> {
  const { merchant, refresh } = carriage;
  const { merge, now } = of;
  const { month } = refresh;
  if (merge.kind === 'merged') {
    await endOrWait(deps, carriage, merge, now);
    return;
  }
  if (merge.kind === 'known') {
    // Whoever merged it may have been cut before it was followed: every step of that is repeatable.
    const newest = await requireRefresh(deps.db, merchant.id, month);
    const { counts, resultFiles: n } = newest;
    if (counts !== null)
      await endOrWait(deps, { ...carriage, refresh: newest }, { n, counts }, now);
    return;
  }
  const due_at = nextLook(carriage, { settling: false, now });
  await changeRefresh(deps.db, merchant.id, refresh, { note: merge.why, attention: true });
  await changeUnhastened(deps.db, merchant.id, refresh, { due_at });
  await tellOfRefresh(deps, merchant, month, {
    occasion: `refused:${of.sha256.slice(0, 16)}`,
    template: 'card_refresh_attention',
    sentence: `${month} の洗替結果ファイルを取り込めませんでした。${merge.why}カードは変更していません。正しいファイルが届くのを待ち、または手元のファイルを取り込んでください。`,
    now,
  });
}

async function endOrWait(
  deps: ActivityDependencies,
  carriage: RefreshCarriage,
  { n, counts }: { readonly n: number; readonly counts: RefreshCounts },
  now: string,
): Promise<void> {
  const { merchant, refresh } = carriage;
  const complete = counts.missing === 0;
  const attention = !complete || counts.quarantined > 0;
  await wakeForCardLocks(deps, merchant);
  const built = await describeFilesOfLocked(deps, merchant.id);
  const open = complete
    ? ''
    : '結果のないカードは変更していません。訂正された結果ファイルを自動で確認しています。届かない場合は、GMOペイメントゲートウェイに確認してから「終了」してください。';
  await tellOfRefresh(deps, merchant, refresh.month, {
    occasion: `result-${n}`,
    template: attention || built !== '' ? 'card_refresh_attention' : 'card_refresh_done',
    sentence: `${refresh.month}: ${describeRefreshCounts(counts)}${open}${built}`,
    now,
  });
  // Last: whoever dies before finds the month where it stood, and does all of this again.
  if (refresh.stage === 'awaiting_result') {
    const change = complete
      ? ({ stage: 'done', note: null, attention, due_at: null, closed_at: now } as const)
      : { note: null, attention };
    await changeRefresh(deps.db, merchant.id, refresh, change);
    if (!complete) {
      const due_at = nextLook(carriage, { settling: false, now, answered: true });
      await changeUnhastened(deps.db, merchant.id, refresh, { due_at });
    }
  }
}

/** Files that were built before their cards were locked: people take those orders out. */
async function describeFilesOfLocked(
  { db }: ActivityDependencies,
  merchantId: number,
): Promise<string> {
  const files = await listFilesOfLocked(db, merchantId);
  if (files.length === 0) return '';
  const named = files.map(
    (file) =>
      `${exchangeFileName({ ...file, billingMonth: file.month })}（${file.orderNumbers.length} 件${file.opened ? '、アップロード待ち' : ''}）`,
  );
  return `まだ送信していない請求ファイルに、請求を停止したカードの注文が含まれています: ${named.join('、')}。自動では送信しません。アップロード待ちのファイルはアップロードせず、これらの注文をファイルから取り除いてください。`;
}

/** Nothing was taken: when to look next, and whom to tell. */
async function noteLook(
  deps: ActivityDependencies,
  carriage: RefreshCarriage,
  of: { readonly fetched: Fetched; readonly why: string | null; readonly now: string },
): Promise<void> {
  const { merchant, refresh, settings } = carriage;
  const { fetched, why, now } = of;
  const { month, counts } = refresh;
  const settling = fetched.kind === 'waiting' && fetched.settling === true;
  const due_at = nextLook(carriage, { settling, now });
  const lateAt = refreshLateAt(month, settings.cardRefresh.lateDays);
  const late = counts === null && Date.parse(now) >= Date.parse(lateAt);
  // A hiccup passes; what is still so at the next look is told.
  const lasting = why !== null && why === refresh.note;
  const attention = refresh.attention || late || lasting;
  const change = { note: why, attention, due_at };
  if (!(await changeUnhastened(deps.db, merchant.id, refresh, change))) return;
  const base = { template: 'card_refresh_attention', now } as const;
  if (lasting) {
    const hash = createHash('sha256').update(why).digest('hex').slice(0, 16);
    const sentence = `${month} の洗替結果を確認できません。${why}カードは変更していません。自動で確認を続けます。`;
    await tellOfRefresh(deps, merchant, month, { ...base, occasion: `look:${hash}`, sentence });
  }
  if (late) {
    const sentence = `${month} の洗替結果が届いていません（予定は ${month}-27 の0時）。${why ?? ''}カードは変更していません。GMOペイメントゲートウェイに確認してください。自動で確認を続けます。`;
    await tellOfRefresh(deps, merchant, month, { ...base, occasion: 'late', sentence });
  }
}

function nextLook(
  { refresh, settings }: RefreshCarriage,
  of: { readonly settling: boolean; readonly now: string; readonly answered?: boolean },
): string {
  const { pollMinutes, lateDays } = settings.cardRefresh;
  return nextRefreshLookAt({
    month: refresh.month,
    now: of.now,
    ...{ pollMinutes, lateDays, settling: of.settling },
    answered: of.answered ?? refresh.counts !== null,
  });
}
