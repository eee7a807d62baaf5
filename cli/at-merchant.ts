import type { Client } from '@temporalio/client';
import { readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findRunningStack } from '../stack/running-stack.ts';
import { connectTemporal } from '../temporal/client.ts';
import { sayRefusal } from './say-refusal.ts';
import { requireStack, type Stack, unknownMerchant } from './store-input.ts';
import { runReporting } from './unusable-input.ts';

export interface OfMerchant {
  readonly merchant: string;
}

/** What a command works with that has the running worker do something for one merchant. */
export interface AtMerchant {
  readonly db: Db;
  readonly stack: Stack;
  readonly merchant: Merchant;
  /** ISO instant of the merchant's business clock. */
  readonly now: string;
}

/**
 * Runs a command at a merchant: on the servers of the environment, else on those of `tsukigime up`.
 * @param work gives the exit code.
 */
export function atMerchant(
  command: OfMerchant,
  work: (at: AtMerchant) => Promise<number>,
): Promise<number> {
  return runReporting(async () => {
    const stack = requireStack(findRunningStack(readConfig()));
    const db = openDatabase(stack.appDatabaseUrl, {
      maxConnections: 2,
      applicationName: 'tsukigime-cli',
    });
    try {
      const merchant = await findMerchant(db, command.merchant);
      if (merchant === undefined) throw unknownMerchant(command.merchant);
      const now = new Date(Date.now() + merchant.clockOffsetMs).toISOString();
      return await work({ db, stack, merchant, now });
    } finally {
      await db.destroy();
    }
  });
}

/** A client for as long as `work` lasts; what a workflow refuses is said in its own words. */
export async function withTemporal<T>(
  { stack }: Pick<AtMerchant, 'stack'>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connectTemporal({
    address: stack.temporalAddress,
    namespace: stack.temporalNamespace,
    access: stack.temporalAccess,
    keys: stack.payloadKeys,
  });
  try {
    return await work(client);
  } catch (error) {
    throw sayRefusal(error);
  } finally {
    await client.connection.close();
  }
}
