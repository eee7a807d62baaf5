import { setTimeout } from 'node:timers/promises';

const PATIENCE_MS = 3000;
const LOOK_MS = 50;

/** What was started is soon a row: whoever asks for it next should find it. */
export async function untilOpened(
  { updateWaitMs }: { readonly updateWaitMs: number },
  find: () => Promise<unknown>,
): Promise<void> {
  const looks = Math.min(PATIENCE_MS, updateWaitMs) / LOOK_MS;
  for (let look = 0; look < looks; look += 1) {
    if ((await find()) !== undefined) return;
    await setTimeout(LOOK_MS);
  }
}
