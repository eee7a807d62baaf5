import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findScreenFault, keptDir, readmeDir, readmeScreens } from './readme-screens.ts';

/**
 * Takes the README's pictures of the last `npx vitest run test/console` into docs/screens/:
 * `npx tsx test/console/keep-screens.ts`. Look at each before committing it.
 */
const faults = readmeScreens.flatMap((name) => {
  const path = join(readmeDir, `${name}.png`);
  if (!existsSync(path)) return [`${path} is missing: run npx vitest run test/console first`];
  const fault = findScreenFault(readFileSync(path));
  return fault === null ? [] : [`${path} ${fault}`];
});
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
} else {
  for (const name of readdirSync(keptDir)) rmSync(join(keptDir, name));
  for (const name of readmeScreens) {
    copyFileSync(join(readmeDir, `${name}.png`), join(keptDir, `${name}.png`));
  }
  console.log(`${readmeScreens.length} pictures in ${keptDir}`);
}
