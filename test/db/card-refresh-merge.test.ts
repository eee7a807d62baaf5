import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { RefreshMerge } from '../../activities/merge-refresh-result.ts';
import {
  type CardFace,
  isOlderExpiry,
  judgeRefreshResult,
} from '../../billing/card-refresh-judgement.ts';
import { refreshResultLayoutSchema } from '../../billing/card-refresh-settings.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { type Db, databaseOver, openPool } from '../../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { month, openRefreshShop, type RefreshShop, resultLine, said } from './refresh-shop.ts';

const keys = parseEncryptionKeys(inject('fileKeys'));
let database: TestDatabase;
let pool: ReturnType<typeof openPool>;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.appUrl, { maxConnections: 4 });
  db = databaseOver(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A shop whose cards are all asked for, the n-th on line n. */
async function askedShop(cards: Parameters<typeof openRefreshShop>[2]): Promise<RefreshShop> {
  const shop = await openRefreshShop(pool, keys, cards);
  await shop.ask({ first: true });
  return shop;
}

async function listOf(shop: RefreshShop, table: 'refresh_results' | 'refresh_quarantine') {
  const columns =
    table === 'refresh_results'
      ? sql`n || ':' || line || ' ' || verdict || ' ' || outcome || ' ' || last_digits_before || ' '
            || expiry_before || ' -> ' || coalesce(last_digits_after || ' ' || expiry_after, '=')`
      : sql`n || ':' || result_line || ' ' || reason || ' ' || coalesce(field, '-')`;
  const order = table === 'refresh_results' ? sql`n, line` : sql`n, result_line`;
  const { rows } = await sql<{ said: string }>`
    select ${columns} as said from ${sql.table(table)}
     where merchant_id = ${shop.merchantId} order by ${order}`.execute(db);
  return rows.map((row) => row.said);
}

/** What a file made of each line that it had news of. */
async function outcomesOf(shop: RefreshShop, n: number): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ line: number; outcome: string }>`
    select line, outcome from refresh_results
     where merchant_id = ${shop.merchantId} and n = ${n}`.execute(db);
  return new Map(rows.map(({ line, outcome }) => [line, outcome]));
}

function countsOf(merge: RefreshMerge) {
  if (merge.kind !== 'merged') throw new Error(JSON.stringify(merge));
  return merge.counts;
}

const expiring = { lastDigits: '234', expiry: month };

