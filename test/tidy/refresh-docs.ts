import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText, root } from './checkout.ts';
import { generatedParts, replacePart } from './generated-parts.ts';

// `node --import tsx test/tidy/refresh-docs.ts` writes the parts that docs.test.ts compares.
for (const part of generatedParts) {
  writeFileSync(join(root, part.page), replacePart(readText(part.page), part));
  console.log(`${part.page}: ${part.what}`);
}
