import { expect, test } from 'vitest';
import { findPasswordFault, loginPattern, normalizePassword } from '../../billing/password.ts';

test.each(['correct horse battery', '月極めの請求は毎月二十五日に', 'mizu-no-oto 9 kawazu'])(
  '%s may be a password',
  (password) => {
    expect(findPasswordFault(password, 'hanako')).toBeNull();
  },
);

test.each([
  ['short', '12〜200文字'],
  ['x'.repeat(201), '12〜200文字'],
  ['Hanako-2026-xyz', 'ログイン名'],
  ['aaaaaaaaaaaaaaaa', '推測'],
  ['abcabcabcabcabc', '推測'],
  ['12345678901234', '推測'],
  ['zyxwvutsrqponm', '推測'],
])('%s may not', (password, words) => {
  expect(findPasswordFault(password, 'hanako@shop.example')).toContain(words);
});

test('a password is the same from every keyboard', () => {
  expect(normalizePassword('ｐａｓｓ　ガ')).toBe(normalizePassword('pass ｶﾞ'));
});

test('login names say nothing that a header, a log or a path would take for more', () => {
  for (const name of ['hanako', 'hanako@shop.example', 'h.y-1_2+3']) {
    expect(name).toMatch(loginPattern);
  }
  for (const name of [
    'Hanako',
    'a b',
    'cli:root',
    '.x1',
    'ab',
    'x'.repeat(65),
    'a\nbc',
    '../etc',
  ]) {
    expect(name).not.toMatch(loginPattern);
  }
});
