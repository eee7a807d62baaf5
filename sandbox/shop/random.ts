import { createHash } from 'node:crypto';

/** A stream of seeded choices: the same words give the same choices on every machine. */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number;
  pick<T>(items: readonly T[]): T;
}

/** A 32-bit number made of words; only for seeds, it keeps no secret. */
export function hashWords(...words: readonly (string | number)[]): number {
  return createHash('sha256').update(words.join('\u0000')).digest().readUInt32BE(0);
}

/**
 * splitmix32: small, fast and even enough for sample data. A cryptographic hash for every choice
 * would make an export of a million orders wait for it.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    int: (below) => Math.floor((next() / 2 ** 32) * below),
    pick: (items) => items[Math.floor((next() / 2 ** 32) * items.length)]!,
  };
}
