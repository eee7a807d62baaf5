import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBusinessCalendar } from '../../billing/business-calendar.ts';
import { addDays, businessDateOf } from '../../billing/business-date.ts';
import { cardBrands } from '../../billing/card-service.ts';
import { DECLINE_CLASSES } from '../../billing/decline.ts';
import { LIMIT_KINDS, NEVER_RETRIED_AS_IS } from '../../billing/ng-case.ts';
import { ngSettingsSchema } from '../../billing/ng-settings.ts';
import { isWithinBudget, NO_USAGE, type RetryUsage } from '../../billing/retry-budget.ts';
import { type NgCaseFacts, planCase } from '../../billing/retry-planner.ts';

const calendar = createBusinessCalendar();
const settings = ngSettingsSchema.parse({});
/** Friday 20 November 2026, 15:00 in Japan; Monday is a holiday. */
const now = '2026-11-20T06:00:00.000Z';

const facts: NgCaseFacts = {
  class: 'limit_exceeded',
  code: 'G55',
  limitKind: null,
  openedAt: now,
  retries: 0,
  contacts: 0,
  registered: false,
  noticed: false,
  brand: null,
  usage: NO_USAGE,
};

/** Steps with their days in Japan. */
const plan = (of: Partial<NgCaseFacts>, at = now, ng: object = {}) =>
  planCase({ ...facts, ...of }, { settings: { ...settings, ...ng }, calendar, now: at }).map(
    ({ step, dueAt }) => [step, dueAt === null ? null : businessDateOf(dueAt)],
  );

describe('the plan of a class', () => {
  test.each([
    [
      'limit_exceeded',
      [
        ['contact', '2026-11-24'],
        ['retry', '2026-12-01'],
        ['give_up', '2026-12-21'],
      ],
    ],
    [
      'insufficient_funds',
      [
        ['contact', '2026-11-24'],
        ['retry', '2026-11-26'],
        ['give_up', '2026-12-21'],
      ],
    ],
    [
      'held',
      [
        ['retry', '2026-11-26'],
        ['give_up', '2026-12-21'],
      ],
    ],
    [
      'system',
      [
        ['retry', '2026-11-24'],
        ['give_up', '2026-12-21'],
      ],
    ],
    [
      'card_expired',
      [
        ['contact', '2026-11-24'],
        ['contact', '2026-12-01'],
        ['give_up', '2026-12-21'],
      ],
    ],
    [
      'authentication',
      [
        ['contact', '2026-11-24'],
        ['contact', '2026-12-01'],
        ['give_up', '2026-12-21'],
      ],
    ],
    ['bad_request', [['fix_data', null]]],
    ['unknown', [['decide', null]]],
  ] as const)('%s', (name, steps) => {
    expect(plan({ class: name })).toEqual(steps);
  });

  test('retries after a payday that a weekend moved to the Friday before', () => {
    // 25 October 2026 is a Sunday: salaries come on Friday the 23rd.
    expect(
      plan({ class: 'insufficient_funds', contacts: 1 }, '2026-10-20T06:00:00.000Z')[0],
    ).toEqual(['retry', '2026-10-26']);
  });

  test('goes by the limit that a person learnt of', () => {
    expect(plan({ limitKind: 'daily', contacts: 1 })[0]).toEqual(['retry', '2026-11-24']);
  });

  test('tells the customer before an order may take the charge over, and does not wait for ever', () => {
    const waits = [
      ['contact', '2026-11-24'],
      ['carry_over', '2026-11-30'],
      ['await_order', '2027-01-14'],
      ['decide', null],
    ];
    expect(plan({ limitKind: 'monthly' })).toEqual(waits);
    // A mail about something else is no notice.
    expect(plan({ limitKind: 'monthly', contacts: 1 })).toEqual(waits);
    expect(plan({ limitKind: 'monthly', noticed: true })).toEqual([
      ['await_order', '2027-01-04'],
      ['decide', null],
    ]);
  });

  test('tries a card that was cancelled only once another is registered', () => {
    expect(plan({ class: 'card_cancelled', registered: true })[0]).toEqual(['retry', '2026-11-24']);
  });

  test('ends with a person where nothing is given up by itself', () => {
    expect(plan({ class: 'held' }, now, { giveUpAfterDays: null })).toEqual([
      ['retry', '2026-11-26'],
      ['decide', null],
    ]);
  });

  test('asks the customer when the cap is reached, and gives the last try a week', () => {
    const late = '2027-01-15T06:00:00.000Z';
    expect(plan({ class: 'system', retries: 3 }, late)).toEqual([
      ['contact', '2027-01-18'],
      ['contact', '2027-01-25'],
      ['give_up', '2027-02-01'],
    ]);
    expect(plan({ class: 'system', retries: 2 }, late)).toEqual([
      ['retry', '2027-01-18'],
      ['give_up', '2027-01-25'],
    ]);
  });

  test('says its reason in Japanese', () => {
    const [, retry] = planCase(
      { ...facts, class: 'insufficient_funds', code: 'G02' },
      {
        settings,
        calendar,
        now,
      },
    );
    expect(retry?.why).toBe(
      '残高不足(G02)のため、給料日(2026-11-25)の翌営業日 2026-11-26 に再オーソリします(3 回中 1 回目)。',
    );
  });
});

