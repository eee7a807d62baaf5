import { describe, expect, test } from 'vitest';
import { CHARGE_STATE_LABELS_JA, CHARGE_STATES } from '../../billing/charge.ts';
import {
  CHARGE_EVENTS,
  type ChargeEvent,
  nextChargeStates,
  renderChargeTransitions,
} from '../../billing/charge-transitions.ts';

const events = Object.keys(CHARGE_EVENTS) as ChargeEvent[];

/** States from which `event` is legal. */
function startsOf(event: ChargeEvent): string[] {
  return CHARGE_STATES.filter((state) => nextChargeStates(state, event).length > 0);
}

describe('the transitions of a charge', () => {
  test('never capture but where a capture is claimed or in doubt', () => {
    expect(startsOf('captured')).toEqual(['unknown', 'capture_sent', 'quarantined']);
    expect(startsOf('capture_claimed')).toEqual(['authorized']);
  });

  test('never authorize again while an authorization lives or may live', () => {
    expect(startsOf('authorization_claimed')).toEqual(['planned', 'declined', 'voided', 'expired']);
  });

  test('never leave captured and carried_over by themselves', () => {
    for (const state of ['captured', 'carried_over'] as const) {
      const leaving = events.filter((event) => nextChargeStates(state, event).length > 0);
      expect(leaving).toEqual(['contradiction_found']);
    }
  });

  test('reach every state from planned', () => {
    const reached = new Set<string>(['planned']);
    for (const state of reached) {
      for (const event of events) {
        for (const next of nextChargeStates(state as 'planned', event)) reached.add(next);
      }
    }
    expect([...reached].sort()).toEqual([...CHARGE_STATES].sort());
  });

  test('are quarantined by a contradiction from every state but quarantined itself', () => {
    expect(startsOf('contradiction_found')).toEqual(
      CHARGE_STATES.filter((state) => state !== 'quarantined'),
    );
  });

  test('are drawn with every edge that is no contradiction', () => {
    const drawing = renderChargeTransitions();
    for (const state of CHARGE_STATES) {
      for (const event of events.filter((name) => !name.startsWith('contradiction_'))) {
        for (const next of nextChargeStates(state, event)) {
          expect(drawing).toMatch(new RegExp(`^  ${state} --> ${next}: .*\\b${event}\\b`, 'm'));
        }
      }
    }
    expect(drawing).toContain('  [*] --> planned\n');
  });
});

test('every state has a label of its own for operators', () => {
  const labels = Object.values(CHARGE_STATE_LABELS_JA);
  expect(new Set(labels).size).toBe(CHARGE_STATES.length);
});
