import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { createFileGuard } from '../activities/file-guard.ts';
import { fileNameSchema } from '../api/contract/files.ts';
import {
  describeImport,
  type ImportKind,
  importFileKinds,
  isFinishedImport,
} from '../billing/file-import.ts';
import { readConfig } from '../config.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { FileRefusedError, FileTooLargeError, storeFile } from '../db/queries/files.ts';
import { type FileImport, registerImport, requireImport } from '../db/queries/imports.ts';
import { findMerchant, type Merchant } from '../db/queries/merchants.ts';
import { findSettings } from '../db/queries/settings.ts';
import { findRunningStack, type RunningStackInfo } from '../stack/running-stack.ts';
import { connectTemporal } from '../temporal/client.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import { fileImportWorkflowId } from '../workflows/workflow-ids.ts';
import { openInputFile } from './input-file.ts';
import { runReporting, UnusableInputError } from './unusable-input.ts';

export interface ImportFileCommand {
  readonly kind: ImportKind;
  readonly file: string;
  readonly merchant: string;
  readonly json?: boolean;
}

/** As the API's own limit. */
const maxBytes = 512 * 1024 * 1024;
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

type Stack = {
  readonly [Name in 'appDatabaseUrl' | 'temporalAddress' | 'payloadKeys' | 'fileKeys']: NonNullable<
    RunningStackInfo[Name]
  >;
} & Pick<RunningStackInfo, 'temporalNamespace'>;

function requireStack(found: RunningStackInfo): Stack {
  const { appDatabaseUrl, temporalAddress, payloadKeys, fileKeys } = found;
  if (!appDatabaseUrl || !temporalAddress || !payloadKeys || !fileKeys) {
    throw new UnusableInputError(
      'Postgres or Temporal is not running: start `tsukigime up` first, or give ' +
        'TSUKIGIME_DATABASE_URL_APP, TEMPORAL_ADDRESS, TSUKIGIME_PAYLOAD_KEYS and TSUKIGIME_FILE_KEYS',
      'サーバーが動いていません',
    );
  }
  const { temporalNamespace } = found;
  return { appDatabaseUrl, temporalAddress, payloadKeys, fileKeys, temporalNamespace };
}

async function registerFile(
  db: Db,
  merchant: Merchant,
  { fileKeys }: Stack,
  { kind, file }: ImportFileCommand,
): Promise<FileImport> {
  const settings = (await findSettings(db, merchant.id))?.settings;
  if (settings === undefined) throw unknownMerchant(merchant.slug);
  const input = await openInputFile(file, 'FILE');
  const actor = `cli:${userInfo().username}`;
  const now = new Date(Date.now() + merchant.clockOffsetMs).toISOString();
  const fileName = readFileName(file);
  // The name is kept in the clear, so it passes a guard as well: one that exempts nothing.
  const nameGuard = createFileGuard('name', settings);
  nameGuard.write(Buffer.from(fileName));
  if (nameGuard.end() !== null) {
    throw new UnusableInputError(
      'the name of the file looks like a card number',
      'ファイル名にカード番号と思われる値があります',
    );
  }
  const stored = await storeFile(db, merchant.id, {
    name: fileName,
    kind: importFileKinds[kind],
    direction: 'inbound',
    guard: createFileGuard(importFileKinds[kind], settings),
    source: input.open(),
    keys: fileKeys,
    ...{ maxBytes, actor, now },
  }).catch((error: unknown) => {
    if (error instanceof FileRefusedError) {
      throw new UnusableInputError(error.message, 'カード番号と思われる値があります');
    }
    if (error instanceof FileTooLargeError) {
      throw new UnusableInputError(error.message, 'ファイルが大きすぎます');
    }
    throw error;
  });
  if (!stored.alreadyStored) {
    await appendAudit(db, merchant.id, {
      ...{ at: now, actor, act: 'file.stored', subject: stored.sha256, reason: null },
      details: { kind: stored.kind, bytes: stored.bytes },
    });
  }
  return await registerImport(db, merchant.id, {
    ...{ kind, fileId: stored.fileId, fileName, requestKey: randomUUID(), held: false },
    ...{ actor, now },
  });
}

/** The history is searched by names: they are of the shape that the API takes. */
function readFileName(file: string): string {
  const parsed = fileNameSchema.safeParse(basename(file));
  if (parsed.success) return parsed.data;
  throw new UnusableInputError(
    `the name of the file ${parsed.error.issues[0]?.message ?? 'cannot be used'}`,
    'このファイル名は使えません',
  );
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

function unknownMerchant(slug: string): UnusableInputError {
  return new UnusableInputError(`there is no merchant ${slug}`, 'この加盟店は登録されていません');
}
