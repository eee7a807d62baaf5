import type { UpdateDefinition } from '@temporalio/common';
import {
  isFinishedMigration,
  type MigrationFacts,
  migrationStagesJa,
} from '../../billing/card-migration.ts';
import { parseCustomerId } from '../../billing/customer-id.ts';
import { describeMigration } from '../../billing/describe-migration.ts';
import { RETURNED_FILE_KIND } from '../../billing/returned-cards.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import {
  type CardMigration,
  listMigrations,
  startMigration,
} from '../../db/queries/card-migrations.ts';
import { isDecided } from '../../db/queries/decisions.ts';
import { listLinkFiles } from '../../db/queries/migration-link-files.ts';
import { startCardMigration } from '../../temporal/start-card-migration.ts';
import type { OperatorAct } from '../../workflows/messages.ts';
import * as messages from '../../workflows/migration-messages.ts';
import { cardMigrationWorkflowId } from '../../workflows/workflow-ids.ts';
import type { cardMigrationRoutes } from '../contract/card-migrations.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Call, Handlers } from '../handler.ts';
import { openUploadedPart } from '../import-upload.ts';
import { requireMigration, showMigration } from '../migration-access.ts';
import { Problem } from '../problem.ts';
import { replyWithFile } from '../stored-download.ts';
import { storeUpload } from '../stored-upload.ts';
import { tellWorkflow } from '../tell-workflow.ts';
import { readUploadName } from '../upload-name.ts';
import { migrationReportHandlers } from './migration-reports.ts';

