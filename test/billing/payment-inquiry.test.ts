import { expect, test } from 'vitest';
import {
  CHANGING_CLASSES,
  INQUIRY_EFFECTS,
  judgePayment,
  PAYMENT_STANDINGS,
  RECORDED_STANDINGS,
} from '../../billing/payment-inquiry.ts';

test('every pair has one effect; facts follow from those alone that change the record', () => {
  expect(INQUIRY_EFFECTS).toHaveLength(RECORDED_STANDINGS.length * (PAYMENT_STANDINGS.length - 1));
  for (const { class: kind, outcome, close, claim } of INQUIRY_EFFECTS) {
    const facts = outcome !== null || close !== null || claim !== null;
    expect(facts).toBe(CHANGING_CLASSES.includes(kind) && kind !== 'contradicts');
  }
});

test('money that moves though we say otherwise always contradicts', () => {
  for (const recorded of ['declined', 'rejected', 'not_sent', 'voided', 'expired'] as const) {
    expect(judgePayment(recorded, 'captured').class).toBe('contradicts');
  }
  for (const recorded of ['declined', 'rejected', 'not_sent'] as const) {
    expect(judgePayment(recorded, 'authorized').class).toBe('contradicts');
  }
});

test('a capture or void that is open is never ended by an authorization that is still alive', () => {
  for (const recorded of ['capture_open', 'void_open'] as const) {
    for (const standing of ['pending', 'authorized'] as const) {
      expect(judgePayment(recorded, standing).class).toBe('waits');
    }
  }
});
