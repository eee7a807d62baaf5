import { writeFile } from 'node:fs/promises';
import { renderPaygentFormats } from '../psp/paygent/format-page.ts';

/** The page that describes the Paygent files, generated from the layouts. */
export const formatPagePath = new URL('../docs/paygent-formats.md', import.meta.url);

/** `tsukigime docs formats`: writes the page anew. A test fails while it is stale. */
export async function runDocsFormats(): Promise<number> {
  await writeFile(formatPagePath, renderPaygentFormats());
  return 0;
}
