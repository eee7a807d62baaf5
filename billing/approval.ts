import { z } from 'zod';
import type { RowsAndYen } from './cycle.ts';
import { formatYen } from './money.ts';
import { type Anomaly, describeAnomaly, findAnomalies, type PreviewSummary } from './preview.ts';

/**
 * - `none`: nobody is asked; previews are kept all the same.
 * - `on-anomaly`: an approver is asked when a preview shows something unusual.
 * - `always`: an approver is asked before every billing.
 * - `four-eyes`: the same, and who asked for the billing may not approve it.
 */
export const APPROVAL_POLICIES = ['none', 'on-anomaly', 'always', 'four-eyes'] as const;
export type ApprovalPolicy = (typeof APPROVAL_POLICIES)[number];

export const approvalSettingsSchema = z
  .strictObject({
    policy: z.enum(APPROVAL_POLICIES).default('on-anomaly'),
    /**
     * How far count or sum may move against last month, in percent, before it is an anomaly. Twenty:
     * subscriptions come and go by some percent a month, half an export or a doubled one moves more.
     */
    movedPercent: z.int().min(1).max(1000).default(20),
    /**
     * A charge above this is an anomaly; null = none is. A hundred thousand yen: ten times what a
     * monthly delivery costs is rather a slip of the cart.
     */
    ceilingYen: z.int().min(1).max(9_999_999).nullable().default(100_000),
    /** More charges of one customer than this, and than last month, are an anomaly. */
    chargesPerCustomer: z.int().min(1).max(1000).default(1),
  })
  .prefault({});

export type ApprovalSettings = z.output<typeof approvalSettingsSchema>;

/** Why somebody is asked. `policy`: the settings ask for every billing. */
export type ApprovalReason = Anomaly | 'policy';

/**
 * Why a preview needs an approval; none = it does not. Where nothing is billed no file leaves: then
 * only what is unusual asks for a person, for example that nobody is billed any more.
 */
export function findApprovalReasons(
  summary: PreviewSummary,
  settings: ApprovalSettings,
): ApprovalReason[] {
  if (settings.policy === 'none') return [];
  const anomalies = findAnomalies(summary, settings);
  const asks = settings.policy !== 'on-anomaly' && summary.billed.rows > 0;
  return asks ? ['policy', ...anomalies] : anomalies;
}

export function describeApprovalReasons(
  reasons: readonly ApprovalReason[],
  summary: PreviewSummary,
): string {
  const sentences = reasons.map((reason) =>
    reason === 'policy' ? '設定により承認が必要です' : describeAnomaly(reason, summary),
  );
  return `${sentences.join('。')}。`;
}

/** Who acts without a person behind it. */
const SYSTEM_ACTORS: readonly string[] = ['schedule', 'order-source', 'tsukigime'];

/**
 * The people who asked for a billing. A month that a Schedule started from an export that the order
 * source brought has none: then any one approver is another person.
 */
export function peopleOf(actors: readonly string[]): string[] {
  return [...new Set(actors)].filter((actor) => !SYSTEM_ACTORS.includes(actor)).sort();
}

/** Whether an approver is another person than those who asked: spelling makes nobody another. */
export function isAnotherPerson(approver: string, requesters: readonly string[]): boolean {
  const spelt = (actor: string) => actor.normalize('NFKC').toLowerCase().replace(/\s+/g, '');
  return !requesters.some((requester) => spelt(requester) === spelt(approver));
}

/** What an approval is bound to, besides the lines themselves. */
export interface ApprovedContent extends RowsAndYen {
  readonly sha256: string;
  readonly settingsVersion: number;
}

/** What differs between what somebody looked at and what would be billed now. */
export function describeContentChange(seen: ApprovedContent, now: ApprovedContent): string {
  const changes = [
    ...(seen.rows === now.rows ? [] : [`件数 ${seen.rows} 件 → ${now.rows} 件`]),
    ...(seen.yen === now.yen ? [] : [`金額 ${formatYen(seen.yen)} → ${formatYen(now.yen)}`]),
    ...(seen.settingsVersion === now.settingsVersion
      ? []
      : [`設定 第${seen.settingsVersion}版 → 第${now.settingsVersion}版`]),
  ];
  return changes.length > 0 ? changes.join('、') : '請求する注文の内訳';
}

/** What a month waits to have approved. */
export interface AwaitedApproval extends RowsAndYen {
  /** The preview's number in the month. */
  readonly n: number;
  readonly sha256: string;
  /** Why somebody is asked, in Japanese. */
  readonly why: string;
  readonly approved: boolean;
  /** False: settings, selection or runs have changed since it was made. */
  readonly current: boolean;
}
