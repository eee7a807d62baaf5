import { describe, expect, test } from 'vitest';
import {
  exchangeReminderKey,
  isReminded,
  writeExchangeReminder,
} from '../../billing/exchange-reminder.ts';
import { writeMail } from '../../billing/mail/templates.ts';

const waiting = {
  billingMonth: '2026-11',
  kind: 'auth',
  number: 1,
  stage: 'handing_over',
  records: 12,
  amountYen: 3980,
  attention: true,
  transport: 'portal',
  dueAt: null,
  note: null,
  sendOpen: true,
  acceptanceNumber: null,
  waitsSince: '2026-11-20T01:00:00.000Z',
} as const;

describe('a reminder of a waiting file', () => {
  test.each([
    [waiting, 0, 'hand_over_waiting', 'アップロード'],
    [
      { ...waiting, stage: 'awaiting_result', acceptanceNumber: '2881' },
      0,
      'result_waiting',
      '2881',
    ],
    [
      { ...waiting, stage: 'awaiting_result', acceptanceNumber: '2881' },
      3,
      'attention',
      '3 件が要確認',
    ],
    [{ ...waiting, stage: 'unknown' }, 0, 'attention', 'もう一度アップロードせず'],
  ] as const)('says what to do (%#)', (exchange, unsettled, template, words) => {
    const reminder = writeExchangeReminder(exchange, unsettled, 3);
    expect(reminder?.template).toBe(template);
    if (reminder === null) throw new Error('nothing to say');
    expect(writeMail(reminder.template, reminder.parameters).text).toContain(words);
  });

  test.each(['built', 'reconciled', 'rejected', 'cancelled'] as const)('is none at %s', (stage) => {
    expect(writeExchangeReminder({ ...waiting, stage }, 0, 1)).toBeNull();
    expect(isReminded(stage)).toBe(false);
  });

  test('has a key of its file, its wait and its day', () => {
    const keys = [
      exchangeReminderKey(waiting, 1),
      exchangeReminderKey(waiting, 3),
      exchangeReminderKey({ ...waiting, stage: 'unknown' }, 1),
      exchangeReminderKey({ ...waiting, waitsSince: '2026-11-21T01:00:00.000Z' }, 1),
      exchangeReminderKey({ ...waiting, number: 2 }, 1),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9:._-]{1,200}$/);
  });
});
