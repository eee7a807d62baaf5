/** ISO-8601 instants that may be absent. */

/** The earlier of two; null never comes. */
export function earlierInstant(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return Date.parse(a) < Date.parse(b) ? a : b;
}

/** The later of two; null was never. */
export function laterInstant(a: string | null, b: string): string {
  return a === null || Date.parse(a) < Date.parse(b) ? b : a;
}
