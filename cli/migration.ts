import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBusinessDate } from '../billing/business-date.ts';
import type { CustomerChoice, MigrationCheck, MigrationScope } from '../billing/card-migration.ts';
import type { CardService } from '../billing/card-service.ts';
import { parseCustomerId } from '../billing/customer-id.ts';
import { describeMigration } from '../billing/describe-migration.ts';
import { RETURNED_FILE_KIND } from '../billing/returned-cards.ts';
import { appendAudit } from '../db/queries/audit.ts';
import { findMigration, startMigration } from '../db/queries/card-migrations.ts';
import { openFile } from '../db/queries/files.ts';
import { readMigrationFacts } from '../db/queries/migration-facts.ts';
import { findLinkFile } from '../db/queries/migration-link-files.ts';
import { findSettings } from '../db/queries/settings.ts';
import { startCardMigration } from '../temporal/start-card-migration.ts';
import { createWorkflowStarter } from '../temporal/workflow-starter.ts';
import * as messages from '../workflows/migration-messages.ts';
import { cardMigrationWorkflowId } from '../workflows/workflow-ids.ts';
import { type AtMerchant, atMerchant, type OfMerchant, withTemporal } from './at-merchant.ts';
import {
  type ActCommand,
  atMigration,
  type OfOne,
  runAct,
  tellMigration,
} from './migration-access.ts';
import { readActor } from './record-access.ts';
import { storeInput } from './store-input.ts';
import { UnusableInputError } from './unusable-input.ts';

export {
  runMigrationFindings,
  runMigrationList,
  runMigrationRows,
  runMigrationShow,
  runMigrationUncovered,
} from './migration-reports.ts';

interface StartCommand extends OfMerchant {
  readonly service: CardService;
  readonly from: string;
  readonly share?: number;
  readonly customers?: readonly string[];
  readonly follows?: number;
  readonly rehearsal?: boolean;
  readonly reason?: string;
}

/** `tsukigime migration start` */
export function runMigrationStart(command: StartCommand): Promise<number> {
  return atMerchant(command, async (at) => {
    const { db, merchant, now } = at;
    const { service, from: oldService, follows = null, rehearsal = false } = command;
    const actor = readActor();
    const scope = readScope(command);
    const started = await startMigration(db, merchant.id, {
      ...{ service, oldService, scope, follows, rehearsal, actor, now },
      requestKey: randomUUID(),
    });
    if (started === 'unknown_canary') {
      throw new UnusableInputError('--follows names no canary', '先行移行の番号を確かめてください');
    }
    if (started === 'another_open') {
      throw new UnusableInputError(
        'another migration is open: accept or cancel it, or follow it',
        '終わっていない移行があります。完了または取り消すか、--follows で指定してください',
      );
    }
    const { migration } = started;
    await appendAudit(db, merchant.id, {
      ...{ at: now, actor, act: 'migration.started', reason: command.reason ?? null },
      subject: cardMigrationWorkflowId(merchant.slug, migration.number),
      details: { service, oldService, scope: scope.kind, follows, rehearsal },
    });
    await withTemporal(at, (client) =>
      startCardMigration(createWorkflowStarter(client), merchant, migration.number),
    );
    console.log(
      `カードの移行 ${migration.number} を始めました。${await describe(at, migration.number)}`,
    );
    return 0;
  });
}

function readScope({ share, customers }: StartCommand): MigrationScope {
  if (share !== undefined && customers !== undefined) {
    throw new UnusableInputError(
      '--share or --customers, not both',
      'どちらか一方を指定してください',
    );
  }
  if (share !== undefined) {
    if (share > 99) throw new UnusableInputError('--share is 1 to 99', '割合は1から99です');
    return { kind: 'share', percent: share };
  }
  return customers === undefined
    ? { kind: 'all' }
    : { kind: 'customers', ids: customers.map(readCustomerId) };
}

function readCustomerId(text: string): number {
  const id = parseCustomerId(text);
  if (id === null) {
    throw new UnusableInputError('a customer is written US-00000001', '顧客IDを確かめてください');
  }
  return id;
}

async function describe({ db, merchant }: AtMerchant, number: number): Promise<string> {
  const migration = await findMigration(db, merchant.id, number);
  const settings = (await findSettings(db, merchant.id))?.settings;
  if (migration === undefined || settings === undefined) return '';
  return describeMigration(await readMigrationFacts(db, merchant.id, { migration, settings }));
}

