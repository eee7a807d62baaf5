import { describe, expect, test } from 'vitest';
import { type CaptureFacts, nextCaptureWave } from '../../billing/capture-policy.ts';

/** 2026-11-20 15:00 in Japan. */
const now = '2026-11-20T06:00:00.000Z';
const facts = (more: Partial<CaptureFacts> = {}): CaptureFacts => ({
  policy: 'on-shipment',
  waveAt: '10:00',
  ready: 1,
  requested: 0,
  lastWaveAt: null,
  ...more,
});

describe('captures leave', () => {
  test('never, where nothing is ready', () => {
    expect(nextCaptureWave(facts({ ready: 0 }), now)).toBeNull();
    expect(nextCaptureWave(facts({ policy: 'immediate', ready: 0 }), now)).toBeNull();
  });
  test.each(['immediate', 'manual'] as const)('at once by the policy %s', (policy) => {
    expect(nextCaptureWave(facts({ policy, lastWaveAt: now }), now)).toBe(now);
  });
  test('at once when a person asked', () => {
    expect(nextCaptureWave(facts({ requested: 1, lastWaveAt: now }), now)).toBe(now);
  });
  test('on shipment: the first at once, then once a day at the time of the wave', () => {
    expect(nextCaptureWave(facts(), now)).toBe(now);
    // Yesterday's wave, or today's before ten: this one may go.
    expect(nextCaptureWave(facts({ lastWaveAt: '2026-11-20T00:59:59.000Z' }), now)).toBe(now);
    // Today's wave has left: the next is tomorrow's at ten in Japan.
    expect(nextCaptureWave(facts({ lastWaveAt: '2026-11-20T01:00:00.000Z' }), now)).toBe(
      '2026-11-21T01:00:00.000Z',
    );
  });
  test('before the time of the wave, it is the day before that counts', () => {
    const early = '2026-11-20T00:30:00.000Z';
    expect(nextCaptureWave(facts({ lastWaveAt: '2026-11-19T02:00:00.000Z' }), early)).toBe(
      '2026-11-20T01:00:00.000Z',
    );
    expect(nextCaptureWave(facts({ lastWaveAt: '2026-11-18T02:00:00.000Z' }), early)).toBe(early);
  });
});