export const cardMigrationHandlers: Handlers<typeof cardMigrationRoutes> = {
  ...migrationReportHandlers,

  async startCardMigration({ deps, identity, merchant, body, idempotencyKey, now }) {
    const { service, oldService, follows, rehearsal, reason } = body;
    const { actor } = identity;
    const started = await startMigration(deps.db, merchant.id, {
      ...{ service, oldService, follows, rehearsal, actor, now },
      scope: readScope(body.scope),
      requestKey: idempotencyKey,
    });
    if (typeof started === 'string') throw refuseStart(started);
    const { migration, fresh } = started;
    if (fresh) {
      await appendAudit(deps.db, merchant.id, {
        at: now,
        actor,
        act: 'migration.started',
        subject: cardMigrationWorkflowId(merchant.slug, migration.number),
        reason,
        details: { service, oldService, scope: body.scope.kind, follows, rehearsal },
      });
    }
    await runWorkflow(deps, merchant, migration);
    const headers = { Location: placeOf(merchant, migration) };
    return { status: 201, headers, body: showMigration(migration) };
  },

  async listCardMigrations({ deps, merchant, query }) {
    const { before = null, limit } = query;
    const rows = await listMigrations(deps.db, merchant.id, { before, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const nextBefore = rows.length > limit ? (page.at(-1)?.number ?? null) : null;
    return { status: 200, body: { migrations: page.map(showMigration), nextBefore } };
  },

  acknowledgeMigrationCheck(call) {
    const { check, onDate } = call.body;
    return tell(call, messages.acknowledgeMigrationCheck, { check, onDate });
  },

  decideMigrationCustomers(call) {
    const decisions = call.body.decisions.map(({ customerId, choice, card }) => ({
      ...{ choice, card },
      customerId: parseCustomerId(customerId) ?? 0,
    }));
    return tell(call, messages.decideMigrationCustomers, { decisions });
  },

  releaseLinkFile: (call) => tell(call, messages.releaseLinkFile, {}),
  recordLinkHandOver: (call) => tell(call, messages.recordLinkHandOver, {}),
  cancelCardMigration: (call) => tell(call, messages.cancelMigration, {}),
  acceptCoverage: (call) => tell(call, messages.acceptCoverage, { uncovered: call.body.uncovered }),

  async downloadLinkFile(call) {
    const { deps, merchant, params } = call;
    const { id } = await requireMigration(deps, merchant, params.number);
    const files = await listLinkFiles(deps.db, merchant.id, id);
    const found = files.find(({ n }) => n === params.n);
    if (found === undefined) throw new Problem('file-not-found');
    return await replyWithFile(call, found.sha256, found.fileName);
  },

  async uploadReturnedFile(call) {
    const { deps, merchant, params, query } = call;
    const migration = await requireMigration(deps, merchant, params.number);
    refuseFinished(migration);
    const part = await openUploadedPart(call.request, call.body);
    const name = readUploadName(query.name ?? part.name);
    const { sha256 } = await storeUpload(call, {
      name,
      kind: RETURNED_FILE_KIND,
      source: part.content,
    });
    const { addition } = query;
    return await tell({ ...call, body: { reason: null } }, messages.takeReturnedFile, {
      sha256,
      addition,
    });
  },
};

type Merchant = Call<typeof cardMigrationRoutes.startCardMigration>['merchant'];

/** Carries an act to the migration's workflow, which may have been lost with Temporal's state. */
async function tell<Details extends object>(
  call: Pick<
    Call<typeof cardMigrationRoutes.releaseLinkFile>,
    'deps' | 'identity' | 'merchant' | 'params' | 'idempotencyKey'
  > & { readonly body: { readonly reason: string | null } },
  update: UpdateDefinition<MigrationFacts, [OperatorAct & Details]>,
  details: Details,
) {
  const { deps, identity, merchant, params, body, idempotencyKey } = call;
  const migration = await requireMigration(deps, merchant, params.number);
  const workflowId = cardMigrationWorkflowId(merchant.slug, migration.number);
  if (isFinishedMigration(migration.stage)) {
    // Of an act that ended it the answer may have been lost on its way.
    const told = { key: idempotencyKey, workflowId, body: details };
    if (await isDecided(deps.db, merchant.id, told)) {
      const state = describeStage(migration);
      return { status: 200, body: { stage: migration.stage, state } } as const;
    }
  }
  refuseFinished(migration);
  await runWorkflow(deps, merchant, migration);
  const answer = await tellWorkflow(deps, {
    workflowId,
    location: placeOf(merchant, migration),
    update,
    act: { ...details, actor: identity.actor, idempotencyKey, reason: body.reason },
  });
  if (answer.status === 202) return answer;
  const facts = answer.body;
  return { status: 200, body: { stage: facts.stage, state: describeMigration(facts) } } as const;
}

function describeStage({ number, stage }: CardMigration): string {
  return `カードの移行 ${number}: ${migrationStagesJa[stage]}`;
}

function refuseFinished({ stage }: CardMigration): void {
  if (!isFinishedMigration(stage)) return;
  throw new Problem('conflict', {
    detail: `この移行は「${migrationStagesJa[stage]}」です。何も変更していません。`,
    errors: [{ path: 'workflow', message: 'StageConflict' }],
  });
}

/** One that runs is left alone. */
async function runWorkflow(
  deps: ApiDependencies,
  merchant: Merchant,
  { number, stage }: CardMigration,
): Promise<void> {
  if (!isFinishedMigration(stage)) await startCardMigration(deps.workflows, merchant, number);
}

type GivenScope = Call<typeof cardMigrationRoutes.startCardMigration>['body']['scope'];

function readScope(given: GivenScope): CardMigration['scope'] {
  if (given.kind !== 'customers') return given;
  const ids = given.customerIds.map((text) => parseCustomerId(text) ?? 0);
  return { kind: 'customers', ids: [...new Set(ids)] };
}

function refuseStart(refused: 'unknown_canary' | 'another_open'): Problem {
  return new Problem('conflict', {
    detail:
      refused === 'unknown_canary'
        ? '先行移行として指定された移行がないか、取り消されています。何も始めていません。番号を確かめてください。'
        : '終わっていない移行があるため、始められません。何も変更していません。その移行を完了または取り消すか、先行移行(follows)として指定してください。',
  });
}

function placeOf(merchant: Merchant, { number }: CardMigration): string {
  return `/v1/merchants/${merchant.slug}/card-migrations/${number}`;
}
