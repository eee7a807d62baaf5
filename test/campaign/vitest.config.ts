import { defineConfig } from 'vitest/config';

/** The full kill campaign, minutes long: `npx vitest run --config test/campaign/vitest.config.ts`. */
// biome-ignore lint/style/noDefaultExport: vitest reads no other
export default defineConfig({
  test: {
    include: ['test/campaign/*.campaign.ts'],
    globalSetup: ['test/global-setup.ts'],
    root: '.',
    // Each waits more than it computes. Every month that ends is told at once.
    maxWorkers: 2,
    reporters: ['verbose'],
    hookTimeout: 120_000,
  },
});
