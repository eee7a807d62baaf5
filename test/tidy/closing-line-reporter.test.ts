import { expect, it } from 'vitest';
import { closingLine, countTests } from '../closing-line-reporter.ts';

function moduleWith(states: string[], moduleErrors: unknown[] = [], hookErrors: unknown[] = []) {
  return {
    errors: () => moduleErrors as never,
    children: {
      allTests: () => states.map((state) => ({ result: () => ({ state }) })),
      allSuites: () => [{ errors: () => hookErrors }],
    },
  };
}

it('counts passed and failed tests and leaves skipped ones out', () => {
  const counts = countTests([moduleWith(['passed', 'passed', 'failed', 'skipped'])], []);
  expect(counts).toEqual({ passed: 2, failed: 1 });
});

it('counts what fails outside a test: broken file, throwing hook, unhandled error, cut-off test', () => {
  const modules = [
    moduleWith([], ['cannot load']),
    moduleWith(['passed', 'pending'], [], ['hook']),
  ];
  expect(countTests(modules, ['unhandled'])).toEqual({ passed: 1, failed: 4 });
});

it('never prints a line without failures for a run that did not end well', () => {
  expect(closingLine(undefined, 1)).toBe('0 passed, 1 failed');
  expect(closingLine({ passed: 3, failed: 0 }, 1)).toBe('3 passed, 1 failed');
  expect(closingLine({ passed: 3, failed: 2 }, 1)).toBe('3 passed, 2 failed');
  expect(closingLine({ passed: 3, failed: 0 }, 0)).toBe('3 passed, 0 failed');
});
