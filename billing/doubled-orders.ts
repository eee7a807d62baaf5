/** Collects the order numbers of a file and says which stand in it more than once. */
export interface DoubledOrderFinder {
  add(orderNumber: string): void;
  /** The numbers that were added twice or more. Ends the collection. */
  find(): ReadonlySet<string>;
}

/** Order numbers that begin alike and end in an integer of so many digits. */
interface Series {
  readonly start: string;
  readonly length: number;
  readonly integers: ReturnType<typeof createIntegers>;
}

/** A shop has a few ways to begin its numbers; with more of them the texts themselves are kept. */
const mostSeries = 64;

/**
 * Exact and small: an order number that is an integer behind some letters (nearly all are) is kept as the
 * 8 bytes of the integer, with those that begin alike and are as long, which a sort then searches; a
 * million of them take 8–24 MB, a Set of strings 80 MB.
 */
export function createDoubledOrderFinder(): DoubledOrderFinder {
  const series = new Map<string, Series>();
  const others = new Set<string>();
  const doubled = new Set<string>();
  let latest: Series | null = null;

  /** Neighbours mostly are of one series: it is looked up when another one begins. */
  function seriesOf(start: string, length: number): Series | null {
    if (latest !== null && latest.length === length && latest.start === start) return latest;
    const key = `${start} ${length}`;
    let found = series.get(key);
    if (found === undefined) {
      if (series.size >= mostSeries) return null;
      found = { start: ownCopy(start), length, integers: createIntegers() };
      series.set(ownCopy(key), found);
    }
    latest = found;
    return found;
  }

  return {
    add(orderNumber) {
      const begin = startOfInteger(orderNumber);
      const length = orderNumber.length - begin;
      const own = length === 0 ? null : seriesOf(orderNumber.slice(0, begin), length);
      if (own !== null) own.integers.add(Number(orderNumber.slice(begin)));
      else if (others.has(orderNumber)) doubled.add(ownCopy(orderNumber));
      else others.add(ownCopy(orderNumber));
    },
    find() {
      for (const { start, length, integers } of series.values()) {
        for (const integer of integers.findDoubled()) {
          doubled.add(start + String(integer).padStart(length, '0'));
        }
      }
      series.clear();
      others.clear();
      return doubled;
    },
  };
}

/** Digits that a double holds exactly. */
const mostDigits = 15;
const [zero, nine] = [0x30, 0x39];

/** Where the digits at the end of a text begin, of which there may be none. */
function startOfInteger(text: string): number {
  let at = text.length;
  const first = Math.max(0, at - mostDigits);
  while (at > first) {
    const code = text.charCodeAt(at - 1);
    if (code < zero || code > nine) break;
    at -= 1;
  }
  return at;
}

function createIntegers() {
  let integers = new Float64Array(1024);
  let count = 0;
  return {
    add(integer: number): void {
      if (count === integers.length) {
        const larger = new Float64Array(integers.length * 2);
        larger.set(integers);
        integers = larger;
      }
      integers[count] = integer;
      count += 1;
    },
    *findDoubled(): Generator<number> {
      const sorted = integers.subarray(0, count).sort();
      for (let at = 1; at < count; at += 1) {
        if (sorted[at] === sorted[at - 1]) yield sorted[at] ?? 0;
      }
    },
  };
}

/** A string of its own: a part of a row's text would keep the whole row in memory. */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
