import { join } from 'node:path';
import { root } from '../tidy/checkout.ts';

/** Pictures that stand in docs/screens/ and in the README: looks of the stories, by their name. */
export const readmeScreens: readonly string[] = [
  ...['this-month', 'cycle', 'reconciliation-desk', 'deadlines'],
  ...['ng-case', 'import-errors', 'card-refresh', 'send-error-edited'],
];

/** Where a run leaves them; `keep-screens.ts` takes them from there into git. */
export const readmeDir = join(root, 'out', 'screens', 'readme');
export const keptDir = join(root, 'docs', 'screens');

/** What the README shows is light to load, and of one size. */
export const screenWidth = 1280;
export const screenHeight = 800;
export const mostBytes = 150_000;

/** What is wrong with a picture as one for the README; null: nothing. */
export function findScreenFault(png: Buffer): string | null {
  const isPng = png.subarray(1, 4).toString('latin1') === 'PNG';
  if (!isPng) return 'is no PNG';
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  if (width !== screenWidth || height !== screenHeight) {
    return `is ${width}×${height}, not ${screenWidth}×${screenHeight}`;
  }
  return png.byteLength > mostBytes ? `has ${png.byteLength} bytes, ${mostBytes} at most` : null;
}
