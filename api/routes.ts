import type { Contract } from './contract.ts';
import type { Handlers } from './handler.ts';
import { attentionHandlers } from './routes/attention.ts';
import { auditHandlers } from './routes/audit.ts';
import { captureWindowHandlers } from './routes/capture-window.ts';
import { cardLockHandlers } from './routes/card-locks.ts';
import { cardMigrationHandlers } from './routes/card-migrations.ts';
import { cardNoticeHandlers } from './routes/card-notices.ts';
import { cardRefreshHandlers } from './routes/card-refresh.ts';
import { carrierResendTaskHandlers } from './routes/carrier-resend-tasks.ts';
import { carrierResultHandlers } from './routes/carrier-results.ts';
import { chargeHandlers } from './routes/charges.ts';
import { codecHandlers } from './routes/codec.ts';
import { consoleHandlers } from './routes/console.ts';
import { correctionHandlers } from './routes/corrections.ts';
import { customerMailHandlers } from './routes/customer-mails.ts';
import { customerHandlers } from './routes/customers.ts';
import { cycleReportHandlers } from './routes/cycle-report.ts';
import { cycleHandlers } from './routes/cycles.ts';
import { deliveryEndpointHandlers } from './routes/delivery-endpoints.ts';
import { eposBannerHandlers } from './routes/epos-banner.ts';
import { exchangeHandlers } from './routes/exchanges.ts';
import { fileHandlers } from './routes/files.ts';
import { handOverHandlers } from './routes/hand-overs.ts';
import { holdHandlers } from './routes/holds.ts';
import { importHandlers } from './routes/imports.ts';
import { jobHandlers } from './routes/jobs.ts';
import { mailHandlers } from './routes/mails.ts';
import { merchantHandlers } from './routes/merchants.ts';
import { ngCaseHandlers } from './routes/ng-cases.ts';
import { noticeHandlers } from './routes/notices.ts';
import { openRowHandlers } from './routes/open-rows.ts';
import { orderSourceHandlers } from './routes/order-source.ts';
import { orderHandlers } from './routes/orders.ts';
import { paymentInquiryHandlers } from './routes/payment-inquiries.ts';
import { paymentMethodHandlers } from './routes/payment-methods.ts';
import { portalCaptureHandlers } from './routes/portal-captures.ts';
import { previewHandlers } from './routes/previews.ts';
import { reconciliationDeskHandlers } from './routes/reconciliation-desk.ts';
import { recoveryHandlers } from './routes/recovery.ts';
import { refreshResultHandlers } from './routes/refresh-results.ts';
import { registerHandlers } from './routes/registers.ts';
import { resultChangeHandlers } from './routes/result-changes.ts';
import { runHandlers } from './routes/runs.ts';
import { scheduleHandlers } from './routes/schedules.ts';
import { secretHandlers } from './routes/secrets.ts';
import { sendErrorHandlers } from './routes/send-errors.ts';
import { serviceHandlers } from './routes/service.ts';
import { sessionHandlers } from './routes/session.ts';
import { tokenHandlers } from './routes/tokens.ts';
import { userHandlers } from './routes/users.ts';
import { voidHandlers } from './routes/voids.ts';
import { watchedCardHandlers } from './routes/watched-cards.ts';
import { webhookHandlers } from './routes/webhooks.ts';

/** A handler for every route of the contract. A new noun adds one line here. */
export const handlers: Handlers<Contract> = {
  ...serviceHandlers,
  ...sessionHandlers,
  ...userHandlers,
  ...codecHandlers,
  ...auditHandlers,
  ...consoleHandlers,
  ...merchantHandlers,
  ...tokenHandlers,
  ...secretHandlers,
  ...orderSourceHandlers,
  ...fileHandlers,
  ...importHandlers,
  ...customerHandlers,
  ...cardMigrationHandlers,
  ...registerHandlers,
  ...paymentMethodHandlers,
  ...cardRefreshHandlers,
  ...refreshResultHandlers,
  ...cardLockHandlers,
  ...watchedCardHandlers,
  ...cardNoticeHandlers,
  ...jobHandlers,
  ...eposBannerHandlers,
  ...cycleHandlers,
  ...recoveryHandlers,
  ...scheduleHandlers,
  ...openRowHandlers,
  ...chargeHandlers,
  ...correctionHandlers,
  ...exchangeHandlers,
  ...reconciliationDeskHandlers,
  ...resultChangeHandlers,
  ...mailHandlers,
  ...ngCaseHandlers,
  ...customerMailHandlers,
  ...noticeHandlers,
  ...attentionHandlers,
  ...sendErrorHandlers,
  ...handOverHandlers,
  ...holdHandlers,
  ...orderHandlers,
  ...cycleReportHandlers,
  ...runHandlers,
  ...previewHandlers,
  ...captureWindowHandlers,
  ...voidHandlers,
  ...portalCaptureHandlers,
  ...paymentInquiryHandlers,
  ...deliveryEndpointHandlers,
  ...webhookHandlers,
  ...carrierResultHandlers,
  ...carrierResendTaskHandlers,
};
