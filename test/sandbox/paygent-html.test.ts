import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html } from '../../sandbox/paygent/pages/html.ts';

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

const decode = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? '');

test('any text stays within its element and its attribute, and is read back as it was', () => {
  const nasty = fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', ';', 'a', '表', '/') });
  fc.assert(
    fc.property(fc.oneof(fc.string(), nasty), (text) => {
      const { markup } = html`<p title="${text}">${[text]}</p>`;
      const match = /^<p title="([^"<>']*)">([^"<>']*)<\/p>$/.exec(markup);
      expect(match?.slice(1).map(decode)).toEqual([text, text]);
    }),
  );
});

test('markup goes into markup as it is; nothing, null and false leave no trace', () => {
  const inner = html`<b>${'&'}</b>`;
  expect(html`<i>${inner}${[inner, 1]}${null}${undefined}${false}${''}</i>`.markup).toBe(
    '<i><b>&amp;</b><b>&amp;</b>1</i>',
  );
});
