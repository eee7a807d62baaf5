import { readConfig } from '../../config.ts';
import { runStackSession } from '../../stack/session.ts';

/**
 * Run as a process of its own by the tests: brings up what TEST_SERVICES names, prints `up` and
 * stays until it is signalled.
 */
const config = readConfig();
const services = (process.env.TEST_SERVICES ?? '').split(',');

const end = await runStackSession(
  {
    dataDir: config.dataDir,
    config,
    disposable: true,
    services: { postgres: services.includes('postgres'), temporal: services.includes('temporal') },
    onProgress: (text) => console.log(`progress: ${text}`),
  },
  async (stack, signal) => {
    if (services.includes('child')) {
      await stack.startProcess({
        name: 'child',
        command: process.execPath,
        args: ['-e', "console.log('child is ready'); setInterval(() => {}, 1000)"],
        ready: /child is ready/,
      });
    }
    console.log('up');
    // As work that is still going on: it keeps the process alive until it is told to stop.
    const work = setInterval(() => {}, 1000);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    clearInterval(work);
  },
);
console.log(end);
