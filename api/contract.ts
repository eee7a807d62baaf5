import { attentionRoutes } from './contract/attention.ts';
import { auditRoutes } from './contract/audit.ts';
import { captureWindowRoutes } from './contract/capture-window.ts';
import { cardLockRoutes } from './contract/card-locks.ts';
import { cardMigrationRoutes } from './contract/card-migrations.ts';
import { cardNoticeRoutes } from './contract/card-notices.ts';
import { cardRefreshRoutes } from './contract/card-refresh.ts';
import { carrierResendTaskRoutes } from './contract/carrier-resend-tasks.ts';
import { carrierResultRoutes } from './contract/carrier-results.ts';
import { chargeRoutes } from './contract/charges.ts';
import { codecRoutes } from './contract/codec.ts';
import { consoleRoutes } from './contract/console.ts';
import { correctionRoutes } from './contract/corrections.ts';
import { customerMailRoutes } from './contract/customer-mails.ts';
import { customerRoutes } from './contract/customers.ts';
import { cycleReportRoutes } from './contract/cycle-report.ts';
import { cycleRoutes } from './contract/cycles.ts';
import { deliveryEndpointRoutes } from './contract/delivery-endpoints.ts';
import { eposBannerRoutes } from './contract/epos-banner.ts';
import { exchangeRoutes } from './contract/exchanges.ts';
import { fileRoutes } from './contract/files.ts';
import { handOverRoutes } from './contract/hand-overs.ts';
import { holdRoutes } from './contract/holds.ts';
import { importRoutes } from './contract/imports.ts';
import { jobRoutes } from './contract/jobs.ts';
import { mailRoutes } from './contract/mails.ts';
import { merchantRoutes } from './contract/merchants.ts';
import { ngCaseRoutes } from './contract/ng-cases.ts';
import { noticeRoutes } from './contract/notices.ts';
import { openRowRoutes } from './contract/open-rows.ts';
import { orderSourceRoutes } from './contract/order-source.ts';
import { orderRoutes } from './contract/orders.ts';
import { paymentInquiryRoutes } from './contract/payment-inquiries.ts';
import { paymentMethodRoutes } from './contract/payment-methods.ts';
import { portalCaptureRoutes } from './contract/portal-captures.ts';
import { previewRoutes } from './contract/previews.ts';
import { reconciliationDeskRoutes } from './contract/reconciliation-desk.ts';
import { recoveryRoutes } from './contract/recovery.ts';
import { refreshResultRoutes } from './contract/refresh-results.ts';
import { registerRoutes } from './contract/registers.ts';
import { resultChangeRoutes } from './contract/result-changes.ts';
import { runRoutes } from './contract/runs.ts';
import { scheduleRoutes } from './contract/schedules.ts';
import { secretRoutes } from './contract/secrets.ts';
import { sendErrorRoutes } from './contract/send-errors.ts';
import { serviceRoutes } from './contract/service.ts';
import { sessionRoutes } from './contract/session.ts';
import { tokenRoutes } from './contract/tokens.ts';
import { userRoutes } from './contract/users.ts';
import { voidRoutes } from './contract/voids.ts';
import { watchedCardRoutes } from './contract/watched-cards.ts';
import { webhookRoutes } from './contract/webhooks.ts';

/** Every route there is, by the name of its handler. A new noun adds one line here. */
export const contract = {
  ...serviceRoutes,
  ...sessionRoutes,
  ...userRoutes,
  ...codecRoutes,
  ...auditRoutes,
  ...consoleRoutes,
  ...merchantRoutes,
  ...tokenRoutes,
  ...secretRoutes,
  ...orderSourceRoutes,
  ...fileRoutes,
  ...importRoutes,
  ...customerRoutes,
  ...cardMigrationRoutes,
  ...registerRoutes,
  ...paymentMethodRoutes,
  ...cardRefreshRoutes,
  ...refreshResultRoutes,
  ...cardLockRoutes,
  ...watchedCardRoutes,
  ...cardNoticeRoutes,
  ...jobRoutes,
  ...eposBannerRoutes,
  ...cycleRoutes,
  ...recoveryRoutes,
  ...scheduleRoutes,
  ...openRowRoutes,
  ...chargeRoutes,
  ...correctionRoutes,
  ...exchangeRoutes,
  ...reconciliationDeskRoutes,
  ...resultChangeRoutes,
  ...mailRoutes,
  ...ngCaseRoutes,
  ...customerMailRoutes,
  ...noticeRoutes,
  ...attentionRoutes,
  ...sendErrorRoutes,
  ...handOverRoutes,
  ...holdRoutes,
  ...orderRoutes,
  ...cycleReportRoutes,
  ...runRoutes,
  ...previewRoutes,
  ...captureWindowRoutes,
  ...voidRoutes,
  ...portalCaptureRoutes,
  ...paymentInquiryRoutes,
  ...deliveryEndpointRoutes,
  ...webhookRoutes,
  ...carrierResultRoutes,
  ...carrierResendTaskRoutes,
};

export type Contract = typeof contract;
export type RouteName = keyof Contract;

export type { ProblemBody, RouteContract } from './contract/route.ts';
