import { stringify } from 'csv-stringify/sync';
import iconv from 'iconv-lite';
import { createRandom, hashWords, type Random } from '../shop/random.ts';
import type { LinkerFault } from './faults.ts';
import type { LinkedPair } from './link-file.ts';
import type { LinkerMerchant, LinkerService } from './merchant.ts';

/** A link file that was taken, with all that its answer is made of. */
export interface AnswerOrder {
  /** As it was agreed when the file came. */
  readonly merchant: LinkerMerchant;
  readonly pairs: readonly LinkedPair[];
  readonly faults: readonly LinkerFault[];
  /** Instant at which the file came; cards expire after it. */
  readonly receivedAt: string;
}

/** The columns of each service: Yamato's as the manual names them (001), the others' ours [assumed]. */
const columns = {
  YAMATO: [
    'サブスクストアの顧客ID',
    'カード番号下3桁',
    'カードブランド',
    '有効期限',
    'クロネコwebコレクトカード認証キー',
  ],
  GMO: ['顧客ID', 'カード番号下3桁', 'カードブランド', '有効期限', '連番物理'],
  ZEUS: ['顧客ID', 'カード番号下3桁', 'カードブランド', '有効期限', 'SEND ID', '連番物理'],
} as const;

/** Yamato writes the brands as the manual says; other PSPs as they like. */
const brands: Readonly<Record<LinkerService, readonly string[]>> = {
  YAMATO: ['VISA', 'MASTER', 'JCB', 'AMEX', 'DINERS'],
  GMO: ['Visa', 'MASTERCARD', 'JCB', 'AMERICAN EXPRESS', 'Diners Club'],
  ZEUS: ['ＶＩＳＡ', 'Mastercard', 'ＪＣＢ', 'American Express', 'DINERS CLUB'],
};

/** What no list of brands holds. */
const unknownBrand = 'NOBODYS CARD';

/** The same link file and orders give the same bytes, on every machine and after every restart. */
export function writeAnswer(order: AnswerOrder): Buffer {
  const { merchant, faults } = order;
  const header: readonly string[] = columns[merchant.service];
  const rows = listRows(order);
  const all = merchant.header ? [header, ...rows] : rows;
  const turned = has(faults, 'columns_reordered') ? all.map((row) => [...row].reverse()) : all;
  const text = stringify(turned as string[][], { record_delimiter: 'windows' });
  return merchant.encoding === 'cp932' ? iconv.encode(text, 'cp932') : Buffer.from(text);
}

function listRows(order: AnswerOrder): string[][] {
  const { merchant, pairs, faults } = order;
  const struck = aimFaults(pairs, faults);
  const rows = pairs.flatMap(([oldNumber, customerId]) => {
    const kinds = struck.get(customerId) ?? [];
    if (kinds.includes('customer_missing')) return [];
    const count = kinds.includes('several_cards') ? 2 : 1;
    const own = Array.from({ length: count }, (_, at) =>
      drawRow(order, { oldNumber, customerId, n: at + 1, wrong: kinds.includes('wrong_row') }),
    );
    return kinds.includes('row_doubled') ? [...own, ...own] : own;
  });
  for (const customerId of listStrangers(pairs, faults)) {
    rows.push(drawRow(order, { oldNumber: customerId, customerId, n: 1, wrong: false }));
  }
  const cutOff = faults.find((fault) => fault.kind === 'cut_off');
  const kept = cutOff === undefined ? rows : rows.slice(0, cutOff.rows);
  return has(faults, 'expiry_swapped') ? kept.map((row) => swapExpiry(row, merchant)) : kept;
}

/** Which customers each order strikes: those that it names, else the next that none has struck. */
function aimFaults(
  pairs: readonly LinkedPair[],
  faults: readonly LinkerFault[],
): ReadonlyMap<string, readonly LinkerFault['kind'][]> {
  const struck = new Map<string, LinkerFault['kind'][]>();
  for (const fault of faults) {
    if (!('count' in fault) || fault.kind === 'stranger') continue;
    const free = pairs.map(([, id]) => id).filter((id) => !struck.has(id));
    for (const id of fault.customerIds ?? free.slice(0, fault.count)) {
      struck.set(id, [...(struck.get(id) ?? []), fault.kind]);
    }
  }
  return struck;
}

function listStrangers(pairs: readonly LinkedPair[], faults: readonly LinkerFault[]): string[] {
  const known = new Set(pairs.map(([, id]) => id));
  return faults.flatMap((fault) => {
    if (fault.kind !== 'stranger') return [];
    if (fault.customerIds !== undefined) return fault.customerIds;
    // From the top of the numbers down: a shop gives them out from the bottom.
    const ids = Array.from({ length: fault.count }, (_, at) => `US-${99_999_999 - at}`);
    return ids.filter((id) => !known.has(id));
  });
}

function drawRow(
  { merchant, receivedAt }: AnswerOrder,
  card: { oldNumber: string; customerId: string; n: number; wrong: boolean },
): string[] {
  const { seed, service } = merchant;
  const random = createRandom(hashWords(seed, service, card.oldNumber, card.n));
  const digits = (value: number, length: number) => String(value).padStart(length, '0');
  const lastDigits = digits(random.int(1000), 3);
  const brand = card.wrong ? unknownBrand : random.pick(brands[service]);
  // Three digits and four: nothing here can be taken for a card number.
  const year = digits((Number(receivedAt.slice(0, 4)) + 1 + random.int(4)) % 100, 2);
  const month = digits(1 + random.int(12), 2);
  const expiry = service === 'ZEUS' ? month + year : year + month;
  const shared = [card.customerId, lastDigits, brand, expiry];
  switch (service) {
    case 'YAMATO':
      return [...shared, drawKey(random)];
    case 'GMO':
      return [...shared, String(card.n - 1)];
    case 'ZEUS':
      return [...shared, `${card.customerId}-${digits(card.n, 2)}`, String(card.n)];
  }
}

/** Eight letters and digits; a key that begins with a letter reads as no number. */
function drawKey(random: Random): string {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
  const signs = `${letters}23456789`;
  const rest = Array.from({ length: 7 }, () => signs[random.int(signs.length)]);
  return [letters[random.int(letters.length)], ...rest].join('');
}

function swapExpiry(row: string[], { service }: LinkerMerchant): string[] {
  const at = (columns[service] as readonly string[]).indexOf('有効期限');
  return row.map((cell, index) => (index === at ? cell.slice(2) + cell.slice(0, 2) : cell));
}

function has(faults: readonly LinkerFault[], kind: LinkerFault['kind']): boolean {
  return faults.some((fault) => fault.kind === kind);
}
