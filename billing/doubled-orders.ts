/** Collects the order numbers of a file and says which stand in it more than once. */
export interface DoubledOrderFinder {
  add(orderNumber: string): void;
  /** The numbers that were added twice or more. Ends the collection. */
  find(): ReadonlySet<string>;
}

const plainNumber = /^[1-9]\d{0,14}$/;

/**
 * Exact and small: order numbers that are plain integers (nearly all are) are kept as 8 bytes each
 * in one array, which a sort then searches; a million of them take 8–24 MB, a Set of strings 80 MB.
 */
export function createDoubledOrderFinder(): DoubledOrderFinder {
  let numbers = new Float64Array(1024);
  let count = 0;
  const others = new Set<string>();
  const doubled = new Set<string>();
  return {
    add(orderNumber) {
      if (!plainNumber.test(orderNumber)) {
        if (others.has(orderNumber)) doubled.add(ownCopy(orderNumber));
        else others.add(ownCopy(orderNumber));
        return;
      }
      if (count === numbers.length) {
        const larger = new Float64Array(numbers.length * 2);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[count] = Number(orderNumber);
      count += 1;
    },
    find() {
      const sorted = numbers.subarray(0, count).sort();
      for (let at = 1; at < count; at += 1) {
        if (sorted[at] === sorted[at - 1]) doubled.add(String(sorted[at]));
      }
      others.clear();
      return doubled;
    },
  };
}

/** A string of its own: a part of a row's text would keep the whole row in memory. */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
