import { z } from 'zod';
import type { CardService } from './card-service.ts';
import { maxCustomerId } from './customer-id.ts';
import { chooseCardService, type PaymentMethods } from './payment-methods.ts';

/** The kind under which the file store keeps a link file. */
export const LINK_FILE_KIND = 'link-file';

/**
 * `checking`: customers come in and are looked at, until the link file is released. `handing_over`: it
 * is to reach the PSP. `awaiting_return`: the PSP links. `importing`: its file is read. `covering`: the
 * cards are in; a person looks at who is left without one.
 */
export const MIGRATION_STAGES = [
  'checking',
  'handing_over',
  'awaiting_return',
  'importing',
  'covering',
  'accepted',
  'cancelled',
] as const;
export type MigrationStage = (typeof MIGRATION_STAGES)[number];

export function isFinishedMigration(stage: MigrationStage): boolean {
  return stage === 'accepted' || stage === 'cancelled';
}

export const migrationStagesJa: Readonly<Record<MigrationStage, string>> = {
  checking: '連携前の確認',
  handing_over: '連携ファイルの送付',
  awaiting_return: '返却ファイル待ち',
  importing: '返却ファイルの取り込み中',
  covering: '移行結果の確認',
  accepted: '完了',
  cancelled: '取り消し済み',
};

/**
 * Whose cards are moved. A share is drawn by the customers' IDs, so that who is in it does not change
 * with those who come later.
 */
export const migrationScopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('share'), percent: z.int().min(1).max(99) }),
  z.strictObject({
    kind: z.literal('customers'),
    ids: z.array(z.int().min(1).max(maxCustomerId)).min(1).max(10_000),
  }),
]);
export type MigrationScope = z.output<typeof migrationScopeSchema>;

/** What people vouch for before a link file is released (manual 001), and the canary that went badly. */
export const MIGRATION_CHECKS = [
  'fee_known',
  'psp_informed',
  'cart_informed',
  'dates_agreed',
  'several_cards_reported',
  'canary',
] as const;
export type MigrationCheck = (typeof MIGRATION_CHECKS)[number];

/** The check that names the day on which it was done. */
export const DATED_CHECK: MigrationCheck = 'several_cards_reported';

export const migrationChecksJa: Readonly<Record<MigrationCheck, string>> = {
  fee_known: '決済会社での紐づけ作業の費用を確認した',
  psp_informed: '移行先の決済会社に連絡した',
  cart_informed: '旧カートとサポート窓口に連絡した',
  dates_agreed: '作業の日程を合意した',
  several_cards_reported: '複数枚のカードを持つ顧客がいることを窓口に報告した(報告日を記録)',
  canary: '先行移行の初回請求の結果を確認した',
};

/** What a customer may need a person for. */
export const CUSTOMER_FINDINGS = ['missing_number', 'doubled_number', 'several_cards'] as const;
export type CustomerFinding = (typeof CUSTOMER_FINDINGS)[number];

export const customerFindingsJa: Readonly<Record<CustomerFinding, string>> = {
  missing_number: '旧カートの顧客番号がありません',
  doubled_number:
    '旧カートの顧客番号が他の顧客と重複しています(全角・半角、大文字・小文字の違いを除く)',
  several_cards: '複数枚のカードがあります',
};

/**
 * `default`: of several cards this one is used. `acknowledged`: it may stay as it is. `excluded`: left
 * out of this migration; `included`: not left out after all.
 */
export const CUSTOMER_CHOICES = ['default', 'acknowledged', 'excluded', 'included'] as const;
export type CustomerChoice = (typeof CUSTOMER_CHOICES)[number];

/** A person's word on one customer of a migration. */
export interface CustomerDecision {
  /** The number in our customer ID. */
  readonly customerId: number;
  readonly choice: CustomerChoice;
  /** Of `default`: the card's name, as the list of findings gives it. */
  readonly card: string | null;
}

