import { setHandler } from '@temporalio/workflow';
import type { FileActivities, MainActivities } from '../activities/index.ts';
import type { MigrationAct } from '../activities/migration-act.ts';
import type { MigrationFacts } from '../billing/card-migration.ts';
import type { OperatorAct } from './messages.ts';
import {
  acceptCoverage,
  acknowledgeMigrationCheck,
  cancelMigration,
  decideMigrationCustomers,
  recordLinkHandOver,
  releaseLinkFile,
  takeReturnedFile,
} from './migration-messages.ts';
import { refuseUnless } from './refusals.ts';

/** How the workflow of a migration takes an act. */
export interface MigrationActTaker {
  /** What every activity of an act is given, at this moment of the business clock. */
  of(act: OperatorAct): MigrationAct;
  /** Runs it; the migration then reads its row again. */
  noted(act: () => Promise<MigrationFacts>): Promise<MigrationFacts>;
  isFinished(): boolean;
}

/** Hears everything that people tell the workflow of a migration; the activities decide by the row. */
export function hearMigrationActs(
  { of, noted, isFinished }: MigrationActTaker,
  short: MainActivities,
  files: FileActivities,
): void {
  const validator = (_act: unknown) => refuseUnless(!isFinished(), 'この移行は終了しています。');

  setHandler(
    acknowledgeMigrationCheck,
    ({ check, onDate, ...act }) =>
      noted(() => short.acknowledgeMigrationCheck({ ...of(act), check, onDate })),
    { validator },
  );
  setHandler(
    decideMigrationCustomers,
    ({ decisions, ...act }) =>
      noted(() => short.decideMigrationCustomers({ ...of(act), decisions })),
    { validator },
  );
  setHandler(releaseLinkFile, (act) => noted(() => files.releaseLinkFile(of(act))), { validator });
  setHandler(recordLinkHandOver, (act) => noted(() => short.recordLinkHandOver(of(act))), {
    validator,
  });
  setHandler(
    takeReturnedFile,
    ({ sha256, addition, ...act }) =>
      noted(() => short.takeReturnedFile({ ...of(act), sha256, addition })),
    { validator },
  );
  setHandler(
    acceptCoverage,
    ({ uncovered, ...act }) => noted(() => files.acceptCoverage({ ...of(act), uncovered })),
    { validator },
  );
  setHandler(cancelMigration, (act) => noted(() => files.cancelMigration(of(act))), { validator });
}
