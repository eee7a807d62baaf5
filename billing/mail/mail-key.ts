/**
 * Names a mail or a notice within its merchant: what is told of whom at which occasion. It is shown,
 * and stands in URLs, so nothing personal is in it.
 */
const keyPattern = /^[A-Za-z0-9:._-]{1,200}$/;

/** The key itself. @throws when it may not be one: a mistake in our code */
export function requireMailKey(key: string): string {
  if (!keyPattern.test(key)) throw new Error('a mail or notice key is 1 to 200 of A-Za-z0-9:._-');
  return key;
}