describe('a result', () => {
  test('every kind of row: what is taken changes its card once, all else changes none', async () => {
    const shop = await askedShop([
      expiring,
      expiring,
      expiring,
      expiring,
      expiring,
      expiring,
      expiring,
      expiring,
      { lastDigits: '234', expiry: '2030-01' },
      expiring,
    ]);
    const bytes = [
      said(1, 0, { 7: '*************678', 8: '3111' }),
      said(2, 0),
      said(3, 1),
      said(4, 2),
      said(5, 3),
      said(6, 4),
      said(7, 0, { 2: '202610-7' }),
      said(99, 0),
      said(8, 0, { 0: 'US-00000001' }),
      said(9, 0, { 8: '2912' }),
      resultLine({ 0: 'x' }, 12),
    ];
    const counts = countsOf(await shop.answer(bytes.join('')));
    expect(counts).toEqual({
      ...{ targets: 10, lines: 11, merged: 5, news: 5, quarantined: 6, missing: 5 },
      ...{ renewed: 1, valid: 0, noNewerData: 1, cardChanged: 0, cardGone: 0 },
      ...{ invalid: 1, mismatched: 1, inputErrors: 1 },
    });
    expect(await listOf(shop, 'refresh_results')).toEqual([
      '1:1 0 renewed 234 2026-11 -> 678 2031-11',
      '1:2 0 no_newer_data 234 2026-11 -> =',
      '1:3 1 refused 234 2026-11 -> =',
      '1:4 2 refused 234 2026-11 -> =',
      '1:5 3 refused 234 2026-11 -> =',
    ]);
    expect(await listOf(shop, 'refresh_quarantine')).toEqual([
      '1:6 bad_verdict 洗替判定結果',
      '1:7 other_month 自由項目',
      '1:8 unmatched -',
      '1:9 unmatched -',
      '1:10 bad_data 新有効期限',
      '1:11 bad_columns -',
    ]);
    expect(await shop.faces()).toEqual([
      '678 2031-11',
      ...Array(7).fill('234 2026-11'),
      '234 2030-01',
      '234 2026-11',
    ]);
  });

  test('the same again changes nothing; a corrected one brings its news as if it had come first', async () => {
    const shop = await askedShop([expiring, expiring, expiring, expiring]);
    const wrong = said(1, 0, { 8: '3111' }) + said(2, 0, { 8: '3111' }) + said(3, 1);
    expect(countsOf(await shop.answer(wrong))).toMatchObject({ merged: 3, news: 3, missing: 1 });
    expect(await shop.answer(wrong)).toEqual({ kind: 'known', n: 1 });
    // The same rows in another order: another file, and no news.
    const turned = said(3, 1) + said(2, 0, { 8: '3111' }) + said(1, 0, { 8: '3111' });
    expect(countsOf(await shop.answer(turned))).toMatchObject({ merged: 3, news: 0, missing: 1 });

    const right = said(1, 0, { 8: '3111' }) + said(2, 1) + said(3, 0, { 8: '3006' }) + said(4, 0);
    expect(countsOf(await shop.answer(right))).toMatchObject({
      ...{ merged: 4, news: 3, missing: 0, renewed: 2, invalid: 1, noNewerData: 1 },
    });
    expect(await listOf(shop, 'refresh_results')).toEqual([
      '1:1 0 renewed 234 2026-11 -> 234 2031-11',
      '1:2 0 renewed 234 2026-11 -> 234 2031-11',
      '1:3 1 refused 234 2026-11 -> =',
      '3:2 1 refused 234 2031-11 -> 234 2026-11',
      '3:3 0 renewed 234 2026-11 -> 234 2030-06',
      '3:4 0 no_newer_data 234 2026-11 -> =',
    ]);
    expect(await shop.faces()).toEqual([
      '234 2031-11',
      '234 2026-11',
      '234 2030-06',
      '234 2026-11',
    ]);
    // The first file under the same layout is known; it does not come back as news.
    expect(await shop.answer(wrong)).toEqual({ kind: 'known', n: 1 });
  });

  test('a card that was replaced or deleted since it was asked for keeps what it has', async () => {
    const shop = await askedShop([expiring, expiring, expiring]);
    const [replaced, gone, untouched] = shop.cardIds;
    await sql`update cards set last_digits = '999' where id = ${replaced}`.execute(db);
    await sql`update cards set deleted_at = now() where id = ${gone}`.execute(db);
    const bytes = said(1, 1) + said(2, 0, { 8: '3111' }) + said(3, 0, { 8: '3111' });
    expect(countsOf(await shop.answer(bytes))).toMatchObject({
      ...{ merged: 3, cardChanged: 1, cardGone: 1, renewed: 1, invalid: 0 },
    });
    expect(await shop.faces()).toEqual(['999 2026-11', '234 2026-11', '234 2031-11']);
    expect(await listOf(shop, 'refresh_results')).toContain('1:1 1 card_changed 999 2026-11 -> =');
    // Replaced after it was renewed: a later file does not put the old data back.
    await sql`update cards set expiry = '2033-03' where id = ${untouched}`.execute(db);
    const later = said(1, 1) + said(2, 0, { 8: '3111' }) + said(3, 0);
    expect(countsOf(await shop.answer(later))).toMatchObject({ merged: 3, news: 0 });
    expect(await shop.faces()).toEqual(['999 2026-11', '234 2026-11', '234 2033-03']);
  });

  test('doubled rows: one that repeats counts once, two that differ count for nothing', async () => {
    const shop = await askedShop([expiring, expiring]);
    const bytes =
      said(1, 0, { 8: '3111' }) +
      said(2, 0) +
      said(1, 0, { 8: '3111' }) +
      said(2, 1) +
      said(1, 0, { 8: '3111' });
    expect(countsOf(await shop.answer(bytes))).toMatchObject({
      ...{ lines: 5, merged: 1, quarantined: 4, missing: 1, renewed: 1 },
    });
    expect(await listOf(shop, 'refresh_quarantine')).toEqual(
      [2, 3, 4, 5].map((line) => `1:${line} doubled -`),
    );
  });

  test.each([
    ['of another month', () => said(1, 1, { 2: '202610-1' }), '別の月'],
    ['of nobody', () => said(7, 1), '一致する行がありません'],
    ['of another width', () => resultLine({ 0: 'm', 6: '1' }, 7), '列数'],
    ['of nothing', () => '', '空です'],
    [
      'cut in the middle of a row',
      () => said(1, 1) + said(2, 1).slice(0, -9),
      '途中で終わっています',
    ],
    [
      'cut in the middle of a cell',
      () => said(1, 1) + said(2, 1).slice(0, 7),
      '途中で終わっています',
    ],
  ])('one %s is refused whole, and a right one may follow', async (_, bytes, words) => {
    const shop = await askedShop([expiring, expiring]);
    const refused = await shop.answer(bytes());
    expect(refused).toMatchObject({ kind: 'refused', why: expect.stringContaining(words) });
    expect(await listOf(shop, 'refresh_quarantine')).toEqual([]);
    // Without its last line break a file is whole all the same.
    const right = said(1, 1) + said(2, 0).trimEnd();
    expect(countsOf(await shop.answer(right))).toMatchObject({ merged: 2, missing: 0, invalid: 1 });
  });

  test('read with a corrected layout, the same bytes are read anew', async () => {
    const shop = await askedShop([expiring, expiring]);
    const turned = (line: number) => said(line, 0, { 7: '3111', 8: '****678' });
    const bytes = turned(1) + said(2, 0);
    expect(countsOf(await shop.answer(bytes))).toMatchObject({ merged: 1, quarantined: 1 });
    const own = refreshResultLayoutSchema.parse({ cardNumber: 8, expiry: 7 });
    expect(countsOf(await shop.answer(bytes, own))).toMatchObject({
      merged: 2,
      news: 1,
      missing: 0,
    });
    expect(await shop.faces()).toEqual(['678 2031-11', '234 2026-11']);
  });

  test('without 自由項目 the member tells the card, and the sequence where a member has two', async () => {
    const shop = await askedShop([
      { ...expiring, sendId: 'm' },
      { ...expiring, sendId: 'm', sequence: '1' },
      { ...expiring, sendId: 'n' },
    ]);
    const rows = [
      ['m', '1'],
      ['n', '0'],
    ].map(([member = '', sequence = '']) => resultLine({ 0: member, 1: sequence, 6: '1' }));
    const plain = { freeText: null, cardNumber: null, expiry: null };
    const alone = refreshResultLayoutSchema.parse({ ...plain, cardSequence: null });
    expect(countsOf(await shop.answer(rows.join(''), alone))).toMatchObject({
      merged: 1,
      quarantined: 1,
    });
    const both = refreshResultLayoutSchema.parse(plain);
    expect(countsOf(await shop.answer(rows.join(''), both))).toMatchObject({ merged: 2, news: 1 });
    expect(await listOf(shop, 'refresh_results')).toEqual([
      '1:3 1 refused 234 2026-11 -> =',
      '2:2 1 refused 234 2026-11 -> =',
    ]);
  });
});

