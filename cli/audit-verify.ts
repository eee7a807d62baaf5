import { open, readFile } from 'node:fs/promises';
import {
  type AuditHead,
  type AuditVerdict,
  parseAuditHeads,
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
  const file = await open(command.file).catch((error: Error) => error);
  if (file instanceof Error) {
    console.error(`${command.file}: ${file.message}`);
    return 2;
  }
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

async function readHeads(path: string | undefined): Promise<AuditHead[] | undefined> {
  if (path === undefined) return [];
  const text = await readFile(path, 'utf8').catch((error: Error) => error);
  const heads = typeof text === 'string' ? parseAuditHeads(text.split('\n')) : [];
  if (heads.length > 0) return heads;
  console.error(`${path}: ${typeof text === 'string' ? 'holds no published head' : text.message}`);
  return undefined;
}
