import { readFile } from 'node:fs/promises';
import { merchantRoutes } from '../api/contract/merchants.ts';
import { createMerchant, findMerchant, MerchantExistsError } from '../db/queries/merchants.ts';
import { findSettings } from '../db/queries/settings.ts';
import { UsageError, withRecord } from './record-access.ts';

export interface MerchantCreateCommand {
  readonly merchant: string;
  readonly name: string;
  readonly kind: string;
  /** JSON file with settings; what it leaves out has its default. */
  readonly settings?: string;
  readonly paygentId?: string;
}

/** `tsukigime merchant create`: the same checks as the API's route. */
export async function runMerchantCreate(command: MerchantCreateCommand): Promise<number> {
  return await withRecord(async ({ db, actor, now }) => {
    const wanted = merchantRoutes.createMerchant.body.schema.safeParse({
      merchant: command.merchant,
      name: command.name,
      kind: command.kind,
      settings: await readSettings(command),
    });
    if (!wanted.success) {
      const lines = wanted.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
      throw new UsageError(lines.join('\n'));
    }
    const { merchant: slug, ...rest } = wanted.data;
    try {
      await createMerchant(db, { slug, ...rest, actor, now });
    } catch (error) {
      if (error instanceof MerchantExistsError) throw new UsageError(error.message);
      throw error;
    }
    console.log(`Merchant ${slug} (${rest.kind}) is there, with version 1 of its settings.`);
  });
}

/** `tsukigime merchant show`: the merchant and its newest settings, as JSON. */
export async function runMerchantShow(command: { readonly merchant: string }): Promise<number> {
  return await withRecord(async ({ db }) => {
    const merchant = await findMerchant(db, command.merchant);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
    const { id, ...shown } = merchant;
    console.log(JSON.stringify({ ...shown, settings: await findSettings(db, id) }, null, 2));
  });
}

async function readSettings(command: MerchantCreateCommand): Promise<Record<string, unknown>> {
  const given = command.settings === undefined ? {} : await readJsonObject(command.settings);
  const group = (name: string) => given[name] as object | undefined;
  return {
    ...given,
    ...(command.paygentId === undefined
      ? {}
      : { paygent: { ...group('paygent'), merchantId: command.paygentId } }),
  };
}

async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (value !== null && typeof value === 'object') return value as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`--settings ${path}: ${error instanceof Error ? error.message : ''}`);
  }
  throw new UsageError(`--settings ${path}: is not a JSON object`);
}