/** `tsukigime migration acknowledge` */
export function runMigrationAcknowledge(
  command: ActCommand & { readonly check: MigrationCheck; readonly on?: string },
): Promise<number> {
  const { check, on } = command;
  if (on !== undefined && parseBusinessDate(on) === null) {
    return atMerchant(command, async () => {
      throw new UnusableInputError('--on is written YYYY-MM-DD', '日付を確かめてください');
    });
  }
  return runAct(command, messages.acknowledgeMigrationCheck, { check, onDate: on ?? null });
}

/** `tsukigime migration decide` */
export function runMigrationDecide(
  command: ActCommand & {
    readonly customer: readonly string[];
    readonly choice: CustomerChoice;
    readonly card?: string;
  },
): Promise<number> {
  return atMigration(command, async (at) => {
    const { choice, card = null } = command;
    if ((choice === 'default') !== (card !== null)) {
      throw new UnusableInputError(
        '--card belongs to --choice default, and it needs one',
        '使用するカードは --card で指定してください',
      );
    }
    const decisions = command.customer.map((text) => ({
      ...{ choice, card },
      customerId: readCustomerId(text),
    }));
    const update = messages.decideMigrationCustomers;
    console.log(describeMigration(await tellMigration(at, command, update, { decisions })));
  });
}

/** `tsukigime migration release` */
export const runMigrationRelease = (command: ActCommand) =>
  runAct(command, messages.releaseLinkFile, {});

/** `tsukigime migration handed-over` */
export const runMigrationHandedOver = (command: ActCommand) =>
  runAct(command, messages.recordLinkHandOver, {});

/** `tsukigime migration cancel` */
export const runMigrationCancel = (command: ActCommand) =>
  runAct(command, messages.cancelMigration, {});

/** `tsukigime migration accept` */
export function runMigrationAccept(
  command: ActCommand & { readonly uncovered: string },
): Promise<number> {
  return atMigration(command, async (at) => {
    const { uncovered } = command;
    if (!/^[0-9]+$/.test(uncovered)) {
      throw new UnusableInputError('--uncovered is a number', '人数を確かめてください');
    }
    const details = { uncovered: Number(uncovered) };
    const facts = await tellMigration(at, command, messages.acceptCoverage, details);
    console.log(describeMigration(facts));
  });
}

/** `tsukigime migration link-file` */
export function runMigrationLinkFile(command: OfOne & { readonly out: string }): Promise<number> {
  return atMigration(command, async ({ db, stack, merchant, migration, now }) => {
    const link = await findLinkFile(db, merchant.id, migration.id);
    const file = link && (await openFile(db, merchant.id, link.sha256, stack.fileKeys));
    if (link === undefined || file === undefined) {
      throw new UnusableInputError(
        'no link file was released',
        '連携ファイルはまだ確定されていません',
      );
    }
    if (file.blanked) {
      throw new UnusableInputError(
        'its bytes were blanked: they are kept no longer',
        '連携ファイルは保存期間が過ぎて消去済みです',
      );
    }
    await mkdir(command.out, { recursive: true });
    const path = join(command.out, link.fileName);
    await writeFile(path, file.content);
    await appendAudit(db, merchant.id, {
      ...{ at: now, actor: readActor(), act: 'file.downloaded', subject: link.sha256 },
      ...{ reason: null, details: { kind: file.kind, bytes: file.bytes } },
    });
    console.log(`${path}  (${link.customers} 人)`);
  });
}

const pollMs = 500;

/** `tsukigime migration returned` */
export function runMigrationReturned(
  command: ActCommand & { readonly file: string; readonly addition?: boolean },
): Promise<number> {
  return atMigration(command, async (at) => {
    const { db, merchant, stack } = at;
    const { number } = at.migration;
    const { file } = command;
    const { sha256 } = await storeInput(db, merchant, stack, { kind: RETURNED_FILE_KIND, file });
    const details = { sha256, addition: command.addition ?? false };
    await tellMigration(at, command, messages.takeReturnedFile, details);
    for (;;) {
      const now = await findMigration(db, merchant.id, number);
      if (now?.stage !== 'importing') break;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    console.log(await describe(at, number));
  });
}
