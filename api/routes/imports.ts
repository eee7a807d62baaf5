import {
  describeImport,
  importFileKinds,
  importKindsJa,
  isFinishedImport,
} from '../../billing/file-import.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { openFile } from '../../db/queries/files.ts';
import {
  type FileImport,
  findImport,
  type ImportRemarkRow,
  listImportFailures,
  listImportWarnings,
  readImportFailures,
  registerImport,
  searchImports,
} from '../../db/queries/imports.ts';
import type { Merchant } from '../../db/queries/merchants.ts';
import { writeFailedRows } from '../../imports/failed-rows.ts';
import { readImportRows } from '../../imports/import-rows.ts';
import { startFileImport } from '../../temporal/start-file-import.ts';
import { cancelImport, startImport } from '../../workflows/messages.ts';
import { fileImportWorkflowId } from '../../workflows/workflow-ids.ts';
import type { importRoutes } from '../contract/imports.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Call, Handlers } from '../handler.ts';
import { openUploadedPart } from '../import-upload.ts';
import { Problem } from '../problem.ts';
import { refuseSecrets, replyWithFile } from '../stored-download.ts';
import { storeUpload } from '../stored-upload.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { readUploadName } from '../upload-name.ts';
import { paginate } from './cycles.ts';

export const importHandlers: Handlers<typeof importRoutes> = {
  async uploadImport(call) {
    const { deps, identity, merchant, query, idempotencyKey, now } = call;
    const part = await openUploadedPart(call.request, call.body);
    const fileName = readUploadName(query.name ?? part.name);
    const kind = importFileKinds[query.kind];
    const stored = await storeUpload(call, { name: fileName, kind, source: part.content });
    const registered = await registerImport(deps.db, merchant.id, {
      kind: query.kind,
      fileId: stored.fileId,
      fileName,
      requestKey: idempotencyKey,
      held: query.held,
      actor: identity.actor,
      now,
    });
    if (registered.sha256 !== stored.sha256 || registered.kind !== query.kind) {
      throw new Problem('conflict', {
        detail:
          'この操作キーは別のファイルの取り込みで使用済みです。何も取り込んでいません。新しいキーで送信してください。',
      });
    }
    await runWorkflow(deps, merchant, registered);
    return {
      status: 202,
      headers: { Location: placeOf(merchant, registered) },
      body: showImport(registered),
    };
  },

  async listImports({ deps, merchant, query }) {
    const limit = Number(query.pageSize);
    const { imports, total } = await searchImports(deps.db, merchant.id, {
      fileName: query.fileName ?? null,
      kind: query.kind ?? null,
      from: query.from ?? null,
      to: query.to ?? null,
      sort: query.sort,
      descending: query.order === 'desc',
      offset: (query.page - 1) * limit,
      limit,
    });
    return { status: 200, body: { imports: imports.map(showImport), total } };
  },

  async readImport({ deps, merchant, params }) {
    return { status: 200, body: showImport(await requireImport(deps, merchant, params.number)) };
  },

  async startImport(call) {
    const { deps, merchant, params } = call;
    const found = await requireImport(deps, merchant, params.number);
    if (found.stage !== 'running') return await tellImport(call, startImport);
    // Started before: what is left to do is to bring a workflow back that was lost.
    await runWorkflow(deps, merchant, found);
    const headers = { Location: placeOf(merchant, found) };
    return { status: 202, headers, body: { accepted: true } };
  },
  cancelImport: (call) => tellImport(call, cancelImport),

  async listImportErrors({ deps, merchant, params, query }) {
    const { id } = await requireImport(deps, merchant, params.number);
    const of = { importId: id, after: query.after, limit: query.limit + 1 };
    const rows = await listImportFailures(deps.db, merchant.id, of);
    return { status: 200, body: showRemarkRows(rows, query.limit) };
  },

  async listImportWarnings({ deps, merchant, params, query }) {
    const { id } = await requireImport(deps, merchant, params.number);
    const of = { importId: id, after: query.after, limit: query.limit + 1 };
    const rows = await listImportWarnings(deps.db, merchant.id, of);
    return { status: 200, body: showRemarkRows(rows, query.limit) };
  },

  async downloadFailedRows({ deps, identity, merchant, params, now }) {
    const found = await requireImport(deps, merchant, params.number);
    const file = await openFile(deps.db, merchant.id, found.sha256, deps.fileKeys);
    if (file === undefined) throw new Problem('file-not-found');
    if (file.blanked) throw new Problem('file-blanked');
    refuseSecrets(file);
    // Before the merge has ended nobody knows all of them.
    if (found.stage !== 'done') throw new Problem('conflict');
    const encoding = found.encoding === 'cp932' ? 'cp932' : 'utf-8';
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'import.failed-rows-downloaded',
      subject: `import ${found.number}`,
      reason: null,
      details: { failed: found.failed },
    });
    return {
      status: 200,
      content: writeFailedRows(
        found.kind,
        readImportRows(file.content, found.kind, encoding),
        readImportFailures(deps.db, merchant.id, found.id),
        encoding,
      ),
      fileName: `import-${found.number}-failed.csv`,
    };
  },

  async downloadImportFile(call) {
    const { deps, merchant, params } = call;
    const found = await requireImport(deps, merchant, params.number);
    return await replyWithFile(call, found.sha256, found.fileName);
  },
};

/** Starts or deletes a held upload. Its workflow may have been lost with Temporal's state. */
async function tellImport(
  call: Pick<
    Call<typeof importRoutes.startImport>,
    'deps' | 'identity' | 'merchant' | 'params' | 'body' | 'idempotencyKey'
  >,
  update: typeof startImport,
) {
  const { deps, identity, merchant, params, body, idempotencyKey } = call;
  const found = await requireImport(deps, merchant, params.number);
  if (!isFinishedImport(found.stage)) await runWorkflow(deps, merchant, found);
  return await tellWorkflow(deps, {
    workflowId: fileImportWorkflowId(merchant.slug, found.number),
    location: placeOf(merchant, found),
    update,
    act: { actor: identity.actor, idempotencyKey, reason: body.reason },
  });
}

/** One that runs is left alone; one that has ended reads its row and ends again. */
async function runWorkflow(
  deps: ApiDependencies,
  merchant: Merchant,
  { number, stage }: FileImport,
): Promise<void> {
  if (isFinishedImport(stage)) return;
  await startFileImport(deps.workflows, merchant, number);
}

async function requireImport(
  deps: ApiDependencies,
  merchant: Merchant,
  number: number,
): Promise<FileImport> {
  const found = await findImport(deps.db, merchant.id, number);
  if (found === undefined) throw new Problem('import-not-found');
  return found;
}

function placeOf(merchant: Merchant, { number }: FileImport): string {
  return `/v1/merchants/${merchant.slug}/imports/${number}`;
}

function showImport(found: FileImport) {
  const { id: _, ...shown } = found;
  return { ...shown, kindJa: importKindsJa[found.kind], state: describeImport(found) };
}

/** Columns whose names a shop registers itself: there the error row leads to the register. */
const registerOf: Readonly<Record<string, 'occupations' | 'tags'>> = {
  職業: 'occupations',
  顧客タグ: 'tags',
};

function showRemarkRows(rows: readonly ImportRemarkRow[], limit: number) {
  const { page, nextAfter } = paginate(rows, limit, (row) => row.record);
  return {
    rows: page.map(({ line, columns, texts }) => ({
      line,
      remarks: texts.map((text, index) => {
        const column = columns[index] ?? null;
        return { column, text, register: column === null ? null : (registerOf[column] ?? null) };
      }),
    })),
    nextAfter,
  };
}
