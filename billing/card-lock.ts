import { z } from 'zod';
import { type CardService, cardServices } from './card-service.ts';

/** 洗替 and billing: which orders a refused card keeps out, and what lets it go. */
export const cardLockSettingsSchema = z
  .strictObject({
    /**
     * Which PSP's cards an order of a 支払方法 charges. An order whose 支払方法 is not named here is
     * held back by any locked card of its customer: to bill too little for once is better than to
     * bill a card that must not be.
     */
    methodServices: z
      .record(z.string().trim().min(1).max(100), z.array(z.enum(cardServices)))
      .default({}),
  })
  .prefault({});

export type CardLockSettings = z.output<typeof cardLockSettingsSchema>;

/**
 * Whose locked cards a change of settings has billed for some 支払方法: it is said not to charge cards
 * of the service, and was held back by them before.
 */
export function findServicesSetFree(
  before: CardLockSettings,
  after: CardLockSettings,
): CardService[] {
  const charged = new Map(Object.entries(before.methodServices));
  const methods = Object.entries(after.methodServices);
  return cardServices.filter((service) =>
    methods.some(
      ([method, services]) =>
        !services.includes(service) && (charged.get(method)?.includes(service) ?? true),
    ),
  );
}

/** The only errors for which a lock may be overridden. */
export const LOCK_MISMATCHES = ['wrong_row', 'wrong_month'] as const;
export type LockMismatch = (typeof LOCK_MISMATCHES)[number];

export const lockMismatchLabels: Readonly<Record<LockMismatch, string>> = {
  wrong_row: '別の行(別の顧客・カード)の判定が取り込まれた',
  wrong_month: '別の月の判定が取り込まれた',
};

export const UNLOCKED_BY = ['replaced', 'override'] as const;
export type UnlockedBy = (typeof UNLOCKED_BY)[number];

export const unlockLabels: Readonly<Record<UnlockedBy, string>> = {
  replaced: 'カードの変更',
  override: '照合ミスによる解除(2名確認)',
};

/**
 * How far an order had come when a lock kept it out. `selection`: it became no charge. `file`: a
 * charge that no file lists. `taken_out`: its file was built before and never left. `retry`: declined
 * before, and not asked again. `carry_over`: declined, and to be billed with the next order. `again`:
 * expired or voided, and not authorized again.
 */
export const KEPT_OUT_AT = [
  'selection',
  'file',
  'taken_out',
  'retry',
  'carry_over',
  'again',
] as const;
export type KeptOutAt = (typeof KEPT_OUT_AT)[number];

export const keptOutLabels: Readonly<Record<KeptOutAt, string>> = {
  selection: '請求対象の選定で除外',
  file: 'オーソリファイルの作成で除外',
  taken_out: '送信前のファイルから取り出し',
  retry: '再オーソリの停止',
  carry_over: '繰越(次回注文との合算)の停止',
  again: '期限切れ・取消後の再オーソリの停止',
};

/** What everybody reads who asks for an override or answers one (manual 004). */
export const OVERRIDE_WARNING =
  '洗替で使用不可と判定されたカードを請求対象から除外しない場合、加盟店契約の解除(強制解約)に至ることがあります。別の行・別の月の判定を取り込んだことが証明できる場合に限り、解除してください。';
