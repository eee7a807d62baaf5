import { createHash } from 'node:crypto';

/** What someone did, as it is told to the audit. No secrets, card numbers or personal data. */
export interface AuditEntry {
  /** ISO instant of the business clock. */
  readonly at: string;
  readonly actor: string;
  /** Dotted verb in the past: `settings.changed`. */
  readonly act: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The hash before the first entry of a chain. */
export const GENESIS_HASH: Buffer = Buffer.alloc(32);

/**
 * The text of an entry that is hashed and kept: JSON with its keys in order, so that one entry has
 * one text. The place in the chain stands inside, so that an entry cannot be shown elsewhere.
 */
export function encodeAuditEntry(merchant: string | null, n: number, entry: AuditEntry): string {
  return encodeCanonically({ merchant, n, ...entry });
}

/** sha256 over the previous hash and the text; Postgres checks the same sum. */
export function hashAuditEntry(previousHash: Buffer, text: string): Buffer {
  return createHash('sha256').update(previousHash).update(text, 'utf8').digest();
}

function encodeCanonically(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** One line of an export: NDJSON of this. The chain can be verified from the lines alone. */
export interface AuditExportLine {
  readonly n: number;
  readonly entry: string;
  /** Hex. */
  readonly hash: string;
}

/** Where a chain stood on a day, as it was published. */
export interface AuditHead {
  /** Slug; null: the chain of no single merchant. */
  readonly merchant: string | null;
  /** Date in Japan. */
  readonly day: string;
  readonly n: number;
  /** Hex. */
  readonly hash: string;
}

/** Heads that say the same of one place of a chain. */
interface PublishedHead {
  /** As the first of them was published. */
  readonly head: AuditHead;
  times: number;
}

/** Published heads by the place of which they speak, in the order in which they were published. */
export type PublishedHeads = ReadonlyMap<string, readonly PublishedHead[]>;

/**
 * Published heads from NDJSON: of `audit heads`, or lines of the worker's log, in any order. A log of years
 * may be larger than memory: nothing of it is kept but a head for each place that was published.
 */
export async function collectAuditHeads(lines: AsyncIterable<string>): Promise<PublishedHeads> {
  const places = new Map<string, PublishedHead[]>();
  for await (const line of lines) {
    const head = parseAuditHead(line);
    if (head === undefined) continue;
    const place = placeOf(head.merchant, head.n);
    const here = places.get(place) ?? [];
    if (here.length === 0) places.set(place, here);
    const same = here.find((one) => one.head.hash === head.hash);
    if (same === undefined) here.push({ head, times: 1 });
    else same.times += 1;
  }
  return places;
}

function parseAuditHead(line: string): AuditHead | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    const head = readField(parsed, 'auditHead') ?? parsed;
    const [merchant, day, n, hash] = ['merchant', 'day', 'n', 'hash'].map((field) =>
      readField(head, field),
    );
    const isHead =
      (merchant === null || typeof merchant === 'string') &&
      typeof day === 'string' &&
      typeof n === 'number' &&
      typeof hash === 'string';
    return isHead ? { merchant, day, n, hash } : undefined;
  } catch {
    return undefined;
  }
}

const placeOf = (merchant: unknown, n: number) => `${merchant} ${n}`;

export type AuditVerdict =
  | {
      readonly intact: true;
      readonly entries: number;
      readonly headHash: string;
      /** Published heads that were found in the chain. */
      readonly headsFound: number;
    }
  | {
      readonly intact: false;
      /** Physical line of the file, from 1. */
      readonly line: number;
      readonly problem: string;
    };

/**
 * Recomputes a chain from its export and names the first broken link. An intact chain can still
 * have lost its end, and one that somebody wrote anew is intact in itself: the published heads tell.
 *
 * @param published heads of any chains; those of other merchants are passed over
 */
export async function verifyAuditChain(
  lines: AsyncIterable<string>,
  published: PublishedHeads = new Map(),
): Promise<AuditVerdict> {
  let headsFound = 0;
  let previousHash = GENESIS_HASH;
  let merchant: unknown;
  let line = 0;
  let entries = 0;
  for await (const text of lines) {
    line += 1;
    if (text === '') continue;
    const parsed = parseExportLine(text);
    if (parsed === undefined) return { intact: false, line, problem: 'is not a line of an export' };
    const problem = findBrokenLink(parsed, entries + 1, previousHash);
    if (problem !== undefined) return { intact: false, line, problem };
    const entry: unknown = JSON.parse(parsed.entry);
    const entryMerchant = readField(entry, 'merchant');
    if (entries > 0 && entryMerchant !== merchant) {
      return {
        intact: false,
        line,
        problem: 'belongs to another merchant than the entries before',
      };
    }
    if (readField(entry, 'n') !== parsed.n) {
      return { intact: false, line, problem: 'has another number in its entry than beside it' };
    }
    merchant = entryMerchant;
    // Of a quiet chain each day publishes the same entry: one written anew must fit all of them.
    const here = published.get(placeOf(merchant, parsed.n)) ?? [];
    const other = here.find(({ head }) => head.hash !== parsed.hash);
    if (other !== undefined) {
      return { intact: false, line, problem: `is not what was published on ${other.head.day}` };
    }
    headsFound += here[0]?.times ?? 0;
    previousHash = Buffer.from(parsed.hash, 'hex');
    entries += 1;
  }
  const problem = findLostEnd(published, { merchant, entries, headsFound });
  if (problem !== undefined) return { intact: false, line, problem };
  return { intact: true, entries, headHash: previousHash.toString('hex'), headsFound };
}

function findLostEnd(
  published: PublishedHeads,
  chain: { readonly merchant: unknown; readonly entries: number; readonly headsFound: number },
): string | undefined {
  for (const [first] of published.values()) {
    if (first === undefined) continue;
    const { merchant, n, day } = first.head;
    if (merchant === chain.merchant && n > chain.entries) {
      return `comes before entry ${n}, which was published on ${day}: the end is missing`;
    }
  }
  if (published.size > 0 && chain.headsFound === 0) {
    return 'ends a chain of which no head was published: nothing says that it is the true one';
  }
  return undefined;
}

function findBrokenLink(
  line: AuditExportLine,
  expectedN: number,
  previousHash: Buffer,
): string | undefined {
  if (line.n !== expectedN) return `is entry ${line.n} where entry ${expectedN} belongs`;
  if (hashAuditEntry(previousHash, line.entry).toString('hex') !== line.hash) {
    return `(entry ${line.n}) does not hash to ${line.hash}: it or the link before it was changed`;
  }
  return undefined;
}

function parseExportLine(text: string): AuditExportLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const n = readField(value, 'n');
    const entry = readField(value, 'entry');
    const hash = readField(value, 'hash');
    if (typeof n !== 'number' || typeof entry !== 'string' || typeof hash !== 'string') return;
    JSON.parse(entry);
    return { n, entry, hash };
  } catch {
    return undefined;
  }
}

function readField(value: unknown, field: string): unknown {
  return value !== null && typeof value === 'object'
    ? (value as Record<string, unknown>)[field]
    : undefined;
}