/** `taken`: stored. `read`: every line has its verdict. `done`: its cards are in. */
export const ROUND_STATES = ['taken', 'read', 'done', 'refused', 'cancelled'] as const;
export type RoundState = (typeof ROUND_STATES)[number];

export type RowVerdict = 'passed' | 'failed' | 'quarantined';

/** The round of one returned file: every line is imported, failed or quarantined. */
export interface MigrationRound {
  readonly n: number;
  readonly state: RoundState;
  readonly lines: number;
  readonly imported: number;
  readonly failed: number;
  readonly quarantined: number;
  /** The sentence with which the file was refused. */
  readonly trouble: string | null;
}

/** Everything that stands between a migration and its link file. */
export interface MigrationChecks {
  /** Customers that the link file would hold. */
  readonly customers: number;
  /** Customers with a finding that nobody has decided. */
  readonly findings: Readonly<Record<CustomerFinding, number>>;
  /** What is wrong with the PSP's setting, in Japanese; null: it is the migration's target. */
  readonly service: string | null;
  /** Checks that nobody has vouched for. */
  readonly unacknowledged: readonly MigrationCheck[];
  /** Why the migration that it follows does not let it go on, in Japanese; null: it does. */
  readonly canary: string | null;
}

/** What a migration's workflow needs to know to choose its next step. */
export interface MigrationFacts {
  readonly number: number;
  readonly service: CardService;
  readonly rehearsal: boolean;
  readonly stage: MigrationStage;
  /** ISO instant since which it waits where it stands. */
  readonly waitsSince: string;
  /** Of a machine that hands the link file over: when it acts next, and what stands in its way. */
  readonly dueAt: string | null;
  readonly note: string | null;
  readonly checks: MigrationChecks;
  /** The newest link file. */
  readonly link: {
    readonly n: number;
    readonly fileName: string;
    readonly customers: number;
    readonly delivery: 'download' | 'sftp' | 'mail';
    readonly handedOver: boolean;
  } | null;
  /** The newest returned file. */
  readonly round: MigrationRound | null;
}

/** What keeps a link file from its release, each in Japanese; none: it may be released. */
export function openMigrationChecks({
  checks,
  rehearsal,
}: Pick<MigrationFacts, 'checks' | 'rehearsal'>): string[] {
  const { customers, findings, service, unacknowledged, canary } = checks;
  const open: string[] = [];
  if (customers === 0) open.push('対象の顧客がいません。顧客データを取り込んでください。');
  if (service !== null) open.push(service);
  for (const finding of CUSTOMER_FINDINGS) {
    const count = findings[finding];
    if (count > 0)
      open.push(`${customerFindingsJa[finding]}: ${count} 件。判断を記録してください。`);
  }
  // A rehearsal leaves nobody's house: there is nothing to vouch for.
  if (rehearsal) return open;
  for (const check of unacknowledged) {
    open.push(`「${migrationChecksJa[check]}」が未確認です。`);
  }
  if (canary !== null) open.push(canary);
  return open;
}

/** Whether a person must act before the migration goes on. */
export function migrationNeedsPerson(facts: {
  readonly stage: MigrationStage;
  readonly note: string | null;
  readonly link: Pick<NonNullable<MigrationFacts['link']>, 'delivery'> | null;
  readonly round: Pick<MigrationRound, 'state'> | null;
}): boolean {
  if (facts.stage === 'handing_over') return facts.link?.delivery !== 'sftp' || facts.note !== null;
  return (
    facts.stage === 'checking' || facts.stage === 'covering' || facts.round?.state === 'refused'
  );
}

/** Why the merchant's PSP setting does not let a migration's cards in, in Japanese; null: it does. */
export function explainTarget(target: CardService, methods: PaymentMethods): string | null {
  const chosen = chooseCardService(methods);
  if (chosen.kind === 'refused') return chosen.ja;
  return chosen.service === target
    ? null
    : `利用サービスの設定は ${chosen.service} ですが、この移行の移行先は ${target} です。支払い方法設定を直すか、この移行を取り消してください。`;
}
