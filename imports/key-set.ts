/**
 * Keys of which none may be missed: a key that was added is always found, one that was not may rarely be
 * found too. 8 to 16 bytes a key, whatever its length; a Set of strings takes ten times that.
 */
export class KeySet {
  /** Fingerprints of 53 bits by open addressing; 0 is a free slot. */
  #slots = new Float64Array(1024);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** True when the key was not there. */
  add(key: string): boolean {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const added = place(this.#slots, fingerprintOf(key));
    if (added) this.#count += 1;
    return added;
  }

  #grow(): void {
    const larger = new Float64Array(this.#slots.length * 2);
    for (const fingerprint of this.#slots) if (fingerprint !== 0) place(larger, fingerprint);
    this.#slots = larger;
  }
}

/** True when it was not there. The number of slots is a power of two. */
function place(slots: Float64Array, fingerprint: number): boolean {
  const mask = slots.length - 1;
  for (let at = fingerprint & mask; ; at = (at + 1) & mask) {
    const found = slots[at];
    if (found === fingerprint) return false;
    if (found !== 0) continue;
    slots[at] = fingerprint;
    return true;
  }
}

/** Two multiplicative hashes side by side: 21 bits of one over 32 of the other, and never 0. */
function fingerprintOf(key: string): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let at = 0; at < key.length; at += 1) {
    const unit = key.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  low = Math.imul(low ^ (low >>> 15), 0x2c1b3c6d);
  low ^= low >>> 13;
  high = Math.imul(high ^ (high >>> 16), 0xc2b2ae35);
  high ^= high >>> 14;
  return (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0) || 1;
}
