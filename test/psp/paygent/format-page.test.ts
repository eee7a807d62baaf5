import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { renderPaygentFormats } from '../../../psp/paygent/format-page.ts';

it('docs/paygent-formats.md is what the layouts say (else: npx tsukigime docs formats)', async () => {
  const page = new URL('../../../docs/paygent-formats.md', import.meta.url);
  expect(await readFile(page, 'utf8')).toBe(renderPaygentFormats());
});
