import { formatJstMinute } from '../billing/business-date.ts';
import { refreshResultDueAt } from '../billing/card-refresh.ts';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import type { Trx } from '../db/database.ts';
import { type CardRefresh, changeUnhastened, requireRefresh } from '../db/queries/card-refresh.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import { readStored } from './read-stored.ts';
import { createRefreshTransport } from './refresh-connection.ts';
import type { OutgoingFile, Transport, TransportAccess } from './transport.ts';

/** A month's refresh of a merchant, at a moment of its business clock. */
export interface OfRefresh {
  /** Slug. */
  readonly merchant: string;
  /** YYYY-MM, of the result. */
  readonly month: string;
  /** ISO instant. */
  readonly now: string;
}

/** A request with what carries it. */
export interface RefreshCarriage {
  readonly merchant: Merchant;
  readonly settings: MerchantSettings;
  readonly settingsVersion: number;
  readonly refresh: CardRefresh;
  /** What stands in the way, where there is no transport. */
  readonly transport: Transport | OutsideError;
  readonly file: OutgoingFile;
}

/** Loads a request that was built, and its transport. Nothing is connected yet. */
export async function openRefreshCarriage(
  deps: ActivityDependencies,
  of: OfRefresh,
): Promise<RefreshCarriage> {
  const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
  const { settings } = current;
  const refresh = await requireRefresh(deps.db, merchant.id, of.month);
  const { sftp } = settings.cardRefresh;
  const sha256 = refresh.requestSha256 ?? '';
  return {
    ...{ merchant, settings, settingsVersion: current.version, refresh },
    transport:
      sftp === null
        ? new OutsideError('refused', 'No SFTP connection is set for the card refresh.', {
            ja: '洗替のSFTP接続が設定されていません。接続していません。設定 cardRefresh を登録してください。',
          })
        : createRefreshTransport(accessOf(deps), merchant, sftp),
    file: {
      name: { billingMonth: of.month, kind: 'refresh', number: 1 },
      // What was built keeps its name: under another one it would be asked for in vain, and sent twice.
      fileName: refresh.requestName ?? '',
      content: () => readStored(deps, merchant.id, sha256),
      bytes: refresh.requestBytes ?? 0,
      sha256,
      records: refresh.targets,
      amountYen: 0,
      sendNumber: 1,
      acceptanceNumber: null,
      now: of.now,
    },
  };
}

export function accessOf({ db, fileKeys, sources }: ActivityDependencies): TransportAccess {
  return { db, fileKeys, ...(sources.resolve === undefined ? {} : { resolve: sources.resolve }) };
}

/** What operators are told of a month's refresh, once for each occasion. */
export interface RefreshNotice {
  readonly occasion: string;
  readonly template: 'card_refresh_attention' | 'card_refresh_done';
  readonly sentence: string;
  readonly now: string;
}

/** In the transaction of what it tells of, whose caller then wakes the mail. */
export async function noteForOperators(
  trx: Trx,
  merchantId: number,
  month: string,
  { occasion, template, sentence, now }: RefreshNotice,
): Promise<void> {
  await notifyOperators(trx, merchantId, {
    key: `refresh:${month}:${occasion}`,
    template,
    parameters: { month, sentence },
    now,
  });
}

/** Tells operators how a month's refresh stands, once for each occasion. */
export async function tellOfRefresh(
  deps: Pick<ActivityDependencies, 'db' | 'workflows'>,
  merchant: Merchant,
  month: string,
  told: RefreshNotice,
): Promise<void> {
  await deps.db.transaction().execute((trx) => noteForOperators(trx, merchant.id, month, told));
  await deps.workflows.wakeMail(merchant);
}

/** The month is not run: its reason stays, and people are told. */
export async function endNotRun(
  deps: ActivityDependencies,
  merchant: Merchant,
  refresh: CardRefresh,
  { why, now }: { readonly why: string; readonly now: string },
): Promise<void> {
  const change = {
    stage: 'not_run',
    note: why,
    attention: true,
    due_at: null,
    closed_at: now,
  } as const;
  const isEnded = await deps.db.transaction().execute(async (trx) => {
    if (!(await changeUnhastened(trx, merchant.id, refresh, change))) return false;
    await noteForOperators(trx, merchant.id, refresh.month, {
      occasion: `not-run:${Date.parse(now)}`,
      template: 'card_refresh_attention',
      sentence: `${refresh.month} の洗替は実施していません。${why}カードは変更していません。原因を直し、${formatJstMinute(refreshResultDueAt(refresh.month))} までに「再実行」すると、今月の洗替を依頼できます。`,
      now,
    });
    return true;
  });
  if (isEnded) await deps.workflows.wakeMail(merchant);
}
