import type { FieldError } from './problem.ts';

/** The largest `int` of Postgres: every number that comes in is a count, a place or a version. */
const largestInt = 2_147_483_647;

/** Deeper than anything that a route takes; who walks a body as deep as it is long runs out of stack. */
const deepest = 50;

/**
 * What passed its schema and still cannot be kept. It is refused at the door: once a workflow has
 * taken it, the statement that writes it fails on every retry, for ever.
 */
export function findUnstorable(path: string, value: unknown, depth = 0): FieldError[] {
  if (depth > deepest) return [{ path, message: 'is nested too deeply' }];
  if (typeof value === 'string') {
    const message = unstorableText(value);
    return message === null ? [] : [{ path, message }];
  }
  if (typeof value === 'number') {
    const fits = Math.abs(value) <= largestInt;
    return fits ? [] : [{ path, message: `is over ${largestInt}` }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => findUnstorable(`${path}.${index}`, item, depth + 1));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    // Of a key that cannot be kept only its place is named, not its text.
    unstorableText(key) === null
      ? findUnstorable(`${path}.${key}`, item, depth + 1)
      : [{ path, message: 'holds a name with characters that cannot be kept' }],
  );
}

function unstorableText(text: string): string | null {
  if (text.includes('\0')) return 'holds a NUL character';
  // With the flag u only a surrogate that has no partner matches.
  return /\p{Cs}/u.test(text) ? 'holds half of a character' : null;
}
