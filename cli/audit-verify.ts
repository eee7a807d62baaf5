import { type FileHandle, open } from 'node:fs/promises';
import {
  type AuditVerdict,
  collectAuditHeads,
  type PublishedHeads,
  verifyAuditChain,
} from '../billing/audit-chain.ts';

/**
 * `tsukigime audit verify`: offline, from the file alone.
 * @returns the exit code: 0 intact, 1 broken (the first broken link is named), 2 no usable file
 */
export async function runAuditVerify(command: {
  readonly file: string;
  readonly head?: string;
  /** File of published heads. */
  readonly heads?: string;
}): Promise<number> {
  const file = await openLines(command.file);
  if (file === undefined) return 2;
  try {
    const published = await readHeads(command.heads);
    if (published === undefined) return 2;
    return say(command, await verifyAuditChain(file.readLines(), published));
  } finally {
    await file.close();
  }
}

function say(
  command: { readonly file: string; readonly head?: string; readonly heads?: string },
  verdict: AuditVerdict,
): number {
  if (!verdict.intact) {
    console.error(`${command.file}:${verdict.line}: BROKEN: ${verdict.problem}`);
    return 1;
  }
  if (command.head !== undefined && command.head !== verdict.headHash) {
    console.error(
      `${command.file}: BROKEN: the chain ends in ${verdict.headHash}, not in ${command.head}: ` +
        'entries are missing at the end, or the published hash is of another chain or day',
    );
    return 1;
  }
  const found = command.heads === undefined ? '' : `, ${verdict.headsFound} published heads fit`;
  console.log(`Intact: ${verdict.entries} entries, head hash ${verdict.headHash}${found}`);
  return 0;
}

async function readHeads(path: string | undefined): Promise<PublishedHeads | undefined> {
  if (path === undefined) return new Map();
  const file = await openLines(path);
  if (file === undefined) return undefined;
  try {
    const heads = await collectAuditHeads(file.readLines());
    if (heads.size > 0) return heads;
    console.error(`${path}: holds no published head`);
    return undefined;
  } finally {
    await file.close();
  }
}

/** Undefined, and said why, where there is nothing to read. */
async function openLines(path: string): Promise<FileHandle | undefined> {
  const file = await open(path).catch((error: Error) => error);
  if (file instanceof Error) {
    console.error(`${path}: ${file.message}`);
    return undefined;
  }
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  console.error(`${path}: is a folder`);
  return undefined;
}
