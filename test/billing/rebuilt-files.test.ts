import { expect, test } from 'vitest';
import { explainNothingBuilt, type FileInTheWay } from '../../billing/rebuilt-files.ts';

const explain = (
  files: readonly FileInTheWay[],
  of: { kind?: 'auth' | 'capture'; uncleared?: boolean; unknown?: number; held?: number } = {},
) =>
  explainNothingBuilt(
    { kind: of.kind ?? 'auth', files, uncleared: of.uncleared ?? false },
    { held: of.held ?? 0, charges: { unknown: { rows: of.unknown ?? 0, yen: 0 } } },
  );

test('while a sending is unclear, its file is named and nothing is sent again', () => {
  const unclear = { kind: 'auth', number: 1, stage: 'unknown' } as const;
  expect(explain([unclear], { unknown: 3 })).toMatch(
    /^ファイルは作成していません。.*auth-1.*二重請求/,
  );
  // A capture stands in files of its own.
  expect(explain([unclear], { kind: 'capture' })).toBe(
    '作り直す請求がないため、ファイルは作成していません。',
  );
});

test('what else keeps charges from a file is named: files on their way, holds, open results', () => {
  const waits = { kind: 'retry', number: 2, stage: 'awaiting_result' } as const;
  const done = { kind: 'auth', number: 1, stage: 'reconciled' } as const;
  const why = explain([waits, done], { unknown: 2, held: 4, uncleared: true });
  for (const part of ['retry-2', '2 件', '保留中の注文が 4 件', 'プレビュー']) {
    expect(why).toContain(part);
  }
  expect(why).not.toContain('auth-1');
});