const verdict = fc.constantFrom(0, 0, 0, 1, 2, 3);
const answer = fc.record({
  verdict: verdict as fc.Arbitrary<0 | 1 | 2 | 3>,
  lastDigits: fc.constantFrom(null, '234', '1234', '678', '5678'),
  expiry: fc.constantFrom(null, '2026-10', '2026-11', '2026-12', '2031-05'),
});
const face = fc.record({
  lastDigits: fc.constantFrom('234', '1234'),
  expiry: fc.constantFrom('2026-11', '2026-12', '2029-09'),
});
/** What an import makes of a card between request and result. */
const changes: Readonly<Record<string, (face: CardFace) => CardFace | null>> = {
  none: (face) => face,
  renumbered: (face) => ({ ...face, lastDigits: '999' }),
  renewed: (face) => ({ ...face, expiry: '2033-03' }),
  older: (face) => ({ ...face, expiry: '2026-01' }),
  digit: (face) => ({ ...face, lastDigits: '1234' }),
  deleted: () => null,
};
const change = fc.constantFrom('none', 'none', 'none', ...Object.keys(changes));

test('the database judges as the rule does; targets and lines are accounted for; nothing happens twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ face, change, first: answer, second: fc.option(answer) }), {
        ...{ minLength: 1, maxLength: 20 },
      }),
      async (cases) => {
        const shop = await askedShop(cases.map((each) => each.face));
        for (const [index, each] of cases.entries()) {
          const id = shop.cardIds[index];
          const face = changes[each.change]?.(each.face);
          if (face === null) {
            await sql`update cards set deleted_at = now() where id = ${id}`.execute(db);
          } else if (face !== each.face) {
            await sql`
              update cards set last_digits = ${face?.lastDigits}, expiry = ${face?.expiry}
               where id = ${id}`.execute(db);
          }
        }
        const kept: CardFace[] = cases.map((each) => each.face);
        const cards = cases.map((each) => changes[each.change]?.(each.face) ?? null);
        for (const round of ['first', 'second'] as const) {
          const rows = cases.flatMap((each, index) => {
            const given = each[round];
            if (given === null) return [];
            const { lastDigits, expiry } = given;
            const cells = {
              7: lastDigits === null ? '' : `****${lastDigits}`,
              8: expiry === null ? '' : expiry.slice(2).replace('-', ''),
            };
            return [{ index, given, text: said(index + 1, given.verdict, cells) }];
          });
          const trusted = rows.filter(
            ({ given, index }) => given.verdict !== 0 || !isOlderExpiry(given, cases[index]!.face),
          );
          const merge = await shop.answer(rows.map(({ text }) => text).join(''));
          if (trusted.length === 0) {
            expect(merge.kind).toBe('refused');
            continue;
          }
          if (merge.kind === 'known') continue;
          if (merge.kind === 'refused') throw new Error(merge.why);
          const { counts } = merge;
          expect(counts).toMatchObject({ lines: rows.length, merged: trusted.length });
          expect(counts.quarantined).toBe(rows.length - trusted.length);
          const judged =
            counts.renewed +
            counts.valid +
            counts.noNewerData +
            counts.cardChanged +
            counts.cardGone +
            counts.invalid +
            counts.mismatched +
            counts.inputErrors;
          expect(judged + counts.missing).toBe(cases.length);
          const outcomes = await outcomesOf(shop, merge.n);
          expect(outcomes.size).toBe(counts.news);
          for (const { given, index } of trusted) {
            const of = {
              asked: cases[index]!.face,
              kept: kept[index]!,
              card: cards[index]!,
              month,
            };
            const { outcome, after } = judgeRefreshResult(given, of);
            expect(outcomes.get(index + 1) ?? outcome).toBe(outcome);
            if (after === null) continue;
            kept[index] = after;
            cards[index] = after;
          }
          const faces = await shop.faces();
          for (const [index, card] of cards.entries()) {
            if (card !== null) expect(faces[index]).toBe(`${card.lastDigits} ${card.expiry}`);
          }
        }
        // Each change on record is one that led from what the card was to what it became.
        const { rows: renewals } = await sql<{
          card_id: number;
          n: number;
          before: string;
          after: string;
        }>`
          select card_id, n, last_digits_before || expiry_before as before,
                 last_digits_after || expiry_after as after
            from refresh_results where merchant_id = ${shop.merchantId} and expiry_after is not null
           order by card_id, n`.execute(db);
        for (const [at, renewal] of renewals.entries()) {
          expect(renewal.before).not.toBe(renewal.after);
          const earlier = renewals[at - 1];
          if (earlier?.card_id === renewal.card_id) expect(renewal.before).toBe(earlier.after);
        }
      },
    ),
    { numRuns: 25 },
  );
});
