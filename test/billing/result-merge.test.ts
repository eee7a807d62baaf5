import { describe, expect, test } from 'vitest';
import { type LineVerdict, mergeAuthorization, mergeCapture } from '../../billing/result-merge.ts';

const verdicts: readonly LineVerdict[] = ['ok', 'ng', 'unknown', 'quarantined'];

describe('what a verdict is beside the outcome on record', () => {
  test.each([
    ['ok', null, { kind: 'record', fact: 'ok' }],
    ['ng', null, { kind: 'record', fact: 'declined' }],
    ['ok', 'ok', { kind: 'same' }],
    ['ng', 'declined', { kind: 'same' }],
    ['ok', 'declined', { kind: 'contradiction', recorded: 'declined', received: 'ok' }],
    ['ok', 'not_sent', { kind: 'contradiction', recorded: 'not_sent', received: 'ok' }],
    ['ok', 'rejected', { kind: 'contradiction', recorded: 'rejected', received: 'ok' }],
    ['ng', 'ok', { kind: 'contradiction', recorded: 'ok', received: 'declined' }],
  ] as const)('%s after %s', (verdict, recorded, merged) => {
    expect(mergeAuthorization(verdict, recorded)).toEqual(merged);
  });

  test.each([
    ['ok', null, { kind: 'record', fact: 'captured' }],
    ['ng', null, { kind: 'record', fact: 'refused' }],
    ['ok', 'captured', { kind: 'same' }],
    ['ok', 'refused', { kind: 'contradiction', recorded: 'refused', received: 'captured' }],
    ['ok', 'not_sent', { kind: 'contradiction', recorded: 'not_sent', received: 'captured' }],
    ['ng', 'captured', { kind: 'contradiction', recorded: 'captured', received: 'refused' }],
  ] as const)('%s after %s, of a capture', (verdict, recorded, merged) => {
    expect(mergeCapture(verdict, recorded)).toEqual(merged);
  });

  test('an OK under another 決済ID is another payment; one of which no ID is known is not', () => {
    const other = { kind: 'contradiction', recorded: 'ok', received: 'ok' };
    expect(mergeAuthorization('ok', 'ok', ['p1', 'p2'])).toEqual(other);
    for (const ids of [
      ['p1', 'p1'],
      ['p1', null],
      [null, 'p1'],
    ] as const) {
      expect(mergeAuthorization('ok', 'ok', ids)).toEqual({ kind: 'same' });
    }
    expect(mergeAuthorization('ng', 'declined', ['p1', 'p2'])).toEqual({ kind: 'same' });
  });

  test('nothing definite changes nothing, whatever is on record', () => {
    for (const recorded of [null, 'ok', 'declined', 'captured', 'not_sent']) {
      for (const verdict of verdicts.slice(2)) {
        expect(mergeAuthorization(verdict, recorded)).toEqual({ kind: 'nothing' });
        expect(mergeCapture(verdict, recorded)).toEqual({ kind: 'nothing' });
      }
    }
  });

  test('what was merged once is the same the second time', () => {
    for (const verdict of verdicts) {
      for (const merge of [mergeAuthorization, mergeCapture]) {
        const first = merge(verdict, null);
        if (first.kind === 'record') expect(merge(verdict, first.fact).kind).toBe('same');
      }
    }
  });
});
