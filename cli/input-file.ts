import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { CardNumberGuardOptions } from '../imports/card-number-guard.ts';
import { CardNumberFoundError, createCardNumberGuard } from '../imports/card-number-guard.ts';
import { UnusableInputError } from './unusable-input.ts';

/** A file that can be read from its beginning as often as needed. */
export interface InputFile {
  readonly path: string;
  open(): AsyncIterable<Uint8Array>;
}

const chunkBytes = 262_144;

/** Checks that a path can be read. Throws UnusableInputError naming the option. */
export async function openInputFile(path: string, option: string): Promise<InputFile> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error || !found.isFile()) {
    const en = found instanceof Error ? explain(found) : 'not a file';
    throw new UnusableInputError(`${option} ${path}: ${en}`, 'ファイルを開けません');
  }
  return { path, open: () => createReadStream(path, { highWaterMark: chunkBytes }) };
}

/** Reads a whole file past the card-number guard. Throws CardNumberFoundError. */
export async function guardInputFile(
  file: InputFile,
  options: CardNumberGuardOptions,
): Promise<void> {
  const guard = createCardNumberGuard(options);
  for await (const chunk of file.open()) {
    guard.write(chunk);
    if (guard.finding) break;
  }
  const finding = guard.end();
  if (finding) throw new CardNumberFoundError(finding);
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'no such file';
  if (error.code === 'EACCES') return 'no permission to read it';
  return error.message;
}
