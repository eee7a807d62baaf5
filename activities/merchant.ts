import { explainUnusable } from '../billing/payment-methods.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findSettings, type SettingsVersion } from '../db/queries/settings.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { refusal } from './failures.ts';

/** The merchant whom a workflow names by its slug. */
export async function loadMerchant(
  deps: Pick<ActivityDependencies, 'db'>,
  slug: string,
): Promise<Merchant> {
  const merchant = await findMerchant(deps.db, slug);
  if (merchant === undefined) {
    throw refusal('UnknownMerchant', `加盟店 ${slug} は登録されていません。`);
  }
  return merchant;
}

/** The merchant with the settings that apply now. */
export async function loadMerchantWithSettings(
  deps: Pick<ActivityDependencies, 'db'>,
  slug: string,
): Promise<{ merchant: Merchant; current: SettingsVersion }> {
  const merchant = await loadMerchant(deps, slug);
  const current = await findSettings(deps.db, merchant.id);
  if (current === undefined) {
    throw refusal(
      'SettingsIncomplete',
      `加盟店 ${slug} の設定がありません。設定を登録してください。`,
    );
  }
  return { merchant, current };
}

/** Paygent's ID for the merchant, without which nothing can be billed. */
export function requirePaygentId(current: SettingsVersion): string {
  const { merchantId } = current.settings.paygent;
  if (merchantId === null) {
    throw refusal(
      'SettingsIncomplete',
      'ペイジェントのマーチャントIDが未設定です。設定に登録してから、もう一度実行してください。何も送信していません。',
    );
  }
  return merchantId;
}

/** 利用しない, or 審査完了前(仮の値): nobody is selected for a billing, and nobody is charged. */
export function requirePaygentInUse(current: SettingsVersion): void {
  const ja = explainUnusable(current.settings.paymentMethods, 'PAYGENT');
  if (ja !== null) throw refusal('SettingsIncomplete', `${ja}注文の選定も請求もしていません。`);
}
