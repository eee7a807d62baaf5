import { checkoutDir } from '../config.ts';

/**
 * How to start one of our own entry files as a process, for `Stack.startProcess`:
 *
 *     await stack.startProcess({
 *       name: 'worker',
 *       ...typeScriptProcess('workers/main.ts'),
 *       ready: /^worker ready$/m,
 *     });
 *
 * @param entry path from the checkout.
 * @param limits `heapMb`: how much V8 may hold before it clears up in earnest
 */
export function typeScriptProcess(
  entry: string,
  args: readonly string[] = [],
  { heapMb }: { readonly heapMb?: number } = {},
): { command: string; args: string[]; cwd: string } {
  // `--import tsx` is found from the working directory.
  return {
    command: process.execPath,
    args: [
      ...(heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`]),
      ...['--import', 'tsx', entry, ...args],
    ],
    cwd: checkoutDir,
  };
}
