import { refreshResultLayoutSchema } from '../../billing/card-refresh-settings.ts';
import { renderChargeTransitions } from '../../billing/charge-transitions.ts';
import { environmentVariables } from '../../config.ts';
import { renderLayoutTable } from '../../psp/format-page.ts';
import { refreshRequestLayout, refreshResultLayout } from '../../psp/gmo/refresh-layouts.ts';
import { rooms } from './architecture.ts';
import { listBundled, listDependencies, readLock, renderLicences } from './licences.ts';

/** A part of a page that says again what the code knows. */
export interface GeneratedPart {
  readonly page: string;
  readonly what: string;
  /** Lines before and after the part, which stay. */
  readonly between: readonly [before: string, after: string];
  readonly text: string;
}

const inCode = (text: string) => `\`${text}\``;

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function licenceParts(): GeneratedPart[] {
  const dependencies = listDependencies(readLock(), listBundled());
  return (['image', 'console', 'tool'] as const).map((place) => ({
    page: 'docs/dependencies.md',
    what: `the packages by licence, from the lock file: ${place}`,
    between: [`<!-- licences-${place}:start -->\n`, `\n<!-- licences-${place}:end -->`],
    text: renderLicences(dependencies, place),
  }));
}

export const generatedParts: readonly GeneratedPart[] = [
  {
    page: 'README.md',
    what: 'every environment variable as config.ts knows it',
    between: ['| variable | meaning | without it |\n|---|---|---|\n', '\n\n## Find your way'],
    text: environmentVariables
      .map((variable) => tableRow([inCode(variable.name), variable.meaning, variable.default]))
      .join('\n'),
  },
  {
    page: 'ARCHITECTURE.md',
    what: 'the one-way picture that the test of imports holds',
    between: ['| room | may import |\n|---|---|\n', '\n\n```mermaid\nflowchart BT'],
    text: Object.entries(rooms)
      .map(([room, { imports, types = [] }]) => {
        const may = [...imports.map(inCode), ...types.map((name) => `types of ${inCode(name)}`)];
        return tableRow([inCode(`${room}/`), may.join(', ') || 'nothing']);
      })
      .join('\n'),
  },
  {
    page: 'ARCHITECTURE.md',
    what: 'the states of a charge as the table of transitions has them',
    between: ['<!-- charge-transitions:start -->\n', '\n<!-- charge-transitions:end -->'],
    text: `\`\`\`mermaid\n${renderChargeTransitions().trimEnd()}\n\`\`\``,
  },
  {
    page: 'docs/card-refresh.md',
    what: 'the columns of request and result as the layouts have them',
    between: ['<!-- refresh-layouts:start -->\n', '\n<!-- refresh-layouts:end -->'],
    text: [
      '### Request',
      renderLayoutTable(refreshRequestLayout),
      '### Result, by default',
      renderLayoutTable(refreshResultLayout(refreshResultLayoutSchema.parse({}))),
    ].join('\n\n'),
  },
  ...licenceParts(),
];

/** The part as the page has it now; undefined when its place is gone. */
export function readPart(pageText: string, part: GeneratedPart): string | undefined {
  const [before, after] = part.between;
  const start = pageText.indexOf(before);
  const end = pageText.indexOf(after, start + before.length);
  return start < 0 || end < 0 ? undefined : pageText.slice(start + before.length, end);
}

/** @throws when the part's place is gone */
export function replacePart(pageText: string, part: GeneratedPart): string {
  const [before, after] = part.between;
  const old = readPart(pageText, part);
  if (old === undefined) throw new Error(`${part.page}: no place for ${part.what}`);
  return pageText.replace(`${before}${old}${after}`, () => `${before}${part.text}${after}`);
}
