import { createApprovalActivities } from './approval.ts';
import { createCaptureWindowActivities } from './capture-window.ts';
import { createCardMigrationActivities } from './card-migration.ts';
import { createCardRefreshActivities } from './card-refresh.ts';
import { createCarrierResendTaskActivities } from './carrier-resend-tasks.ts';
import { createCorrectionActivities } from './corrections.ts';
import { createCycleActivities } from './cycle.ts';
import { createDeliveryActivities } from './delivery.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createDryRunActivities } from './dry-run.ts';
import { createExchangeActivities } from './exchange.ts';
import { createFetchResultActivities } from './fetch-result.ts';
import { createFileImportActivities, createImportActActivities } from './file-import.ts';
import { createHandOverActivities } from './hand-over.ts';
import { createHoldActivities } from './holds.ts';
import { createMailOutboxActivities } from './mail-outbox.ts';
import { createMailboxActivities } from './mailbox.ts';
import { createMigrationEndActivities } from './migration-end.ts';
import { createMigrationReleaseActivities } from './migration-release.ts';
import { createMonthStarterActivities } from './month-starter.ts';
import { createNgActActivities } from './ng-acts.ts';
import { createNgWaveActivities } from './ng-wave.ts';
import { createOrderExportActivities } from './order-export.ts';
import { createOrderSourceActivities } from './order-source.ts';
import { createPaymentInquiryActivities } from './payment-inquiry.ts';
import { createPortalCaptureActivities } from './portal-captures.ts';
import { createPreviewActivities } from './preview.ts';
import { createDeskActivities } from './reconciliation-desk.ts';
import { createRefreshRequestActivities } from './refresh-request.ts';
import { createRefreshResultActivities } from './refresh-result.ts';
import { createResultFileActivities } from './result-file.ts';
import { createRetentionActivities } from './retention.ts';
import { createReturnedFileActivities } from './returned-file.ts';
import { createRunActivities } from './run.ts';
import { createSelectionActivities } from './selection.ts';
import { createSendErrorActivities } from './send-errors.ts';
import { createSendFileActivities } from './send-file.ts';
import { createSendRefreshActivities } from './send-refresh.ts';
import { createTakeOutActivities } from './take-out.ts';
import { createTransactionFileActivities } from './transaction-file.ts';
import { createVoidActivities } from './voids.ts';
import { createWebhookActivities } from './webhooks.ts';

/** Every activity, by the task queue that runs it: short statements, and whole files. */
export function createActivities(deps: ActivityDependencies) {
  const { noteUnclearSend, ...sends } = createSendFileActivities(deps);
  const { noteWrongResult, ...fetches } = createFetchResultActivities(deps);
  const { noteUnclearRefresh, ...refreshSends } = createSendRefreshActivities(deps);
  return {
    main: {
      noteUnclearSend,
      noteWrongResult,
      noteUnclearRefresh,
      ...createCardMigrationActivities(deps),
      ...createCardRefreshActivities(deps),
      ...createImportActActivities(deps),
      ...createCycleActivities(deps),
      ...createCarrierResendTaskActivities(deps),
      decideAtDesk: createDeskActivities(deps).decideAtDesk,
      ...createCorrectionActivities(deps),
      ...createExchangeActivities(deps),
      ...createDeliveryActivities(deps),
      ...createHandOverActivities(deps),
      ...createHoldActivities(deps),
      ...createTakeOutActivities(deps),
      ...createMailOutboxActivities(deps),
      ...createMailboxActivities(deps),
      ...createMonthStarterActivities(deps),
      ...createSendErrorActivities(deps),
      ...createVoidActivities(deps),
      ...createWebhookActivities(deps),
    },
    files: {
      ...sends,
      ...fetches,
      ...refreshSends,
      ...createRefreshRequestActivities(deps),
      ...createRefreshResultActivities(deps),
      ...createFileImportActivities(deps),
      ...createMigrationReleaseActivities(deps),
      ...createReturnedFileActivities(deps),
      ...createMigrationEndActivities(deps),
      ...createNgActActivities(deps),
      ...createNgWaveActivities(deps),
      ...createOrderExportActivities(deps),
      ...createOrderSourceActivities(deps),
      ...createSelectionActivities(deps),
      ...createCaptureWindowActivities(deps),
      ...createRunActivities(deps),
      ...createRetentionActivities(deps),
      ...createPreviewActivities(deps),
      ...createDryRunActivities(deps),
      ...createApprovalActivities(deps),
      ...createTransactionFileActivities(deps),
      ...createResultFileActivities(deps),
      ...createPaymentInquiryActivities(deps),
      ...createPortalCaptureActivities(deps),
      applyDeskSheet: createDeskActivities(deps).applyDeskSheet,
    },
  };
}

export type MainActivities = ReturnType<typeof createActivities>['main'];
export type FileActivities = ReturnType<typeof createActivities>['files'];
