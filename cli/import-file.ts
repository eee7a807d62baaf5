import { randomUUID } from 'node:crypto';
import {
  describeImport,
  type ImportKind,
  importFileKinds,
  isFinishedImport,
} from '../billing/file-import.ts';
import type { Db } from '../db/database.ts';
import {
  type FileImport,
  listImportFailures,
  listImportWarnings,
  registerImport,
  requireImport,
} from '../db/queries/imports.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { fileImportWorkflowId } from '../workflows/workflow-ids.ts';
import { type AtMerchant, atMerchant, withTemporal } from './at-merchant.ts';
import { describeRows } from './remark-lines.ts';
import { type Stack, storeInput } from './store-input.ts';

export interface ImportFileCommand {
  readonly kind: ImportKind;
  readonly file: string;
  readonly merchant: string;
  readonly json?: boolean;
}

const pollMs = 500;

/**
 * `tsukigime import customers|cards`: stores the file, has it imported by the running worker and says
 * how it ended.
 * @returns the exit code: 0 when all that could come in came in, failed rows too; 2 for a file or
 *   argument that cannot be used.
 */
export function runImportFile(command: ImportFileCommand): Promise<number> {
  return atMerchant(command, async (at) => {
    const { db, merchant, stack } = at;
    const registered = await registerFile(db, merchant, stack, command);
    await startWorkflow(at, registered.number);
    const ended = await awaitEnd(db, merchant, registered.number);
    if (command.json) {
      const { id: _, ...shown } = ended;
      console.log(JSON.stringify(shown));
    } else {
      console.log(`取り込み ${ended.number}: ${describeImport(ended)}`);
      for (const remark of ended.remarks) console.log(`注意  ${remark}`);
      for (const line of await describeRemarks(db, merchant, ended)) console.log(line);
    }
    return ended.stage === 'done' ? 0 : 2;
  });
}

async function registerFile(
  db: Db,
  merchant: Merchant,
  stack: Stack,
  { kind, file }: ImportFileCommand,
): Promise<FileImport> {
  const stored = await storeInput(db, merchant, stack, { kind: importFileKinds[kind], file });
  const { fileId, fileName, actor, now } = stored;
  return await registerImport(db, merchant.id, {
    ...{ kind, fileId, fileName, requestKey: randomUUID(), held: false },
    ...{ actor, now },
  });
}

async function startWorkflow(at: AtMerchant, number: number): Promise<void> {
  const { slug, clockOffsetMs } = at.merchant;
  await withTemporal(at, (client) =>
    createWorkflowStarter(client).start({
      workflowId: fileImportWorkflowId(slug, number),
      workflow: 'fileImport',
      input: { merchant: slug, clockOffsetMs, number },
      month: null,
      stage: 'collecting',
    }),
  );
}

/** The row says when it is over, also when this command is not there any more. */
async function awaitEnd(db: Db, merchant: Merchant, number: number): Promise<FileImport> {
  for (;;) {
    const found = await requireImport(db, merchant.id, number);
    if (isFinishedImport(found.stage)) return found;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

// An operator reads this many rows on a screen; the history has all.
const shownRows = 50;

/** The first rows that failed or need a look, and how to get all that failed as a file to mend. */
async function describeRemarks(
  db: Db,
  { id, slug }: Merchant,
  { id: importId, number, failed, warned }: FileImport,
): Promise<string[]> {
  if (failed + warned === 0) return [];
  const page = { importId, after: 0, limit: shownRows };
  const rows = [
    ...(await listImportFailures(db, id, page)).map(({ line, texts }) => ({
      line,
      errors: texts,
      warnings: [],
    })),
    ...(await listImportWarnings(db, id, page)).map(({ line, texts }) => ({
      line,
      errors: [],
      warnings: texts,
    })),
  ].slice(0, shownRows);
  const rest = failed + warned - rows.length;
  return [
    ...describeRows(rows),
    ...(rest > 0 ? [`  ほか ${rest.toLocaleString('en-US')} 件`] : []),
    ...(failed > 0
      ? [
          `失敗した行だけのCSV (直してもう一度取り込めます): npx tsukigime call downloadFailedRows merchant=${slug} number=${number}`,
        ]
      : []),
  ];
}
