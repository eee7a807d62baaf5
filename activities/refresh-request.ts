import { formatJstMinute } from '../billing/business-date.ts';
import { nextRefreshCheckAt, refreshSendDeadline } from '../billing/card-refresh.ts';
import { refreshRequestName } from '../billing/card-refresh-settings.ts';
import { lockMerchant } from '../db/database.ts';
import {
  type CardRefresh,
  changeRefresh,
  changeUnhastened,
  isFirstRefresh,
  requireRefresh,
} from '../db/queries/card-refresh.ts';
import { insertRefreshTargets } from '../db/queries/card-refresh-targets.ts';
import { storeFile } from '../db/queries/files.ts';
import { lockCustomers } from '../db/queries/imports.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import type { SettingsVersion } from '../db/queries/settings.ts';
import { SYSTEM_ACTOR } from './carriage.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import { accessOf, endNotRun, type OfRefresh, tellOfRefresh } from './refresh-carriage.ts';
import { type RefreshConnectionTest, testRefreshConnection } from './refresh-connection.ts';
import { streamRefreshRequest } from './refresh-request-file.ts';

/** A million lines of a request have some 60 MB. */
const MAX_REQUEST_BYTES = 256 * 1024 * 1024;

/** Where the other side is away, as on the day of a request. */
const RETRY_PAUSE_MS = 15 * 60_000;

type Failed = Extract<RefreshConnectionTest, { works: false }>;

/** What happens before a request leaves: the connection is tried, cards are selected, it is built. */
export function createRefreshRequestActivities(deps: ActivityDependencies) {
  return {
    /** Tries the connection some days before the request leaves; people are told while there is time. */
    async checkRefresh(of: OfRefresh): Promise<void> {
      const { merchant } = await loadMerchantWithSettings(deps, of.merchant);
      const refresh = await requireRefresh(deps.db, merchant.id, of.month);
      if (refresh.stage !== 'planned') return;
      const test = await withHeartbeat(() =>
        testRefreshConnection(accessOf(deps), merchant, of.month),
      );
      const due_at = nextRefreshCheckAt(refresh.requestAt, of.now);
      const note = test.works ? null : test.detail;
      const attention = !test.works;
      const change = { note, attention, due_at };
      const isNoted = await changeUnhastened(deps.db, merchant.id, refresh, change);
      if (test.works || !isNoted) return;
      const last = due_at === null ? ':last' : '';
      await tellOfRefresh(deps, merchant, of.month, {
        occasion: `check:${test.problem}${last}`,
        template: 'card_refresh_attention',
        sentence: `${formatJstMinute(refresh.requestAt)} に予定している洗替の事前確認に失敗しました。${test.detail}それまでに直し、「接続テスト」で確かめてください。直らない場合、${of.month} の洗替は実施されません。`,
        now: of.now,
      });
    },

    /**
     * Selects the cards and builds the request, once the connection works. Settings that are wrong on
     * the day leave the month not run (manual 004); a server that is away is tried again.
     */
    async buildRefresh(of: OfRefresh): Promise<void> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const refresh = await requireRefresh(deps.db, merchant.id, of.month);
      if (refresh.stage !== 'planned') return;
      await withHeartbeat(async () => {
        const test = await testRefreshConnection(accessOf(deps), merchant, of.month);
        if (!test.works) {
          await noteFailure(deps, merchant, { refresh, current, test, now: of.now });
          return;
        }
        const targets = await selectTargets(deps, merchant, refresh);
        if (targets === 0) {
          const note = '対象のカードがありません。';
          const change = { stage: 'not_run', note, closed_at: of.now, attention: false } as const;
          await changeUnhastened(deps.db, merchant.id, refresh, change);
          return;
        }
        await storeRequest(deps, merchant, { refresh, current, now: of.now });
      });
    },
  };
}

/** Selected once: a request that is built again after a break is about the same cards. */
async function selectTargets(
  deps: ActivityDependencies,
  merchant: Merchant,
  { month }: CardRefresh,
): Promise<number> {
  return await deps.db.transaction().execute(async (trx) => {
    // As a merge takes them: cards first.
    await lockCustomers(trx, merchant.id);
    await lockMerchant(trx, merchant.id);
    const refresh = await requireRefresh(trx, merchant.id, month);
    if (refresh.targets > 0) return refresh.targets;
    const first = await isFirstRefresh(trx, merchant.id);
    const of = { refreshId: refresh.id, month, first };
    const { targets } = await insertRefreshTargets(trx, merchant.id, of);
    await changeRefresh(trx, merchant.id, refresh, { first, targets });
    return targets;
  });
}

async function storeRequest(
  deps: ActivityDependencies,
  merchant: Merchant,
  of: { readonly refresh: CardRefresh; readonly current: SettingsVersion; readonly now: string },
): Promise<void> {
  const { refresh, current, now } = of;
  const { sftp } = current.settings.cardRefresh;
  if (sftp === null) throw new Error('a connection that works has settings');
  const { fileId } = await storeFile(deps.db, merchant.id, {
    name: refreshRequestName(sftp, refresh.month),
    kind: 'refresh-request',
    direction: 'outbound',
    source: streamRefreshRequest(deps.pool, merchant.id, {
      refreshId: refresh.id,
      month: refresh.month,
    }),
    keys: deps.fileKeys,
    maxBytes: MAX_REQUEST_BYTES,
    now,
    actor: SYSTEM_ACTOR,
  });
  await changeRefresh(deps.db, merchant.id, refresh, {
    stage: 'built',
    request_file_id: fileId,
    due_at: null,
    note: null,
    attention: false,
  });
}

async function noteFailure(
  deps: ActivityDependencies,
  merchant: Merchant,
  of: {
    readonly refresh: CardRefresh;
    readonly current: SettingsVersion;
    readonly test: Failed;
    readonly now: string;
  },
): Promise<void> {
  const { refresh, current, test, now } = of;
  const { sendWithinDays } = current.settings.cardRefresh;
  const deadline = refreshSendDeadline(refresh, sendWithinDays);
  if (!test.passing || Date.parse(now) >= Date.parse(deadline)) {
    await endNotRun(deps, merchant, refresh, { why: test.detail, now });
    return;
  }
  const due_at = new Date(Date.parse(now) + RETRY_PAUSE_MS).toISOString();
  const change = { note: test.detail, attention: true, due_at };
  if (!(await changeUnhastened(deps.db, merchant.id, refresh, change))) return;
  await tellOfRefresh(deps, merchant, refresh.month, {
    occasion: `away:${test.problem}`,
    template: 'card_refresh_attention',
    sentence: `${refresh.month} の洗替をまだ依頼できていません。${test.detail}${formatJstMinute(deadline)} まで自動で再試行します。`,
    now,
  });
}
