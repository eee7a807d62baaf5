import { describe, expect, test } from 'vitest';
import {
  describeExchange,
  EXCHANGE_STAGES,
  exchangeFileName,
  isFinishedExchange,
  SHOWN_FORMAT_ERRORS,
} from '../../billing/exchange.ts';

describe('an exchange', () => {
  test.each(EXCHANGE_STAGES)('says in stage %s what it waits for', (stage) => {
    expect(describeExchange(stage, 0)).toMatch(/[ぁ-ん].*。$/);
  });

  test('is over when it is reconciled, rejected or cancelled, and then alone', () => {
    const over = EXCHANGE_STAGES.filter(isFinishedExchange);
    expect(over).toEqual(['reconciled', 'rejected', 'cancelled']);
  });

  test('counts the rows that a person must settle', () => {
    expect(describeExchange('awaiting_result', 0)).toContain('処理完了メール');
    expect(describeExchange('awaiting_result', 3)).toContain('3 件が要確認');
  });

  test('knows that the screen shows no more than the first errors', () => {
    const more = 'ほかにもエラーがある可能性';
    expect(describeExchange('rejected', 0, SHOWN_FORMAT_ERRORS - 1)).not.toContain(more);
    expect(describeExchange('rejected', 0, SHOWN_FORMAT_ERRORS)).toContain(more);
    expect(describeExchange('rejected', 0)).toContain('請求は行われていません');
  });

  test('has files that sort by number', () => {
    const name = { billingMonth: '2026-11', kind: 'auth', number: 7 } as const;
    expect(exchangeFileName(name)).toBe('auth-2026-11-007.csv');
  });
});
