import { describe, expect, it } from 'vitest';
import { findWaitingImports, isReturnLate } from '../../billing/attention.ts';
import type { ImportKind, ImportStage } from '../../billing/file-import.ts';

describe('imports that wait for a person', () => {
  const imports = (...of: readonly (readonly [ImportKind, ImportStage])[]) =>
    of.map(([kind, stage], index) => ({ kind, stage, number: of.length - index }));
  const numbers = (...of: readonly (readonly [ImportKind, ImportStage])[]) =>
    findWaitingImports(imports(...of)).map(({ number }) => number);

  it('are held uploads, however many came after them', () => {
    expect(numbers(['cards', 'done'], ['cards', 'uploaded'], ['customers', 'uploaded'])).toEqual([
      2, 1,
    ]);
  });

  it('are refused files until another of their kind is brought', () => {
    expect(numbers(['cards', 'refused'], ['cards', 'refused'])).toEqual([2]);
    expect(numbers(['customers', 'done'], ['cards', 'refused'])).toEqual([1]);
    expect(numbers(['cards', 'running'], ['cards', 'refused'])).toEqual([]);
  });

  it('stay when what came after was deleted, or is held', () => {
    expect(numbers(['cards', 'cancelled'], ['cards', 'refused'])).toEqual([1]);
    expect(numbers(['cards', 'uploaded'], ['cards', 'refused'])).toEqual([2, 1]);
  });
});

it('asks after a returned file once two weeks are over', () => {
  const waitsSince = '2026-11-01T00:00:00.000Z';
  const late = (now: string) => isReturnLate({ stage: 'awaiting_return', waitsSince }, now);
  expect(late('2026-11-14T23:59:59.999Z')).toBe(false);
  expect(late('2026-11-15T00:00:00.000Z')).toBe(true);
  expect(isReturnLate({ stage: 'covering', waitsSince }, '2027-01-01T00:00:00.000Z')).toBe(false);
});
