import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absenceCountsFrom, EXCHANGE_STAGES } from '../../billing/exchange.ts';
import {
  type CarriedFile,
  describeCarriage,
  nextInquiryAt,
  nextLookAt,
  nextSendAt,
  planCarriage,
  sendDeadline,
  TRANSPORTS,
} from '../../billing/exchange-transport.ts';

const now = '2026-11-20T01:00:00.000Z';
const plus = (minutes: number) => new Date(Date.parse(now) + minutes * 60_000).toISOString();
const minutesTo = (instant: string) => (Date.parse(instant) - Date.parse(now)) / 60_000;
const file: CarriedFile = {
  transport: 'sftp',
  stage: 'built',
  attention: false,
  dueAt: null,
  sendOpen: false,
};
const anyFile = fc.record({
  transport: fc.constantFrom(...TRANSPORTS),
  stage: fc.constantFrom(...EXCHANGE_STAGES),
  attention: fc.boolean(),
  dueAt: fc.constantFrom(null, now),
  sendOpen: fc.boolean(),
});

describe('the plan of a file that a machine carries', () => {
  test('never sends after a sending without an answer, nor what a person carries', () => {
    fc.assert(
      fc.property(anyFile, (carried) => {
        const { act } = planCarriage(carried);
        if (carried.transport === 'portal') expect(act).toBe('wait');
        if (carried.stage === 'handing_over' && carried.sendOpen) expect(act).not.toBe('send');
        if (act === 'send') expect(['built', 'handing_over']).toContain(carried.stage);
      }),
    );
  });

  test.each([
    ['a new file is sent at once', {}, 'send', null],
    ['one that a person must look at is not', { attention: true }, 'wait', null],
    [
      'one that did not arrive goes again at its time',
      { stage: 'handing_over', dueAt: now },
      'send',
      now,
    ],
    [
      'one without an answer is unclear',
      { stage: 'handing_over', sendOpen: true },
      'note-unclear',
      null,
    ],
    [
      'an unclear one is asked for',
      { stage: 'unknown', sendOpen: true, dueAt: now },
      'inquire',
      now,
    ],
    ['a result is looked for', { stage: 'awaiting_result', dueAt: now }, 'look', now],
    ['nothing follows its end', { stage: 'reconciled', dueAt: now }, 'wait', null],
  ] as const)('%s', (_what, more, act, at) => {
    expect(planCarriage({ ...file, ...more })).toEqual({ act, at });
  });
});

test('asks after 1, 5 and 15 minutes, then hourly, and never before now', () => {
  const asked: number[] = [];
  for (let at = now; asked.length < 6; ) {
    at = nextInquiryAt(now, at);
    asked.push(minutesTo(at));
  }
  expect(asked).toEqual([1, 5, 15, 75, 135, 195]);
  expect(absenceCountsFrom(now) > plus(15)).toBe(true);
});

test('sends again soon at first, then hourly', () => {
  expect([1, 2, 3, 4, 50].map((n) => minutesTo(nextSendAt(n, now)))).toEqual([1, 5, 15, 60, 60]);
});

test('looks for a result ever less often, at once for one that grows', () => {
  const look = { acceptedAt: now, pollMinutes: 5, settling: false, answered: false };
  const looks: number[] = [];
  for (let at = now; looks.length < 7; ) {
    at = nextLookAt({ ...look, now: at });
    looks.push(minutesTo(at));
  }
  expect(looks).toEqual([5, 10, 20, 40, 80, 140, 200]);
  expect(minutesTo(nextLookAt({ ...look, now, settling: true }))).toBe(1);
  const answered = { ...look, answered: true };
  expect(minutesTo(nextLookAt({ ...answered, now }))).toBe(60);
  const days = 3 * 24 * 60;
  expect(minutesTo(nextLookAt({ ...answered, now: plus(days) }))).toBe(days + 24 * 60);
});

test('sends nothing after its days, nor after the first window has closed', () => {
  expect(minutesTo(sendDeadline(now, 7, null))).toBe(7 * 24 * 60);
  expect(sendDeadline(now, 7, plus(60))).toBe(plus(60));
  expect(minutesTo(sendDeadline(now, 1, plus(7 * 24 * 60)))).toBe(24 * 60);
});

test('what operators read says whether the file left, and never tells them to upload it', () => {
  fc.assert(
    fc.property(anyFile, fc.constantFrom(null, '接続できません。'), (carried, note) => {
      const text = describeCarriage({ ...carried, note }, 0);
      expect(text).not.toBe('');
      if (carried.transport !== 'portal') expect(text).not.toContain('アップロードしてください');
      if (carried.transport !== 'portal' && note !== null && carried.stage === 'handing_over') {
        expect(text).toMatch(carried.sendOpen ? '送信しています' : '送信されていません');
      }
    }),
  );
});
