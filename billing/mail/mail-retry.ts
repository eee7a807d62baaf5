const minuteMs = 60_000;

/** Doubles from here, so that a greylisting server (minutes) costs little and a sick one is left alone. */
const firstPauseMinutes = 5;
const longestPauseMinutes = 240;

/** Five, ten … minutes, then every four hours: together some three days, as mail servers do. */
export const MAIL_TRIES = 22;

/**
 * When a mail that certainly did not leave is tried again.
 *
 * @param sendNumber the how-manieth try has failed, from 1
 * @param now ISO instant
 * @returns ISO instant; null when it was tried often enough
 */
export function nextMailTry(sendNumber: number, now: string): string | null {
  if (sendNumber >= MAIL_TRIES) return null;
  const minutes = Math.min(firstPauseMinutes * 2 ** (sendNumber - 1), longestPauseMinutes);
  return new Date(Date.parse(now) + minutes * minuteMs).toISOString();
}
