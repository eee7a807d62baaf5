/**
 * How long an authorization can be captured.
 *
 * Source: manual 002, chapter 4 — at most 60 days from the completion date of the authorization;
 * after that Paygent voids it (オーソリ期限切れ). Whether the completion day itself counts is not said:
 * we take the earlier reading (docs/open-questions.md).
 */

/** Paygent's own limit in days; a merchant's setting may only shorten it. */
export const CAPTURE_WINDOW_DAYS = 60;

const JST_OFFSET_MS = 9 * 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The instant before which a capture must have reached the PSP: 00:00 JST of the day `windowDays`
 * after the JST date of `completedAt`, exclusive.
 *
 * @param completedAt UTC instant (ISO-8601) of 処理日時, or of the hand-over where it is not given.
 * @param windowDays 1 to 60.
 * @throws RangeError for an instant that cannot be read or a window outside 1 to 60 days.
 */
export function captureDeadline(completedAt: string, windowDays: number): string {
  const instant = Date.parse(completedAt);
  if (Number.isNaN(instant)) throw new RangeError(`not an instant: ${completedAt}`);
  if (!Number.isInteger(windowDays) || windowDays < 1 || windowDays > CAPTURE_WINDOW_DAYS) {
    throw new RangeError(`the capture window must be 1 to ${CAPTURE_WINDOW_DAYS} days`);
  }
  const jstMidnight = Math.floor((instant + JST_OFFSET_MS) / DAY_MS) * DAY_MS - JST_OFFSET_MS;
  return new Date(jstMidnight + windowDays * DAY_MS).toISOString();
}
