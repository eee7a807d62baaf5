import { mkdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateOrderExport, type OrderExportOptions } from './order-export.ts';

/**
 * Puts the simulated shop's export into a folder, which a directory or the simulated SFTP server
 * offers: whole under its name at once, as a careful shop does, or, with `keepBytes`, so far only.
 *
 * @returns its path
 */
export async function dropExport(
  folder: string,
  name: string,
  options: OrderExportOptions,
  keepBytes?: number,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  const written = `${path}.writing`;
  await writeFile(written, generateOrderExport(options));
  if (keepBytes !== undefined) await truncate(written, keepBytes);
  await rename(written, path);
  return path;
}
