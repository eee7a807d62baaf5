import { exchangeFileName } from '../billing/exchange.ts';
import { describeCarriage } from '../billing/exchange-transport.ts';
import type { MerchantSettings } from '../billing/merchant-settings.ts';
import type { Trx } from '../db/database.ts';
import { type Exchange, requireExchange } from '../db/queries/exchanges.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { notifyOperators } from '../db/queries/notices.ts';
import { findLatestSend } from '../db/queries/sends.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { ReadExchange } from './acts.ts';
import { createTransport } from './create-transport.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { loadMerchantWithSettings } from './merchant.ts';
import { readStored } from './read-stored.ts';
import type { OutgoingFile, Transport } from './transport.ts';

/** As audit and decisions name what no person did. */
export const SYSTEM_ACTOR = 'tsukigime';

/** A file with what carries it. */
export interface Carriage {
  readonly merchant: Merchant;
  readonly settings: MerchantSettings;
  readonly exchange: Exchange;
  /** What stands in the way, where there is no transport. */
  readonly transport: Transport | OutsideError;
  readonly file: OutgoingFile;
}

/** Loads a file that a machine carries, and its transport. Nothing is connected yet. */
export async function openCarriage(
  deps: ActivityDependencies,
  of: ReadExchange,
): Promise<Carriage> {
  const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
  const { settings } = current;
  const exchange = await requireExchange(deps.db, merchant.id, of.exchange);
  if (exchange.transport === 'portal') throw new Error('no machine carries files of the portal');
  const latest = await findLatestSend(deps.db, merchant.id, exchange.id);
  const { sha256, bytes, records, amountYen, acceptanceNumber } = exchange;
  const file: OutgoingFile = {
    name: of.exchange,
    fileName: exchangeFileName(of.exchange),
    content: () => readStored(deps, merchant.id, sha256),
    ...{ bytes, sha256, records, amountYen, acceptanceNumber },
    sendNumber: latest?.sendNumber ?? 1,
    now: of.now,
  };
  const { db, fileKeys, sources } = deps;
  const resolve = sources.resolve === undefined ? {} : { resolve: sources.resolve };
  let transport: Transport | OutsideError;
  try {
    transport = createTransport(
      { db, fileKeys, ...resolve },
      merchant,
      settings,
      exchange.transport,
    );
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    transport = error;
  }
  return { merchant, settings, exchange, transport, file };
}

/** What operators are told of a file that does not go on by itself, once for each occasion. */
export interface FileNotice {
  readonly occasion: string;
  /** Null: what the file waits for says it. */
  readonly sentence: string | null;
  readonly now: string;
}

/**
 * In the transaction of what it tells of, so that whoever dies after it leaves nobody untold. Its caller
 * wakes the mail.
 */
export async function postOfFile(
  trx: Trx,
  merchantId: number,
  { billingMonth, kind, number }: ReadExchange['exchange'],
  { occasion, sentence, now }: FileNotice,
): Promise<void> {
  const name = { billingMonth, kind, number };
  const exchange = await requireExchange(trx, merchantId, name);
  const words = sentence ?? describeCarriage(exchange, 0);
  await notifyOperators(trx, merchantId, {
    key: `exchange:${billingMonth}:${kind}:${number}:${occasion}`,
    template: 'attention',
    parameters: { month: billingMonth, sentence: `${exchangeFileName(name)}: ${words}` },
    now,
  });
}

/** Tells operators how a file stands, by a transaction of its own. */
export async function tellOfFile(
  deps: Pick<ActivityDependencies, 'db' | 'workflows'>,
  merchant: Merchant,
  exchange: ReadExchange['exchange'],
  told: FileNotice,
): Promise<void> {
  await deps.db.transaction().execute((trx) => postOfFile(trx, merchant.id, exchange, told));
  await deps.workflows.wakeMail(merchant);
}
