/**
 * Which files an operator may hand over now. Two limits: how many files of a month one team carries
 * at a time (setting paygent.exchangesAtOnce), and the portal's own: it keeps the last ten uploads
 * of an account searchable [manual 002, chapter 3], so that an eleventh could push out a result that
 * nobody has fetched. Uploads made without Tsukigime are not known here and not counted.
 */

/** Uploads of an account whose results the portal still finds [manual]. */
export const SEARCHABLE_UPLOADS = 10;

/**
 * Why a file waits: its month has enough files in hand, the account enough unfetched results, or the
 * card refresh has locked cards in it since it was built.
 */
export const HELD_BACK_BY = ['month', 'account', 'card_locks'] as const;
export type HeldBackBy = (typeof HELD_BACK_BY)[number];

export interface WaitingFile {
  readonly id: number;
  /** Null for a file of no month's cycle: only the account's limit holds it back. */
  readonly cycleId: number | null;
  /** Lines that bill a card which a refresh refused. */
  readonly lockedLines: number;
}

/** Files that were opened to the operator and have no result yet. */
export interface FilesInHand {
  readonly byCycle: ReadonlyMap<number, number>;
  /** Of all months: every one of them may stand in the portal's list. */
  readonly ofAccount: number;
}

/**
 * Goes through the waiting files in the order they were built and opens those that fit. A file that
 * its month holds back does not hold back another month's.
 *
 * @returns for each waiting file why it waits on; null = it may be handed over now
 */
export function admitFiles(
  waiting: readonly WaitingFile[],
  inHand: FilesInHand,
  exchangesAtOnce: number,
): Map<number, HeldBackBy | null> {
  const byCycle = new Map(inHand.byCycle);
  let ofAccount = inHand.ofAccount;
  const admissions = new Map<number, HeldBackBy | null>();
  for (const { id, cycleId, lockedLines } of waiting) {
    const ofMonth = cycleId === null ? 0 : (byCycle.get(cycleId) ?? 0);
    if (lockedLines > 0) {
      admissions.set(id, 'card_locks');
    } else if (cycleId !== null && ofMonth >= exchangesAtOnce) {
      admissions.set(id, 'month');
    } else if (ofAccount >= SEARCHABLE_UPLOADS) {
      admissions.set(id, 'account');
    } else {
      admissions.set(id, null);
      ofAccount += 1;
      if (cycleId !== null) byCycle.set(cycleId, ofMonth + 1);
    }
  }
  return admissions;
}

/** What the operator reads of a file that waits its turn. */
export function describeHeldBack(by: HeldBackBy | null): string {
  switch (by) {
    case null:
      return 'ファイルを作成しました。まもなくダウンロードできます。';
    case 'month':
      return 'ファイルを作成しました。同時に扱うファイル数の上限に達しています。先のファイルの結果を取り込むと、順番にダウンロードできるようになります。';
    case 'card_locks':
      return explainLockedLines;
    case 'account':
      return `ファイルを作成しました。結果を取り込んでいないファイルが ${SEARCHABLE_UPLOADS} 件あります。ペイジェントで検索できるのは直近 ${SEARCHABLE_UPLOADS} 件のアップロードまでのため、先に結果ファイルを取り込んでください。`;
  }
}

/** Why a file does not leave that was built before a refresh refused a card in it. */
export const explainLockedLines =
  '洗替で使用不可と判定されたカードの注文が含まれるため、このファイルは送信・ダウンロードできません。「注文を取り出す」でその注文を取り除くと、残りの注文のファイルを作り直します。すでにアップロードした場合は、受付番号を記録してください。';
