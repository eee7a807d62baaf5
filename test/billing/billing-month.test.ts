import { describe, expect, it } from 'vitest';
import {
  compareBillingMonths,
  nextBillingMonth,
  parseBillingMonth,
  previousBillingMonth,
  shiftBillingMonth,
} from '../../billing/billing-month.ts';

describe('billing month', () => {
  it('accepts YYYY-MM only', () => {
    expect(parseBillingMonth('2026-11')).toBe('2026-11');
    for (const text of [
      '2026-13',
      '2026-00',
      '2026-1',
      '202611',
      '2026-11-01',
      '',
      '２０２６-11',
    ]) {
      expect(parseBillingMonth(text)).toBeNull();
    }
  });

  it('steps over the year', () => {
    expect(nextBillingMonth('2026-12')).toBe('2027-01');
    expect(previousBillingMonth('2026-01')).toBe('2025-12');
    expect(shiftBillingMonth('2026-11', -23)).toBe('2024-12');
    expect(() => nextBillingMonth('November')).toThrow('not a billing month');
  });

  it('compares in time', () => {
    const months = ['2027-01', '2026-02', '2026-11'];
    expect(months.sort(compareBillingMonths)).toEqual(['2026-02', '2026-11', '2027-01']);
  });
});
