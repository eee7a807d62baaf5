import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../tidy/checkout.ts';

/**
 * The compiler wants an English word for each Japanese one. This holds the rest: no Japanese stands
 * beside the words, no English is Japanese, and both languages are given the same values.
 */

const sources = readdirSync(join(root, 'console/src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, 'console/src', file), 'utf8') }));

const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;

/** The same in both languages: the product's name, and what stands on the PSP's screens and in files. */
const inBoth = [
  ...['月極', '日本語', '円', '件'],
  ...['取引種別', '確認画面', '金額', '情報照会', '一括売上処理'],
  ...['判断', '理由', '再送信', '処理済'],
];

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** What stands between the braces that follow each place of `begin`. */
function blocksOf(text: string, begin: RegExp): string[] {
  return [...text.matchAll(begin)].map(({ index, 0: found }) => {
    const start = index + found.length;
    let depth = 1;
    let end = start;
    for (; end < text.length && depth > 0; end += 1) {
      // Values in words stand in braces as well, and come in pairs.
      if (text[end] === '{') depth += 1;
      if (text[end] === '}') depth -= 1;
    }
    return text.slice(start, end - 1);
  });
}

const inJapanese = /\bja: \{/g;
const inEnglish = /\ben: \{/g;

it('shows no Japanese but in the Japanese words', () => {
  const strays = sources.flatMap(({ file, text }) => {
    let rest = withoutComments(text);
    for (const words of blocksOf(rest, inJapanese)) rest = rest.replace(words, '');
    return rest
      .split('\n')
      .filter((line) => japanese.test([...inBoth].reduce((l, w) => l.replaceAll(w, ''), line)))
      .map((line) => `${file}: ${line.trim()}`);
  });
  expect(strays).toEqual([]);
});

/** Of each word the values that it is given, by its key. */
function valuesOf(words: string): Record<string, string[]> {
  const pairs = words.matchAll(/^\s*'?([\w.]+)'?:\s*(['"`][\s\S]*?['"`]),?$/gm);
  return Object.fromEntries(
    [...pairs].map(([, key = '', value = '']) => [
      key,
      [...value.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort(),
    ]),
  );
}

/** Names of codes that the API gives in Japanese: shown as they are, they would not switch. */
const shownAsIs =
  /(?:=>|(?<!'ja' )\?|:|\[)\s*(?:\w+\.)?(?:why|reason|check|verdict|outcome|unlocked|need|status)(?:Ja|Label)\b/g;

it('shows the Japanese name of a code only where Japanese is chosen', () => {
  const strays = sources.flatMap(({ file, text }) =>
    [...withoutComments(text).matchAll(shownAsIs)].map((match) => `${file}: ${match[0]}`),
  );
  expect(strays).toEqual([]);
});

it('gives both languages the same values', () => {
  const different = sources.flatMap(({ file, text }) => {
    const plain = withoutComments(text);
    const english = blocksOf(plain, inEnglish);
    return blocksOf(plain, inJapanese).flatMap((words, i) => {
      const [ja, en] = [valuesOf(words), valuesOf(english[i] ?? '')];
      return Object.keys(ja)
        .filter((key) => key in en && String(ja[key]) !== String(en[key]))
        .map((key) => `${file}: ${key}`);
    });
  });
  expect(different).toEqual([]);
});

it('keeps the words of each page and part apart', () => {
  const names = sources.flatMap(({ text }) =>
    [...text.matchAll(/defineWords\(\s*'([^']+)'/g)].map((match) => match[1]),
  );
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
