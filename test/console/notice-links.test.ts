import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type MailTemplate, writeMail } from '../../billing/mail/templates.ts';
import { templateSamples } from '../billing/mail/template-samples.ts';
import { readText, root } from '../tidy/checkout.ts';

/**
 * Every place that a notice, a mail or a page of the console leads to is a page of the console. Read
 * from the sources, so that a link to a page that nobody has built fails here and not at an operator.
 */

const sourcesOf = (room: string) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => ({
      file: `${room}/${file}`,
      text: readFileSync(join(root, room, file), 'utf8'),
    }));

const routePaths = [...readText('console/src/routes.tsx').matchAll(/path: '([^'*/][^']*)'/g)].map(
  (match) => match[1] ?? '',
);
const patterns = routePaths.map((path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`));

/** Values in a template are one step each; what stands behind `?` narrows a page. */
function isPage(link: string): boolean {
  const path = link.replace(/\$\{[^}]*\}/g, 'x').replace(/\?.*$/s, '');
  return patterns.some((pattern) => pattern.test(path));
}

/** What stands between the parentheses of each call of a function. */
function callsOf(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`(?<!function )\\b${name}\\(`, 'g'))].map(
    ({ index, 0: found }) => {
      const start = index + found.length;
      let end = start;
      for (let depth = 1; end < text.length && depth > 0; end += 1) {
        if (text[end] === '(') depth += 1;
        if (text[end] === ')') depth -= 1;
      }
      return text.slice(start, end);
    },
  );
}

const literalLink = /\blink:\s*(?:'([^']*)'|`([^`]*)`)/;

it('has a page for every notice that activities post', () => {
  const posted = ['activities', 'db/queries', 'api', 'workers'].flatMap((room) =>
    sourcesOf(room).flatMap(({ file, text }) =>
      callsOf(text, 'postNotice').map((call) => ({ file, call })),
    ),
  );
  expect(posted.length).toBeGreaterThan(12);
  const faults = posted
    // There the words of a template pass through: the next test reads them.
    .filter(({ call }) => !call.includes('...words'))
    .filter(({ call }) => {
      const [, plain, filled] = literalLink.exec(call) ?? [];
      return !isPage(plain ?? filled ?? 'a link that cannot be read here');
    })
    .map(({ file, call }) => `${file}: ${call.slice(0, 300)}`);
  expect(faults).toEqual([]);
});

it('has a page for every mail to operators', () => {
  const faults = Object.entries(templateSamples)
    .map(([name, parameters]) => [name, writeMail(name as MailTemplate, parameters).link] as const)
    .filter(([, link]) => link === null || !isPage(link));
  expect(faults).toEqual([]);
});

it('has nobody else write notices', () => {
  const writers = ['activities', 'db', 'api', 'workers', 'stack']
    .flatMap(sourcesOf)
    .filter(({ text }) => /insertInto\('notices'\)|insert into notices/.test(text))
    .map(({ file }) => file);
  expect([...new Set(writers)]).toEqual(['db/queries/notices.ts']);
});

it('leads from page to page', () => {
  const steps = sourcesOf('console/src').flatMap(({ file, text }) =>
    [...text.matchAll(/\bplace\(\s*'([^']+)'/g)].map(([, step = '']) => ({ file, step })),
  );
  expect(steps.length).toBeGreaterThan(40);
  const pages = new Set(routePaths.map((path) => path.split('/')[0]));
  expect(steps.filter(({ step }) => !pages.has(step))).toEqual([]);
});
