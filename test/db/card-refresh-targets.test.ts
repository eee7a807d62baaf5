import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  judgeRefreshCard,
  type RefreshCandidate,
  refreshMemberId,
} from '../../billing/card-refresh-selection.ts';
import { parseEncryptionKeys } from '../../config.ts';
import { databaseOver, openPool } from '../../db/database.ts';
import {
  countRefreshCards,
  listRefreshCards,
  readRefreshCards,
} from '../../db/queries/card-refresh-targets.ts';
import { collect } from '../byte-source.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type CardOfShop, month, openRefreshShop } from './refresh-shop.ts';

const keys = parseEncryptionKeys(inject('fileKeys'));
let database: TestDatabase;
let pool: ReturnType<typeof openPool>;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.appUrl, { maxConnections: 3 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const instant = fc.constantFrom(
  '2026-01-05T00:00:00.000Z',
  '2026-10-31T14:59:59.999Z',
  '2026-10-31T15:00:00.000Z',
  '2026-11-20T00:00:00.000Z',
);
const anyCard: fc.Arbitrary<CardOfShop> = fc.record({
  service: fc.constantFrom('GMO', 'GMO', 'GMO', 'GMO', 'ZEUS', 'YAMATO'),
  sendId: fc.oneof(
    fc.constant(null),
    fc.constantFrom('', 'm-1', '会員', 'm'.repeat(61), 'a\\b', 'a b'),
  ),
  sequence: fc.oneof(
    fc.constantFrom('0', '12', '\\', "'x"),
    fc.constantFrom(null, '', '連番', 's"'),
  ),
  expiry: fc.constantFrom('2026-10', '2026-11', '2026-12', '2027-01', '2031-05'),
  customerDeleted: fc.constantFrom(false, false, true),
  deleted: fc.constantFrom(false, false, true),
  createdAt: instant,
  customerCreatedAt: instant,
});

const candidate = (card: CardOfShop, index: number): RefreshCandidate => ({
  service: card.service as 'GMO',
  customerDeleted: card.customerDeleted === true,
  cardDeleted: card.deleted === true,
  customerRegisteredAt: card.customerCreatedAt ?? '',
  cardRegisteredAt: card.createdAt ?? '',
  memberId: refreshMemberId({ customerId: 10_000 + index, sendId: card.sendId ?? null }),
  sequence: card.sequence ?? null,
  expiry: card.expiry ?? '',
  locked: false,
});

test('the database chooses exactly the cards that the rule does, and says why of all the others', async () => {
  const db = databaseOver(pool);
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyCard, { minLength: 1, maxLength: 25 }),
      fc.boolean(),
      async (cards, first) => {
        const rule = { month, first };
        const shop = await openRefreshShop(pool, keys, cards);
        const expected = cards.map((card, index) => judgeRefreshCard(candidate(card, index), rule));

        const preview = (
          await collect(readRefreshCards(db, shop.merchantId, { ...rule, included: null }))
        ).flat();
        expect(preview.map(({ why }) => why)).toEqual(expected);

        const counts = await countRefreshCards(db, shop.merchantId, rule);
        expect(Object.fromEntries(counts.map(({ why, cards: n }) => [why, n]))).toEqual(
          Object.fromEntries(
            [...new Set(expected)].map((why) => [why, expected.filter((w) => w === why).length]),
          ),
        );

        const inside = preview.filter(({ included }) => included);
        const request = await shop.ask({ first });
        expect(request).toBe(
          inside
            .map(
              ({ memberId, sequence }, index) =>
                `"${memberId}","${sequence}","202611-${index + 1}"\r\n`,
            )
            .join(''),
        );
        // Chosen once: what came since does not change the request.
        expect(await shop.ask({ first: !first })).toBe(
          inside.length === 0 ? await shop.ask() : request,
        );
      },
    ),
    { numRuns: 25 },
  );
});

test('the preview is paged by card and may be asked for one reason', async () => {
  const db = databaseOver(pool);
  const expiries = ['2026-11', '2031-05', '2026-12', '2026-11'];
  const shop = await openRefreshShop(
    pool,
    keys,
    expiries.map((expiry) => ({ expiry })),
  );
  const page = { month, first: false, why: null, included: null, after: 0, limit: 3 };
  const list = (rest: Partial<Parameters<typeof listRefreshCards>[2]>) =>
    listRefreshCards(db, shop.merchantId, { ...page, ...rest });
  const [a, b, c, d] = shop.cardIds;
  const ids = async (rest: Parameters<typeof list>[0]) =>
    (await list(rest)).map(({ cardId }) => cardId);
  expect(await ids({})).toEqual([a, b, c]);
  expect(await ids({ after: c! })).toEqual([d]);
  expect(await ids({ why: 'expires_this_month' })).toEqual([a, d]);
  expect(await ids({ included: false })).toEqual([b]);
  expect((await list({ limit: 1 }))[0]).toEqual({
    ...{ cardId: a, customerId: 10_000, customerNumber: 'c10000', memberId: 'US-00010000' },
    ...{ sequence: '0', lastDigits: '234', expiry: '2026-11', included: true },
    why: 'expires_this_month',
  });
});
