import { Problem } from './problem.ts';

/** How many tries with a wrong password are taken in a quarter of an hour. */
export interface LoginLimits {
  /** From one address, whoever they try to be. */
  readonly perAddress: number;
  /** For one login name, from browsers that its user has never logged in from. */
  readonly perAccount: number;
  /** For one login name, from a browser that its user has logged in from. */
  readonly perDevice: number;
}

export interface LoginTry {
  readonly login: string;
  /** Network address, as the rate limits count it. */
  readonly address: string;
  /** The browser's secret, where the user of this name has logged in from it before. */
  readonly knownDevice: string | null;
  /** Real time, ms. */
  readonly nowMs: number;
}

export interface LoginGate {
  /**
   * Runs a comparison of passwords, which costs a quarter of a second of a core. Who guesses is refused
   * before that; those who are let in stand in line, strangers in another one than known browsers, so
   * that ten thousand guesses neither shut the real user out nor leave the machine no time.
   *
   * @param compare true = the password is right
   * @throws Problem `too-many-logins`
   */
  run(of: LoginTry, compare: () => Promise<boolean>): Promise<LoginAnswer>;
  /** Names, addresses and browsers that are kept count of: no more than comparisons were made for. */
  remembered(): number;
}

export interface LoginAnswer {
  readonly right: boolean;
  /** Wrong tries for this name in the window before this one, as this process knows. */
  readonly failedBefore: number;
  /** This wrong try was the last that strangers have for this name in the window. */
  readonly throttled: boolean;
}

const windowMs = 15 * 60_000;
/** Who waits longer than these many comparisons is told to come back. */
const strangersWaiting = 16;
const knownWaiting = 64;

/** Counted in this process's memory, as all limits are. */
export function createLoginGate(limits: LoginLimits): LoginGate {
  const addresses = createWindow();
  const accounts = createWindow();
  const devices = createWindow();
  const strangersLine = createLine(strangersWaiting);
  const knownLine = createLine(knownWaiting);
  return {
    async run({ login, address, knownDevice, nowMs }, compare) {
      const counted =
        knownDevice === null
          ? ([
              [addresses, address, limits.perAddress],
              [accounts, login, limits.perAccount],
            ] as const)
          : ([[devices, `${login} ${knownDevice}`, limits.perDevice]] as const);
      for (const [window, key, limit] of counted) {
        const { count, endsAt } = window.look(key, nowMs);
        if (count >= limit) throw tooManyLogins(endsAt - nowMs);
      }
      const failedBefore = accounts.look(login, nowMs).count;
      // Counted before the comparison and taken back after it: a hundred tries at once are a hundred.
      for (const [window, key] of counted) window.add(key, nowMs, 1);
      const isLast = accounts.look(login, nowMs).count === limits.perAccount;
      const line = knownDevice === null ? strangersLine : knownLine;
      const right = await line(compare).catch((error: unknown) => {
        for (const [window, key] of counted) window.add(key, nowMs, -1);
        throw error;
      });
      if (right) for (const [window, key] of counted) window.add(key, nowMs, -1);
      return { right, failedBefore, throttled: !right && knownDevice === null && isLast };
    },
    remembered: () => addresses.size() + accounts.size() + devices.size(),
  };
}

function tooManyLogins(waitMs: number): Problem {
  return new Problem('too-many-logins', {
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  });
}

interface Window {
  look(key: string, nowMs: number): { readonly count: number; readonly endsAt: number };
  add(key: string, nowMs: number, by: 1 | -1): void;
  size(): number;
}

/** Counts by key for a quarter of an hour from the first. */
function createWindow(): Window {
  const counts = new Map<string, { count: number; endsAt: number }>();
  let sweptAt = 0;
  const look = (key: string, nowMs: number) => {
    const found = counts.get(key);
    return found !== undefined && found.endsAt > nowMs
      ? found
      : { count: 0, endsAt: nowMs + windowMs };
  };
  return {
    look,
    add(key, nowMs, by) {
      const { count, endsAt } = look(key, nowMs);
      // Who was sent away before a comparison leaves nothing behind, under however many names.
      if (count + by <= 0) counts.delete(key);
      else counts.set(key, { count: count + by, endsAt });
      if (nowMs - sweptAt < windowMs) return;
      // Names that were made up do not stay.
      sweptAt = nowMs;
      for (const [each, of] of counts) if (of.endsAt <= nowMs) counts.delete(each);
    },
    size: () => counts.size,
  };
}

/** One after the other; who finds the line too long is sent away. */
function createLine(longest: number): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (work) => {
    if (waiting >= longest) throw tooManyLogins(5000);
    waiting += 1;
    const mine = last.then(work).finally(() => {
      waiting -= 1;
    });
    last = mine.catch(() => {});
    return await mine;
  };
}
