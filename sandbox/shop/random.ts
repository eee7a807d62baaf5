/** A stream of seeded choices: the same words give the same choices on every machine. */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number;
  pick<T>(items: readonly T[]): T;
}

/**
 * A 32-bit number made of words (FNV-1a): only to seed choices. A cryptographic hash for every
 * order would make an export of a million orders wait for it.
 */
export function hashWords(...words: readonly (string | number)[]): number {
  let hash = 0x811c_9dc5;
  for (const word of words) {
    const text = `${word}\u0000`;
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
    }
  }
  return hash >>> 0;
}

/** splitmix32: small, fast, and even enough for sample data. */
class SplitMix implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  int(below: number): number {
    return Math.floor(this.#next() * below);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }

  #next(): number {
    this.#state = (this.#state + 0x9e37_79b9) >>> 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }
}

export function createRandom(seed: number): Random {
  return new SplitMix(seed);
}
