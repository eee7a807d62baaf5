import { encodeCsv } from '../../billing/csv-writer.ts';
import { createRandom, hashWords } from '../shop/random.ts';
import type { GmoFault } from './faults.ts';
import { type AskedCard, addMonths, type Judgement, judgeCard } from './judge-card.ts';
import type { GmoShop } from './shop.ts';

/** A card that was asked about, and what is said of it. */
export type Answer = AskedCard & Judgement;

/** @param month YYYY-MM of the result */
export function answerCards(shop: GmoShop, cards: readonly AskedCard[], month: string): Answer[] {
  return cards.map((card) => ({ ...card, ...judgeCard(shop, card, month) }));
}

/** The result of a month in the shop's columns: all quoted, no header, CRLF, CP932. */
export function writeResult(shop: GmoShop, answers: readonly Answer[]): Buffer {
  return encodeLines(answers.map((answer) => toFields(shop, answer)));
}

/** The result as a fault has it. `previous`: the right result of the month before, where there is one. */
export function spoilResult(
  shop: GmoShop,
  answers: readonly Answer[],
  { fault, previous }: { readonly fault: GmoFault; readonly previous: Buffer | null },
): Buffer {
  const right = writeResult(shop, answers);
  switch (fault.kind) {
    case 'late':
    case 'never':
    case 'growing':
      return right;
    case 'half_written':
      return right.subarray(0, Math.floor(right.length * fault.keep));
    case 'other_month':
      return previous ?? writeResult(shop, answers.map(toMonthBefore));
    default:
      return spoilRows(shop, answers, fault);
  }
}

type RowFault = Extract<GmoFault, { readonly count: number }>;

function spoilRows(shop: GmoShop, answers: readonly Answer[], fault: RowFault): Buffer {
  const struck = drawRows(shop, answers.length, fault.count);
  const lines = answers.flatMap((answer, at) => {
    const fields = toFields(shop, answer);
    if (!struck.has(at)) return [fields];
    switch (fault.kind) {
      case 'rows_doubled':
        return [fields, fields];
      case 'rows_missing':
        return [];
      case 'rows_unasked':
        return [fields, toFields(shop, { ...answer, member: `${answer.member}-X`, free: '' })];
      case 'verdict_unknown':
        return [fields.map((field, column) => (shop.columns[column] === 'verdict' ? '9' : field))];
      case 'row_short':
        return [fields.slice(0, -1)];
    }
    return [fields];
  });
  return encodeLines(lines);
}

function drawRows(shop: GmoShop, rows: number, count: number): Set<number> {
  const random = createRandom(hashWords(shop.seed, 'rows', rows));
  const drawn = new Set<number>();
  while (drawn.size < Math.min(count, rows)) drawn.add(random.int(rows));
  return drawn;
}

/** The free item as the same caller would have written it the month before. */
function toMonthBefore(answer: Answer): Answer {
  const free = answer.free.replace(/^(\d{4})(-?)(\d\d)/, (_, year, dash, month) =>
    addMonths(`${year}-${month}`, -1).replace('-', dash),
  );
  return { ...answer, free };
}

function toFields(shop: GmoShop, answer: Answer): string[] {
  return shop.columns.map((column) => fieldOf(column, answer));
}

function fieldOf(column: GmoShop['columns'][number], answer: Answer): string {
  switch (column) {
    case 'member':
      return answer.member;
    case 'sequence':
      return answer.sequence;
    case 'free':
      return answer.free;
    case 'number':
      return answer.newDigits === null ? '' : `${'*'.repeat(12)}${answer.newDigits}`;
    case 'expiry':
      // YYMM, as GMO writes it elsewhere [manual 000].
      return answer.newExpiry?.replace('-', '').slice(2) ?? '';
    case 'verdict':
      return answer.verdict;
    case 'blank':
      return '';
  }
}

function encodeLines(lines: readonly (readonly string[])[]): Buffer {
  const text = lines
    .map((fields) => fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(','))
    .map((line) => `${line}\r\n`)
    .join('');
  return encodeCsv(text, 'cp932');
}
