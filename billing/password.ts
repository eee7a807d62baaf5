/** As NIST SP 800-63B-4 has it: length counts, rules about signs and forced changes do not. */
export const SHORTEST_PASSWORD = 12;
/** Longer ones would only cost us time to hash. */
export const LONGEST_PASSWORD = 200;

/** A login name; it is also how the audit names its user. */
export const loginPattern = /^[a-z0-9][a-z0-9._@+-]{2,63}$/;

/** One password has one spelling, whatever keyboard it was typed on. */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/** What is wrong with a new password, in Japanese; null = it may be used. */
export function findPasswordFault(password: string, login: string): string | null {
  const normalized = normalizePassword(password);
  const { length } = [...normalized];
  if (length < SHORTEST_PASSWORD || length > LONGEST_PASSWORD) {
    return `パスワードは${SHORTEST_PASSWORD}〜${LONGEST_PASSWORD}文字にしてください`;
  }
  const lower = normalized.toLowerCase();
  const name = login.split('@')[0] ?? login;
  if (lower.includes(login) || (name.length > 3 && lower.includes(name))) {
    return 'パスワードにログイン名を含めないでください';
  }
  if (new Set(lower).size < 6 || /^(.{1,6}?)\1+$/u.test(lower) || isRun(lower)) {
    return '推測されやすいパスワードです。文字の種類を増やしてください';
  }
  return null;
}

/** 123456789012, abcdefghijkl: each sign follows the one before it. */
function isRun(text: string): boolean {
  const codes = [...text].map((sign) => sign.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, i) => code - (codes[i] ?? 0));
  // 9 → 0 is a step of the same run.
  return steps.every((step) => step === 1 || step === -9) || steps.every((step) => step === -1);
}
