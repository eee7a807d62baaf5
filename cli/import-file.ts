import { randomUUID } from 'node:crypto';
import {
  describeImport,
  type ImportKind,
  importFileKinds,
  isFinishedImport,
} from '../billing/file-import.ts';
import { readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { type FileImport, registerImport, requireImport } from '../db/queries/imports.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findRunningStack } from '../stack/running-stack.ts';
import { connectTemporal } from '../temporal/client.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { fileImportWorkflowId } from '../workflows/workflow-ids.ts';
import { requireStack, type Stack, storeInput, unknownMerchant } from './store-input.ts';
import { runReporting } from './unusable-input.ts';

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
  return runReporting(async () => {
    const stack = requireStack(findRunningStack(readConfig()));
    const db = openDatabase(stack.appDatabaseUrl, {
      ...{ maxConnections: 2, applicationName: 'tsukigime-cli' },
    });
    try {
      const merchant = await findMerchant(db, command.merchant);
      if (merchant === undefined) throw unknownMerchant(command.merchant);
      const registered = await registerFile(db, merchant, stack, command);
      await startWorkflow(merchant, stack, registered.number);
      const ended = await awaitEnd(db, merchant, registered.number);
      if (command.json) {
        const { id: _, ...shown } = ended;
        console.log(JSON.stringify(shown));
      } else {
        console.log(`取り込み ${ended.number}: ${describeImport(ended)}`);
        for (const remark of ended.remarks) console.log(`注意  ${remark}`);
      }
      return ended.stage === 'done' ? 0 : 2;
    } finally {
      await db.destroy();
    }
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

async function startWorkflow(merchant: Merchant, stack: Stack, number: number): Promise<void> {
  const client = await connectTemporal({
    address: stack.temporalAddress,
    namespace: stack.temporalNamespace,
    keys: stack.payloadKeys,
  });
  try {
    await createWorkflowStarter(client).start({
      workflowId: fileImportWorkflowId(merchant.slug, number),
      workflow: 'fileImport',
      input: { merchant: merchant.slug, clockOffsetMs: merchant.clockOffsetMs, number },
      month: null,
      stage: 'collecting',
    });
  } finally {
    await client.connection.close();
  }
}

/** The row says when it is over, also when this command is not there any more. */
async function awaitEnd(db: Db, merchant: Merchant, number: number): Promise<FileImport> {
  for (;;) {
    const found = await requireImport(db, merchant.id, number);
    if (isFinishedImport(found.stage)) return found;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
