const minuteMs = 60_000;

/** The instant from which mails count against the limit of a minute. */
export function minuteBefore(now: string): string {
  return new Date(Date.parse(now) - minuteMs).toISOString();
}

/**
 * How many mails may leave now, so that no minute sees more than `perMinute`.
 *
 * @param claims instants of the mails of the last minute, newest first, at most `perMinute` of them
 * @returns how many, and when the next one may: `now`, where any may
 */
export function planSends(
  claims: readonly string[],
  perMinute: number,
  now: string,
): { readonly allowed: number; readonly allowedAt: string } {
  const allowed = Math.max(perMinute - claims.length, 0);
  const oldest = claims[perMinute - 1];
  if (allowed > 0 || oldest === undefined) return { allowed, allowedAt: now };
  return { allowed: 0, allowedAt: new Date(Date.parse(oldest) + minuteMs).toISOString() };
}
