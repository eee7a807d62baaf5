import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

type CountedModule = Pick<TestModule, 'errors'> & {
  readonly children: {
    allTests(): Iterable<{ result(): { state: string } }>;
    allSuites(): Iterable<{ errors(): readonly unknown[] }>;
  };
};

/**
 * Counts a run. A file that cannot be loaded, a hook that throws and an error outside every test
 * fail no test by themselves, yet must not look like success: each of them counts as one failure.
 */
export function countTests(
  modules: Iterable<CountedModule>,
  unhandledErrors: readonly unknown[],
): TestCounts {
  let passed = 0;
  let failed = unhandledErrors.length;
  for (const module of modules) {
    failed += module.errors().length;
    for (const suite of module.children.allSuites()) failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      // A test that is still pending when the run ends was interrupted: it has proved nothing.
      if (state === 'failed' || state === 'pending') failed += 1;
    }
  }
  return { passed, failed };
}

/** The one line that CI reads. */
export function closingLine(counts: TestCounts | undefined, exitCode: number): string {
  const { passed, failed } = counts ?? { passed: 0, failed: 0 };
  // A run that broke before or after its tests (global set-up, tear-down) failed too.
  return `${passed} passed, ${exitCode !== 0 && failed === 0 ? 1 : failed} failed`;
}

/**
 * Prints `N passed, N failed` as the very last line of `npm test`: written while the process exits,
 * because the tear-down of the servers still logs after the run has been reported.
 */
export class ClosingLineReporter implements Reporter {
  private counts: TestCounts | undefined;

  onInit(): void {
    process.once('exit', (exitCode) => {
      // To pipes, files and terminals this write is synchronous on POSIX.
      process.stdout.write(`${closingLine(this.counts, exitCode)}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.counts = countTests(modules, unhandledErrors);
  }
}
