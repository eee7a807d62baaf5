import { describe, expect, test } from 'vitest';
import { createBusinessCalendar } from '../../billing/business-calendar.ts';
import { ngSettingsSchema } from '../../billing/ng-settings.ts';
import { SILENT_STEPS, waitForAnswer } from '../../billing/ng-silence.ts';

/** Friday 20 November 2026, 15:00 in Japan; Monday is a holiday. */
const now = '2026-11-20T06:00:00.000Z';
const context = {
  now,
  calendar: createBusinessCalendar(),
  settings: ngSettingsSchema.parse({
    askAgainAfterDays: 4,
    carryOver: { noticeDays: 3 },
    contact: { answerDays: 6 },
  }),
};

describe('a step that follows from silence', () => {
  test.each(SILENT_STEPS)('%s waits for a mail that has not left, to the next wave', (step) => {
    for (const sentOn of [null, '2026-10-01']) {
      expect(waitForAnswer({ step, unsent: true, sentOn }, context)).toEqual({
        dueAt: '2026-11-24T01:00:00.000Z',
        why: expect.stringContaining('まだ送信されていない'),
      });
    }
  });

  test.each([
    ['contact', '2026-11-16', '2026-11-17', '2026-11-24'],
    ['carry_over', '2026-11-17', '2026-11-18', '2026-11-24'],
    ['give_up', '2026-11-14', '2026-11-20', '2026-11-26'],
  ] as const)('%s has its days from the day on which the mail left', (step, enough, late, on) => {
    expect(waitForAnswer({ step, unsent: false, sentOn: enough }, context)).toBeNull();
    const wait = waitForAnswer({ step, unsent: false, sentOn: late }, context);
    expect(wait?.dueAt).toBe(`${on}T01:00:00.000Z`);
    expect(wait?.why).toContain(`${late} に送信されました`);
  });

  test.each(SILENT_STEPS)('%s of a customer whom people contact waits for no mail', (step) => {
    expect(waitForAnswer({ step, unsent: false, sentOn: null }, context)).toBeNull();
  });
});
