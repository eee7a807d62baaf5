import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/closing-line-reporter.ts';
import { LongestFirst } from './test/longest-first.ts';

/** Rooms whose code is pure: their tests need no server and run at once. */
const pureRooms = ['billing', 'psp', 'imports', 'tidy', 'config', 'cli/offline'];

const pureTests = pureRooms.flatMap((room) => [
  `test/${room}/**/*.test.ts`,
  `test/${room}.test.ts`,
]);

export default defineConfig({
  test: {
    // Two cores, but the stories wait more than they compute.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new ClosingLineReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          // Pure code keeps nothing between files.
          isolate: false,
          include: pureTests,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'services',
          // A file's servers, databases and task queues are its own; loading the product anew for each
          // of them cost a quarter of the run.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: pureTests,
          globalSetup: ['test/global-setup.ts'],
          // None of these is reached unless something hangs: a machine may be four times as busy as ours.
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
    ],
  },
});