const instants = fc
  .integer({ min: 0, max: 45 * 24 * 60 })
  .map((minutes) => new Date(Date.parse(now) - minutes * 60_000).toISOString());
const usages: fc.Arbitrary<RetryUsage> = fc.record({
  reattempts: fc.array(instants, { maxLength: 40 }),
  declines: fc.array(instants, { maxLength: 60 }),
  pending: fc.integer({ min: 0, max: 5 }),
});
const cases: fc.Arbitrary<NgCaseFacts> = fc.record({
  class: fc.constantFrom(...DECLINE_CLASSES),
  code: fc.constantFrom('G55', null),
  limitKind: fc.constantFrom(...LIMIT_KINDS, null),
  openedAt: instants,
  retries: fc.integer({ min: 0, max: 5 }),
  contacts: fc.integer({ min: 0, max: 2 }),
  registered: fc.boolean(),
  noticed: fc.boolean(),
  brand: fc.constantFrom(...cardBrands, null),
  usage: usages,
});

test('no plan lies in the past, off business days or beyond a budget', () => {
  fc.assert(
    fc.property(cases, (of) => {
      const steps = planCase(of, { settings, calendar, now });
      expect(steps.length).toBeGreaterThan(0);
      let last = now;
      for (const { step, dueAt, why } of steps) {
        expect(why).not.toBe('');
        if (dueAt === null) {
          expect(['decide', 'fix_data']).toContain(step);
          continue;
        }
        expect(dueAt >= last).toBe(true);
        last = dueAt;
        expect(calendar.isBusinessDay(businessDateOf(dueAt))).toBe(true);
        if (step !== 'retry') continue;
        expect(of.retries).toBeLessThan(settings.maxRetries);
        expect(NEVER_RETRIED_AS_IS.includes(of.class) && !of.registered).toBe(false);
        // What is pending is answered by then: each answer may be one more decline of this moment.
        const answered = Array.from({ length: of.usage.pending }, () => now);
        const usage = {
          reattempts: [...of.usage.reattempts, ...answered],
          declines: [...of.usage.declines, ...answered],
          pending: 0,
        };
        expect(isWithinBudget(of.brand, usage, dueAt)).toBe(true);
      }
    }),
  );
});

test('a card that is declined at every try stays within every budget for months', () => {
  const brands = fc.constantFrom(...cardBrands, null);
  fc.assert(
    fc.property(brands, fc.integer({ min: 1, max: 6 }), (brand, perDay) => {
      const reattempts: string[] = [];
      const declines: string[] = [];
      for (let day = 0; day < 90; day += 1) {
        const date = addDays(businessDateOf(now), day);
        for (let tried = 0; tried < perDay * 3; tried += 1) {
          const at = `${date}T0${Math.floor(tried / 3)}:${10 + (tried % 3)}:00.000Z`;
          if (!isWithinBudget(brand, { reattempts, declines, pending: 0 }, at)) continue;
          reattempts.push(at);
          declines.push(at);
        }
      }
      const most = (events: readonly string[], days: number) =>
        Math.max(
          ...events.map(
            (end) =>
              events.filter((one) => {
                const ageMs = Date.parse(end) - Date.parse(one);
                return ageMs >= 0 && ageMs <= days * 86_400_000;
              }).length,
          ),
        );
      if (brand === null || brand === 'VISA') expect(most(reattempts, 30)).toBeLessThanOrEqual(20);
      if (brand === null || brand === 'MASTER') {
        expect(most(declines, 1)).toBeLessThanOrEqual(10);
        expect(most(declines, 30)).toBeLessThanOrEqual(35);
      }
    }),
    { numRuns: 20 },
  );
});
